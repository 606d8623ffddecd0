import type { FormField, FormInfo } from "../../protocol/form-fields.ts";
import { clientErrors } from "../errors.ts";
import { nearNames } from "../states/near-names.ts";
import { type StubInfo, stateName } from "../states/state-stub.ts";

/** Vars of a state by their names. */
export type Vars = { readonly [name: string]: unknown };

/** The form of a state. @throws CLIENT_FORM_MISSING for a state that has none. */
export function formOf(info: StubInfo, hook: string): FormInfo {
  const { form } = info;
  if (form === undefined || Object.keys(form.fields).length === 0) {
    throw clientErrors.CLIENT_FORM_MISSING(`${hook}()`, stateName(info));
  }
  return form;
}

/** One field of a form. @throws CLIENT_FORM_MISSING, CLIENT_FORM_FIELD */
export function formFieldOf(info: StubInfo, hook: string, name: string): FormField {
  const { fields } = formOf(info, hook);
  const field = fields[name];
  if (field === undefined) {
    throw clientErrors.CLIENT_FORM_FIELD(stateName(info), name, nearNames(name, Object.keys(fields)));
  }
  return field;
}

/** A var of the form under the name that the state gives it. */
export function formVar(form: FormInfo, vars: Vars, name: string): unknown {
  const own = form.vars[name];
  return own === undefined || !(own in vars) ? undefined : vars[own];
}
