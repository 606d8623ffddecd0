import { isDeepStrictEqual } from "node:util";
import { textForReader } from "../../i18n/keyed-text.ts";
import type { FieldInfo } from "../../models/schema/field-info.ts";
import { fieldKinds, type ParseResult, type Plain } from "../../models/schema/field-kinds.ts";
import { rowValues } from "../../models/validation/row-values.ts";
import { plain } from "../../state/tracking/plain.ts";
import { specOf, writeVar } from "../core/state-vars.ts";
import { type FieldVar, varValue } from "../definition/field-var.ts";

const CHOOSE_VERSION = { key: "Another user has saved this row. Choose which version to keep." };

/** Plain values by the names of fields. */
export type PlainRow = Readonly<Record<string, Plain>>;

/** The edited row on the server: its values when the form was opened. */
export interface EditedRow {
  /** The key as text, so that it is compared alike whatever the page sends. */
  readonly id: string;
  readonly values: PlainRow;
  readonly version: Plain | undefined;
}

interface EditedVar {
  _crudEdited?: EditedRow | null;
}

/** The values of a row by the names of fields. A related row that was loaded for hooks is its key again. */
export function keysOnly(state: object, row: object): PlainRow {
  return rowValues(specOf(state).model, row);
}

/** Returns the edited row, if it has this key. */
export function editedRow(state: object, id: unknown): EditedRow | undefined {
  const { _crudEdited: edited = null } = state as EditedVar;
  return edited !== null && edited.id === String(id) ? plain(edited) : undefined;
}

/**
 * Remembers a row that is opened in the form. `shown` are the values that the form shows of it, if they are not those of
 * the row.
 */
export function rememberEdited(state: object, row: PlainRow, shown: PlainRow = keysOnly(state, row)): void {
  const { modelFields, fieldVars } = specOf(state);
  const { primary, version } = modelFields;
  const values = Object.fromEntries(
    Array.from(fieldVars.values(), ({ field }) => [field.name, shown[field.name] ?? null]),
  );
  const edited: EditedRow = { id: String(row[primary.name]), values, version: version && row[version.name] };
  (state as EditedVar)._crudEdited = edited;
}

/** Forgets the edited row. */
export function forgetEdited(state: object): void {
  (state as EditedVar)._crudEdited = null;
}

/** Forgets the edited row, and keeps what the form holds: it is the text of a new row. */
export function keepAsNew(state: object): void {
  forgetEdited(state);
  writeVar(state, "editingId", null);
  writeVar(state, "conflict", null);
}

/** Writes the values of a row into the vars of the form. */
export function showRow(state: object, row: PlainRow): void {
  const known = keysOnly(state, row);
  for (const { name, field } of specOf(state).fieldVars.values()) {
    (state as Record<string, unknown>)[name] = varValue(field, known[field.name]);
  }
}

/** The values that differ from those of the saved row: what is written. */
export function changedValues(state: object, saved: PlainRow, now: PlainRow): Record<string, Plain> {
  const { byName } = specOf(state).modelFields;
  const known = keysOnly(state, saved);
  return Object.fromEntries(
    Object.entries(now).filter(([name, value]) => !sameValue(byName.get(name), known[name] ?? null, value)),
  );
}

/** Shows which values another user has saved since the form was opened. */
export function showConflict(state: object, edited: EditedRow, current: PlainRow): void {
  const theirs: Record<string, unknown> = {};
  const known = keysOnly(state, current);
  for (const { name, field } of specOf(state).fieldVars.values()) {
    const value = known[field.name] ?? null;
    if (!sameValue(field, edited.values[field.name] ?? null, value)) theirs[name] = varValue(field, value);
  }
  writeVar(state, "conflict", theirs);
  // The page offers a choice: loading the row again would give up what was typed.
  writeVar(state, "error", textForReader(CHOOSE_VERSION));
}

/** Whether the user has left a var as it was when the form was opened. */
export function isUntouched(state: object, { name, field }: FieldVar, edited: EditedRow): boolean {
  const opened = edited.values[field.name] ?? null;
  const value: unknown = plain((state as Record<string, unknown>)[name], name);
  const first = varValue(field, opened);
  if (field.kind === "manyToMany") return sameValue(field, first as Plain, value as Plain);
  if (isDeepStrictEqual(first, value)) return true;
  // The same value may be written in another way, such as JSON without line breaks.
  const read = typeof value === "string" ? readVarValue(field, value) : undefined;
  return read?.ok === true && sameValue(field, opened, read.value);
}

/** Returns the values that the form shows. Remembered with a row, they count as untouched until the user changes them. */
export function shownValues(state: object): PlainRow {
  const shown = Array.from(specOf(state).fieldVars.values(), ({ name, field }) => {
    const value: unknown = plain((state as Record<string, unknown>)[name], name);
    const read = readVarValue(field, value);
    return [field.name, read?.ok === true ? read.value : (value as Plain)];
  });
  return Object.fromEntries(shown);
}

/** Reads the value of a var as a row holds it. */
function readVarValue(field: FieldInfo, value: unknown): ParseResult | undefined {
  const { parse, parseText } = fieldKinds[field.kind];
  return typeof value === "string" ? parseText?.(value, field) : parse(value, field);
}

/**
 * Whether two plain values of a field are the same. The members of a many-to-many field have no order; the entries of any
 * other list have one.
 */
export function sameValue(field: FieldInfo | undefined, first: Plain, second: Plain): boolean {
  if (field?.kind !== "manyToMany") return isDeepStrictEqual(first, second);
  const members = (value: Plain) => new Set([value ?? []].flat().map(String));
  return isDeepStrictEqual(members(first), members(second));
}
