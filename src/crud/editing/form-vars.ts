import { textForReader } from "../../i18n/keyed-text.ts";
import { plain } from "../../state/tracking/plain.ts";
import { readVar, specOf, writeVar } from "../core/state-vars.ts";
import { converted, varValue } from "../definition/field-var.ts";
import type { FormErrors } from "./clean-form.ts";
import { editedRow, forgetEdited, isUntouched, keysOnly, type PlainRow, rememberEdited } from "./edited-row.ts";

const firstValues = new WeakMap<object, Readonly<Record<string, unknown>>>();

/** Gives the vars of the form the values of a new instance, and forgets the row that was edited. */
export function emptyForm(state: object): void {
  const values = firstValuesOf(state);
  for (const name of specOf(state).fieldVars.keys()) {
    (state as Record<string, unknown>)[name] = plain(values[name]);
  }
  writeVar(state, "editingId", null);
  writeVar(state, "error", "");
  writeVar(state, "fieldErrors", {});
  writeVar(state, "conflict", null);
  if (specOf(state).options.relations !== undefined) writeVar(state, "relationOptions", {});
  forgetEdited(state);
}

/** A class may give a var another first value than the model does. */
function firstValuesOf(state: object): Readonly<Record<string, unknown>> {
  const stateClass = state.constructor as new () => Record<string, unknown>;
  const known = firstValues.get(stateClass);
  if (known !== undefined) return known;
  const fresh = new stateClass();
  const values = Object.fromEntries(Array.from(specOf(state).fieldVars.keys(), (name) => [name, plain(fresh[name])]));
  firstValues.set(stateClass, values);
  return values;
}

/**
 * Takes the values of a submitted form into the vars. A box without a tick and a list without a choice send nothing, so they
 * count as false and empty; any other missing value stays as it is.
 *
 * Returns what cannot be converted, by the names of vars; undefined when all was taken.
 */
export async function copyForm(
  state: object,
  values: object,
  set: (name: string, value: unknown) => unknown,
): Promise<FormErrors | undefined> {
  const errors: Record<string, string> = {};
  for (const { name, field } of specOf(state).fieldVars.values()) {
    const isSent = Object.hasOwn(values, name);
    if (!isSent && field.kind !== "boolean" && field.kind !== "manyToMany") continue;
    const result = converted(field, isSent ? (values as Record<string, unknown>)[name] : null);
    if (result.ok) await set(name, result.value);
    else errors[name] = textForReader(result.text);
  }
  return Object.keys(errors).length === 0 ? undefined : errors;
}

/** Takes over what another user has saved, but for the vars that this form has changed. */
export function takeTheirs(state: object, current: PlainRow): void {
  const { fieldVars, modelFields } = specOf(state);
  const edited = editedRow(state, current[modelFields.primary.name]);
  const known = keysOnly(state, current);
  for (const each of fieldVars.values()) {
    if (edited === undefined || !isUntouched(state, each, edited)) continue;
    (state as Record<string, unknown>)[each.name] = varValue(each.field, known[each.field.name]);
  }
  rememberEdited(state, current);
  writeVar(state, "conflict", null);
}

/** The key of the row that the form edits; null for a new one. */
export function editingIdOf(state: object): string | number | null {
  return readVar<string | number | null>(state, "editingId");
}
