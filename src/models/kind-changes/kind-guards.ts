import type { DialectSchema } from "../migrations/dialect-schema.ts";
import { isNarrower, type KindChange, readKind, storedAlike } from "./column-kinds.ts";
import { CONVERT_FUNCTION } from "./convert-value.ts";
import { guardStatement } from "./guard-statement.ts";
import { ColumnSql, refusedValues } from "./kind-conditions.ts";

/**
 * Statements that refuse a change of kind by which a value would be cut or become another one: PostgreSQL and MySQL
 * convert many such values without an error. On SQLite the conversion checks each value, so that only columns that stay
 * as they are need a guard.
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
    const sql = new ColumnSql(schema, change.column);
    return refusedValues(sql, was, is, change).map(({ condition, words }) =>
      guardStatement(
        `${change.name} has a value ${words}. Change such values first, by an update at the beginning of this list`,
        `select ${column} from ${table} where ${condition} limit 1`,
      ),
    );
  });
}

/** A column of SQLite as the new kind holds it. */
export function convertedSql(schema: DialectSchema, { column, was, is, name }: KindChange): string {
  const [from, to, label] = [was, is, name].map((text) => schema.literal(text));
  return `${CONVERT_FUNCTION}(${schema.quote(column)}, ${from}, ${to}, ${label})`;
}
