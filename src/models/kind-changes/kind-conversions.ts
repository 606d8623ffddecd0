import type { DialectSchema } from "../migrations/dialect-schema.ts";
import { type ColumnKind, isNumber, isText, type KindChange, readKind } from "./column-kinds.ts";
import { ColumnSql, FALSE_WORDS, TRUE_WORDS } from "./kind-conditions.ts";

/** How PostgreSQL reads the values of a column for its new kind; undefined where its own cast does. */
export function postgresCast(
  schema: DialectSchema,
  { column: name }: KindChange,
  was: ColumnKind,
  is: ColumnKind,
): string | undefined {
  const sql = new ColumnSql(schema, name);
  const { column } = sql;
  const { kind } = is;
  const isJson = kind === "json";
  if (kind === "enum" || (isText(is) && kind !== "uuid")) return isText(was) ? undefined : sql.text(was);
  if (isText(was)) {
    if (kind === "binary") return `convert_to(${sql.text(was)}, 'UTF8')`;
    // PostgreSQL rounds a fraction of a second, and the framework cuts it everywhere.
    if (kind === "datetime") return `date_trunc('milliseconds', ${sql.trimmed(was)}::timestamptz)`;
    return kind === "uuid" && was.kind === "uuid" ? undefined : sql.trimmed(was);
  }
  if (was.kind === "json" && (kind === "boolean" || isNumber(is))) {
    if (kind === "boolean") return `(${column} #>> '{}')`;
    return `(case ${column} #>> '{}' when 'true' then '1' when 'false' then '0' else ${column} #>> '{}' end)::numeric`;
  }
  if (was.kind === "boolean" && isNumber(is)) return `${column}::int`;
  if (isNumber(was) && kind === "boolean") return `(${column} <> 0)`;
  if ((isNumber(was) || was.kind === "boolean") && isJson) return `to_jsonb(${column})`;
  if (was.kind === "date" && kind === "datetime") return `(${column}::timestamp at time zone 'UTC')`;
  if (was.kind === "datetime" && kind === "date") return `(${column} at time zone 'UTC')`;
  if (was.kind === "datetime" && kind === "time") return `date_trunc('second', ${column} at time zone 'UTC')`;
  // A guard has seen to it that there are no values.
  return was.kind === kind || (isNumber(was) && isNumber(is)) ? undefined : "null";
}

/** A key of PostgreSQL takes its numbers from a sequence, which has a type and an end of its own. */
export function postgresSequence(schema: DialectSchema, { table, column, is }: KindChange): string {
  const [owner, name] = [schema.literal(schema.quote(table)), schema.literal(column)];
  const type = is === "bigInteger" ? "bigint" : "integer";
  return `do $$ declare keys text := pg_get_serial_sequence(${owner}, ${name}); begin if keys is not null then execute 'alter sequence ' || keys || ' as ${type}'; end if; end $$`;
}

/** Statements around a change of a column's kind. */
export interface Conversion {
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** Characters of the longest text that is written into a column before it gets another kind. */
const LONGEST_WRITTEN = 23;

/** What MySQL runs before and after it changes a column, for values that it would convert to others or refuse. */
export function mysqlConversion(schema: DialectSchema, change: KindChange): Conversion {
  const [was, is] = [readKind(change.was), readKind(change.is)];
  if (was === undefined || is === undefined) return { before: [], after: [] };
  const sql = new ColumnSql(schema, change.column);
  const { column } = sql;
  const table = schema.quote(change.table);
  const set = (value: string, where: string) => `update ${table} set ${column} = ${value} where ${where}`;
  const retype = (type: string) =>
    `alter table ${table} modify ${column} ${type} ${change.nullable ? "null" : "not null"}`;
  const isPlainText = isText(is) && is.kind !== "uuid";
  if (was.kind === "boolean" && isPlainText)
    return { before: [], after: [set(`if(${column} = '0', 'false', 'true')`, `${column} in ('0', '1')`)] };
  if (was.kind === "boolean" && is.kind === "json") {
    const text = `cast(${column} as char)`;
    return { before: [], after: [set(`if(${text} = '0', 'false', 'true')`, `${text} in ('0', '1')`)] };
  }
  if (was.kind === "datetime" && isPlainText)
    return { before: [], after: [set(momentText(column), `${column} is not null`)] };
  // MySQL rounds a fraction of a second, also to the next day.
  if (was.kind === "datetime" && (is.kind === "date" || is.kind === "time"))
    return { before: [set(`date_format(${column}, '%Y-%m-%d %H:%i:%s')`, `microsecond(${column}) > 0`)], after: [] };
  if (was.kind === "json" && !isPlainText) {
    const numbers = [set("'1'", `${column} = 'true'`), set("'0'", `${column} = 'false'`)];
    return { before: [retype("longtext"), ...(is.kind === "boolean" || isNumber(is) ? numbers : [])], after: [] };
  }
  if (!isText(was) || isPlainText || is.kind === "binary") {
    // Of an enum MySQL would take the item's number.
    return { before: was.kind === "enum" && is.kind === "binary" ? [retype("varchar(255)")] : [], after: [] };
  }
  const { maxLength = 0 } = was;
  const isShort = was.kind === "text" && maxLength < LONGEST_WRITTEN;
  const widened = was.kind === "enum" || (is.kind === "datetime" && isShort) ? [retype("varchar(255)")] : [];
  const trim = set(sql.trimmed({ kind: "text" }), sql.matches(column, "^[[:space:]]|[[:space:]]$"));
  return { before: [...widened, trim, ...rewritten(sql, set, is)], after: [] };
}

type Set = (value: string, where: string) => string;

function rewritten(sql: ColumnSql, set: Set, { kind }: ColumnKind): string[] {
  const { column } = sql;
  if (kind === "uuid") return [set(`lower(${column})`, `${column} is not null`)];
  if (kind === "boolean") {
    const isOne = (words: string) => `lower(${column}) in (${words})`;
    return [set("'1'", isOne(TRUE_WORDS)), set("'0'", isOne(FALSE_WORDS))];
  }
  if (kind !== "datetime") return [];
  // MySQL reads no zone: the moment is written in UTC, with as many digits as are kept.
  const zone = "[+-][0-9]{2}:?[0-9]{2}$";
  const digits = `replace(regexp_substr(${column}, '${zone}'), ':', '')`;
  const minutes = `(substr(${digits}, 2, 2) * 60 + right(${digits}, 2)) * if(left(${digits}, 1) = '-', 1, -1)`;
  const local = `left(replace(regexp_replace(${column}, 'Z$|z$|${zone}', ''), 'T', ' '), ${LONGEST_WRITTEN})`;
  return [
    set(`left(timestampadd(minute, ${minutes}, ${local}), ${LONGEST_WRITTEN})`, sql.matches(column, `:.*${zone}`)),
    set(local, `${column} is not null`),
  ];
}

/** A text that MySQL has made of a moment, as the framework writes one. */
function momentText(column: string): string {
  const millis = `rpad(if(locate('.', ${column}) > 0, substring_index(${column}, '.', -1), ''), 3, '0')`;
  return `concat(replace(substring_index(${column}, '.', 1), ' ', 'T'), '.', ${millis}, 'Z')`;
}
