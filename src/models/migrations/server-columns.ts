import type { DatabaseSchema } from "@mikro-orm/sql";
import { type KindChange, readKind } from "../kind-changes/column-kinds.ts";
import { mysqlConversion, postgresCast } from "../kind-changes/kind-conversions.ts";
import type { DialectSchema } from "./dialect-schema.ts";

/** The tables before and after some statements, and the columns that get another kind. */
export interface ColumnChanges {
  readonly from: DatabaseSchema;
  readonly to: DatabaseSchema;
  readonly kinds: readonly KindChange[];
}

/**
 * Puts the statements of a server in an order in which columns can get another kind: without references to them, which
 * come back after the last column, and with conversions around the changes.
 */
export function aroundKinds(schema: DialectSchema, statements: readonly string[], changes: ColumnChanges): string[] {
  const { from, kinds } = changes;
  if (kinds.length === 0) return [...statements];
  const known = new Set(
    from.getTables().flatMap((table) => {
      const drop = schema.dialect === "mysql" ? "drop foreign key" : "drop constraint";
      return Object.values(table.getForeignKeys()).map(
        (key) => `alter table ${schema.quote(table.name)} ${drop} ${schema.quote(key.constraintName)}`,
      );
    }),
  );
  const isDrop = (sql: string) => known.has(sql) || / drop foreign key /.test(sql);
  const once = (found: readonly string[]) => [...new Set(found)];
  const conversions = schema.dialect === "mysql" ? kinds.map((kind) => mysqlConversion(schema, kind)) : [];
  const others = statements.filter((sql) => !isDrop(sql) && !addsForeignKey(sql));
  return [
    ...once(statements.filter((sql) => known.has(sql))),
    ...conversions.flatMap(({ before }) => before),
    ...(schema.dialect === "postgres" ? postgresColumns(schema, others, changes) : others),
    ...conversions.flatMap(({ after }) => after),
    ...once(statements.filter(addsForeignKey)),
  ];
}

/** Whether a statement adds a foreign key to a table. */
export function addsForeignKey(sql: string): boolean {
  return /^alter table \S+ add constraint \S+ foreign key /.test(sql);
}

/** PostgreSQL is told how to read the values, and converts no default. */
function postgresColumns(
  schema: DialectSchema,
  statements: readonly string[],
  { from, to, kinds }: ColumnChanges,
): string[] {
  let done = [...statements];
  for (const change of kinds) {
    const [was, is] = [readKind(change.was), readKind(change.is)];
    const alter = `alter table ${schema.quote(change.table)} alter column ${schema.quote(change.column)} `;
    const [before, after] = [from, to].map((tables) => tables.getTable(change.table)?.getColumn(change.column));
    if (before?.default != null && before.autoincrement !== true && after?.autoincrement !== true) {
      const isDefault = (sql: string) => sql === `${alter}drop default` || sql.startsWith(`${alter}set default `);
      done = done.filter((sql) => !isDefault(sql));
      const last = done.findLastIndex((sql) => sql.startsWith(`${alter}type `));
      if (after?.default != null) done.splice(last + 1, 0, `${alter}set default ${after.default}`);
      done.splice(
        Math.max(
          done.findIndex((sql) => sql.startsWith(`${alter}type `)),
          0,
        ),
        0,
        `${alter}drop default`,
      );
    }
    // Of a UUID the first statement makes a text.
    const last = done.findLastIndex((sql) => sql.startsWith(`${alter}type `));
    const cast = was === undefined || is === undefined ? undefined : postgresCast(schema, change, was, is);
    done = done.map((sql, index) => (index === last ? withCast(sql, cast) : sql));
  }
  return done;
}

function withCast(statement: string, cast: string | undefined): string {
  const [start, type] = [statement.indexOf(" using ("), statement.lastIndexOf("::")];
  if (cast === undefined || start < 0) return statement;
  return `${statement.slice(0, start)} using (${cast}${statement.slice(type)}`;
}
