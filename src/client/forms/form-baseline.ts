import type { FormInfo } from "../../protocol/form-fields.ts";
import { isSameValue } from "../fields/field-value.ts";
import type { PageRuntime } from "../pages/page-runtime.ts";
import type { StubInfo } from "../states/state-stub.ts";
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

  /** Names of the values that differ. A form that was opened since begins with the values that it has. */
  changed(vars: Vars): string[] {
    if (this.#values === undefined || this.#key !== formVar(this.#form, vars, "formKey")) this.adopt(vars);
    const values = Object.entries(this.#values ?? {});
    return values.filter(([name, value]) => !isSameValue(value, vars[name])).map(([name]) => name);
  }
}

const baselines = new WeakMap<PageRuntime, Map<string, FormBaseline>>();

/** The baseline of a state's form: one for all components of the page. */
export function baselineOf(runtime: PageRuntime, { id }: StubInfo, form: FormInfo): FormBaseline {
  const known = baselines.get(runtime) ?? new Map<string, FormBaseline>();
  baselines.set(runtime, known);
  const baseline = known.get(id) ?? new FormBaseline(form);
  known.set(id, baseline);
  return baseline;
}
