import type { FormInfo } from "../../protocol/form-fields.ts";
import { isSameValue } from "../fields/field-value.ts";
import { formVar, type Vars } from "./form-state.ts";

/** The values with which a form was opened, to tell whether the user has changed any. */
export class FormBaseline {
  readonly #form: FormInfo;
  #key: unknown;
  #values: Vars | undefined;

  constructor(form: FormInfo) {
    this.#form = form;
  }

  /** Takes the present values as those of the form: it was saved and stays open. */
  adopt(vars: Vars): void {
    this.#key = formVar(this.#form, vars, "formKey");
    this.#values = Object.fromEntries(Object.keys(this.#form.fields).map((name) => [name, vars[name]]));
  }

  /** Whether any value differs. A form that was opened since begins with the values that it has. */
  differs(vars: Vars): boolean {
    if (this.#values === undefined || this.#key !== formVar(this.#form, vars, "formKey")) this.adopt(vars);
    return Object.entries(this.#values ?? {}).some(([name, value]) => !isSameValue(value, vars[name]));
  }
}
