import { crudErrors } from "../errors.ts";
import type { CrudSpec } from "./crud-spec.ts";
import { capitalized } from "./names.ts";

const checked = new WeakSet<object>();

/** Refuses `cleanTitle()` without a field `title`: it would never run. @throws CRUD_HOOK_WITHOUT_FIELD */
export function checkHooks(stateClass: abstract new () => object, { fieldVars }: CrudSpec): void {
  if (checked.has(stateClass)) return;
  const names = new Set(["cleanField", ...Array.from(fieldVars.keys(), (name) => `clean${capitalized(name)}`)]);
  for (
    let at: object = stateClass.prototype as object;
    at !== Object.prototype;
    at = Object.getPrototypeOf(at) as object
  ) {
    for (const name of Object.getOwnPropertyNames(at)) {
      if (!/^clean[A-Z]/.test(name) || names.has(name)) continue;
      throw crudErrors.CRUD_HOOK_WITHOUT_FIELD(stateClass.name, name, [...fieldVars.keys()]);
    }
  }
  checked.add(stateClass);
}
