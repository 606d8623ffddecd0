import type { Dialect } from "../database/database.ts";
import type { FieldInfo, FieldKind } from "../schema/field-info.ts";
import { fieldKinds, type Plain } from "../schema/field-kinds.ts";
import { valueField } from "../schema/query-set-fields.ts";

/** A row as the driver gave it, then as a plain one: the same object, changed in place. */
export type MutableRow = Record<string, unknown>;

/** Turns the driver's rows into plain ones, in place. */
export type RowMapper = (rows: MutableRow[]) => void;

/** Kinds whose driver values are already plain, by dialect. */
const plainFromDriver: { readonly [D in Dialect]: ReadonlySet<FieldKind> } = {
  sqlite: new Set<FieldKind>(["text", "longText", "integer", "float"]),
  postgres: new Set<FieldKind>(["text", "longText", "integer", "float", "boolean", "date", "uuid"]),
  mysql: new Set<FieldKind>(["text", "longText", "integer", "float", "date"]),
};

/**
 * Makes the function that turns the driver's rows into plain rows. Columns are selected under the names of their properties,
 * so only the columns whose values differ are touched: a row of texts and numbers costs nothing.
 */
export function compileRowMapper(fields: readonly FieldInfo[], dialect: Dialect): RowMapper | undefined {
  const converters = fields.map((field) => [field.name, converterOf(field, dialect)] as const);
  const needed = converters.filter((one): one is readonly [string, (value: unknown) => Plain] => one[1] !== undefined);
  if (needed.length === 0) return undefined;
  // The loop is made of metadata alone; written out for each field, it lets the engine inline what each column needs.
  const lines = needed.map(([name], index) => {
    const column = `row[${JSON.stringify(name)}]`;
    return `value = ${column}; if (value !== null) ${column} = c${index}(value);`;
  });
  const names = needed.map((_, index) => `c${index}`);
  const body = `return (rows) => { let value; for (let i = 0; i < rows.length; i++) { const row = rows[i]; ${lines.join(" ")} } };`;
  const make = new Function(...names, body) as (...args: ((value: unknown) => Plain)[]) => RowMapper;
  return make(...needed.map(([, convert]) => convert));
}

/** What turns one column's values into plain ones; undefined where the driver's own are. Null never comes here. */
function converterOf(field: FieldInfo, dialect: Dialect): ((value: unknown) => Plain) | undefined {
  const read = valueField(field);
  if (plainFromDriver[dialect].has(read.kind)) return undefined;
  if (read.kind === "enum") {
    // Items are text nearly always, and then stored as they are.
    return read.enumItems?.every((item) => typeof item === "string") ? undefined : general(read, dialect);
  }
  const other = general(read, dialect);
  if (read.kind === "boolean") return (value) => value === 1 || (value !== 0 && other(value));
  if (read.kind !== "datetime") return other;
  if (dialect === "sqlite") return (value) => (typeof value === "number" ? isoOf(value) : other(value));
  return (value) => utcText(value) ?? other(value);
}

function general(field: FieldInfo, dialect: Dialect): (value: unknown) => Plain {
  const { fromDriver } = fieldKinds[field.kind];
  return (value) => fromDriver(value, dialect, field);
}

const DAY = 86_400_000;
// Few long pieces: each piece that is joined to a text makes another text.
const minuteTexts = Array.from({ length: 1_440 }, (_, minute) => new Date(minute * 60_000).toISOString().slice(11, 17));
const secondTexts = minuteTexts.slice(0, 60).map((text) => `${text.slice(3, 5)}.`);
const thousandthTexts = Array.from({ length: 1_000 }, (_, number) => `${String(number).padStart(3, "0")}Z`);
/** Texts of days that were written last: a day has one place, taken from whatever other day had it. */
const PLACES = 4_096;
const dayAt = new Int32Array(PLACES).fill(-1);
const dayTextAt: string[] = Array.from({ length: PLACES }, () => "1969-12-31T");

/** A moment as ISO-8601 text. The engine takes ten times as long for it, and lists hold many moments on few days. */
export function isoOf(milliseconds: number): string {
  const day = Math.floor(milliseconds / DAY);
  const rest = milliseconds - day * DAY;
  const place = day & (PLACES - 1);
  if (dayAt[place] !== day || !Number.isInteger(rest)) {
    const iso = new Date(milliseconds).toISOString();
    // Years beyond 9999 are written with a sign and more digits.
    if (iso.length !== 24) return iso;
    dayAt[place] = day;
    dayTextAt[place] = iso.slice(0, 11);
    return iso;
  }
  const seconds = Math.floor(rest / 1_000);
  const minutes = Math.floor(seconds / 60);
  return `${dayTextAt[place]}${minuteTexts[minutes]}${secondTexts[seconds % 60]}${thousandthTexts[rest % 1_000]}`;
}

/** A database's text of a moment in UTC as ISO-8601: the letters are moved, no date is made. */
function utcText(value: unknown): string | undefined {
  if (typeof value !== "string" || value.length < 19 || value.charCodeAt(10) !== 32) return undefined;
  const text = value.endsWith("+00") ? value.slice(0, -3) : value;
  if (text.length > 23 || (text.length > 19 && text.charCodeAt(19) !== 46) || !/^\d{4}-/.test(text)) return undefined;
  const fraction = text.length === 19 ? "000" : text.slice(20).padEnd(3, "0");
  // A sign after the seconds would be another zone.
  if (!/^\d{3}$/.test(fraction)) return undefined;
  return `${text.slice(0, 10)}T${text.slice(11, 19)}.${fraction}Z`;
}
