import { textForReader } from "../../i18n/keyed-text.ts";
import type { Plain } from "../../models/schema/field-kinds.ts";
import { specOf, writeVar } from "../core/state-vars.ts";
import { varValue } from "../definition/field-var.ts";

const CHOOSE_VERSION = { key: "Another user has saved this row. Choose which version to keep." };

/** Plain values by the names of fields. */
export type PlainRow = Readonly<Record<string, Plain>>;

/** What the server remembers of the row that is edited: its values when the form was opened. */
export interface EditedRow {
  /** The key as text, so that it is compared alike whatever the page sends. */
  readonly id: string;
  readonly values: PlainRow;
  readonly version: Plain | undefined;
}

interface EditedVar {
  _crudEdited: EditedRow | null;
}

/** What is remembered of the edited row, if it is this one. */
export function editedRow(state: object, id: unknown): EditedRow | undefined {
  const { _crudEdited: edited } = state as EditedVar;
  return edited !== null && edited.id === String(id) ? edited : undefined;
}

/** Remembers a row that is opened in the form. */
export function rememberEdited(state: object, row: PlainRow): void {
  const { modelFields, fieldVars } = specOf(state);
  const { primary, version } = modelFields;
  const values = Object.fromEntries(
    Array.from(fieldVars.values(), ({ field }) => [field.name, row[field.name] ?? null]),
  );
  const edited: EditedRow = { id: String(row[primary.name]), values, version: version && row[version.name] };
  (state as EditedVar)._crudEdited = edited;
}

/** Forgets the edited row. */
export function forgetEdited(state: object): void {
  (state as EditedVar)._crudEdited = null;
}

/** Writes the values of a row into the vars of the form. */
export function showRow(state: object, row: PlainRow): void {
  for (const { name, field } of specOf(state).fieldVars.values()) {
    (state as Record<string, unknown>)[name] = varValue(field, row[field.name]);
  }
}

/** The values that differ from those with which the form was opened: what is written. */
export function changedValues(before: PlainRow, now: PlainRow): Record<string, Plain> {
  return Object.fromEntries(Object.entries(now).filter(([name, value]) => !sameValue(before[name] ?? null, value)));
}

/** Shows which values another user has saved since the form was opened. */
export function showConflict(state: object, edited: EditedRow, current: PlainRow): void {
  const theirs: Record<string, unknown> = {};
  for (const { name, field } of specOf(state).fieldVars.values()) {
    const value = current[field.name] ?? null;
    if (!sameValue(edited.values[field.name] ?? null, value)) theirs[name] = varValue(field, value);
  }
  writeVar(state, "conflict", theirs);
  // The page offers a choice: loading the row again would give up what was typed.
  writeVar(state, "error", textForReader(CHOOSE_VERSION));
}

/** Whether two plain values are the same; members in another order are. */
export function sameValue(first: Plain, second: Plain): boolean {
  if (Object.is(first, second)) return true;
  if (Array.isArray(first) && Array.isArray(second)) {
    const sorted = (list: readonly Plain[]) => list.map(String).sort();
    return JSON.stringify(sorted(first)) === JSON.stringify(sorted(second));
  }
  if (typeof first !== "object" || typeof second !== "object") return false;
  return JSON.stringify(first) === JSON.stringify(second);
}
