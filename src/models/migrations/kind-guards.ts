import {
  type ColumnKind,
  isNarrower,
  isNumber,
  isText,
  type KindChange,
  readKind,
  storedAlike,
} from "./column-kinds.ts";
import { CONVERT_FUNCTION } from "./convert-value.ts";
import type { DialectSchema } from "./dialect-schema.ts";
import { guardStatement } from "./guard-statement.ts";

/**
 * Statements that refuse a change of kind by which a value would be cut or become another one: PostgreSQL and MySQL
 * convert such values without a word. What they refuse themselves is left to them; on SQLite the conversion checks each
 * value, so that only columns that stay as they are need a guard.
 */
export function kindGuards(schema: DialectSchema, changes: readonly KindChange[]): string[] {
  return changes.flatMap((change) => {
    const [was, is] = [readKind(change.was), readKind(change.is)];
    if (was === undefined || is === undefined) return [];
    const [table, column] = [schema.quote(change.table), schema.quote(change.column)];
    if (schema.dialect === "sqlite") {
      if (!storedAlike(was, is) || !isNarrower(was, is)) return [];
      return [`select count(${convertedSql(schema, change)}) as checked from ${table}`];
    }
    const lossy = lossyCondition(column, was, is, schema.dialect === "mysql");
    if (lossy === undefined) return [];
    const [condition, words] = lossy;
    return [
      guardStatement(
        `${change.name} has a value ${words}. Change such values first, by an update at the beginning of this list`,
        `select ${column} from ${table} where ${condition} limit 1`,
      ),
    ];
  });
}

/** A column of SQLite as the new kind holds it. */
export function convertedSql(schema: DialectSchema, { column, was, is, name }: KindChange): string {
  const [from, to, label] = [was, is, name].map((text) => schema.literal(text));
  return `${CONVERT_FUNCTION}(${schema.quote(column)}, ${from}, ${to}, ${label})`;
}

function lossyCondition(column: string, was: ColumnKind, is: ColumnKind, mysql: boolean): [string, string] | undefined {
  const { maxLength, scale = 0 } = is;
  if (isText(was) && isText(is) && isNarrower(was, is))
    return [`char_length(${column}) > ${maxLength}`, `with more than ${maxLength} characters`];
  // PostgreSQL has a type for it.
  if (mysql && isText(was) && is.kind === "uuid" && was.kind !== "uuid")
    return [`lower(${column}) not regexp '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'`, "that is no UUID"];
  if (is.kind === "binary" && isNarrower(was, is))
    return [`octet_length(${column}) > ${maxLength}`, `with more than ${maxLength} bytes`];
  if (isNumber(was) && is.kind === "boolean") return [`${column} not in (0, 1)`, "that is neither 0 nor 1"];
  if (was.kind === "bigInteger" && is.kind === "float")
    return [`abs(${column}) > 9007199254740992`, "with more digits than a floating-point number keeps"];
  const isExact = is.kind === "integer" || is.kind === "bigInteger" || is.kind === "decimal";
  const hasFraction = was.kind === "float" || (was.kind === "decimal" && (was.scale ?? 0) > scale);
  if (!isExact || !hasFraction) return undefined;
  const words = scale === 0 ? "with decimal places" : `with more than ${scale} decimal places`;
  if (was.kind === "decimal") return [`${column} <> round(${column}, ${scale})`, words];
  // Of a double only what its 15 sure digits say counts: 0.1 + 0.2 is 0.3.
  if (mysql) return [`abs(${column} - round(${column}, ${scale})) > abs(${column}) * 1e-15`, words];
  return [`${column}::numeric <> round(${column}::numeric, ${scale})`, words];
}

/** How PostgreSQL is to read the values of a column for its new kind; undefined where its own cast does. */
export function postgresCast(column: string, was: ColumnKind, is: ColumnKind): string | undefined {
  const isPlainText = isText(is) && is.kind !== "uuid";
  if (was.kind === "binary" && isPlainText) return `convert_from(${column}, 'UTF8')`;
  if (isText(was) && is.kind === "binary") return `convert_to(${column}, 'UTF8')`;
  if (was.kind === "datetime" && isPlainText)
    return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
  if (was.kind === "boolean" && isNumber(is)) return `${column}::int`;
  if (isNumber(was) && is.kind === "boolean") return `(${column} <> 0)`;
  if ((isNumber(was) || was.kind === "boolean") && is.kind === "json") return `to_jsonb(${column})`;
  return undefined;
}

/** A key of PostgreSQL takes its numbers from a sequence, which has a type and an end of its own. */
export function postgresSequence(schema: DialectSchema, { table, column, is }: KindChange): string {
  const [owner, name] = [schema.literal(schema.quote(table)), schema.literal(column)];
  const type = is === "bigInteger" ? "bigint" : "integer";
  return `do $$ declare keys text := pg_get_serial_sequence(${owner}, ${name}); begin if keys is not null then execute 'alter sequence ' || keys || ' as ${type}'; end if; end $$`;
}

/** What MySQL has to be told before and after it changes a column, for values that it would convert to others. */
export function mysqlConversion(schema: DialectSchema, change: KindChange): { before: string[]; after: string[] } {
  const [was, is] = [readKind(change.was), readKind(change.is)];
  const [table, column] = [schema.quote(change.table), schema.quote(change.column)];
  const set = (value: string, where: string) => `update ${table} set ${column} = ${value} where ${where}`;
  const none = { before: [], after: [] };
  if (was === undefined || is === undefined) return none;
  const isPlainText = isText(is) && is.kind !== "uuid";
  if (was.kind === "boolean" && isPlainText)
    return { ...none, after: [set(`if(${column} = '0', 'false', 'true')`, `${column} in ('0', '1')`)] };
  if (was.kind === "datetime" && isPlainText)
    return { ...none, after: [set(`concat(replace(${column}, ' ', 'T'), 'Z')`, `${column} is not null`)] };
  if (isText(was) && is.kind === "uuid") return { ...none, after: [set(`lower(${column})`, `${column} is not null`)] };
  if (!isText(was) || is.kind !== "boolean") return none;
  const word = (words: string) => `lower(trim(${column})) in (${words})`;
  return {
    ...none,
    before: [set("'1'", word("'true', 't', 'yes', 'y', 'on'")), set("'0'", word("'false', 'f', 'no', 'n', 'off'"))],
  };
}
