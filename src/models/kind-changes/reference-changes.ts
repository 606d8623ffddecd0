import type { DialectSchema } from "../migrations/dialect-schema.ts";
import type { Snapshot, TableJson, TableNames } from "../renames/snapshot.ts";
import { guardStatement } from "./guard-statement.ts";

/** A relation that is in both states of the tables and whose keys belong to another table, or another column, now. */
export interface ReferenceChange {
  readonly table: string;
  readonly column: string;
  /** "Order.clerk". */
  readonly name: string;
  /** The model that it referred to, and the one that it refers to now; with the field if the models are the same. */
  readonly was: string;
  readonly is: string;
}

interface Target {
  readonly table: string;
  readonly column: string;
}

/** Relations of which the stored keys would stand for other rows. The tables and columns have their names of now. */
export function referenceChanges(from: Snapshot, to: Snapshot): ReferenceChange[] {
  return to.schema.tables.flatMap((table) => {
    const [before, names] = [from.schema.tables.find(({ name }) => name === table.name), to.names[table.name]];
    if (before === undefined || names === undefined) return [];
    const changes = new Map<string, ReferenceChange>();
    for (const column of Object.keys(table.columns)) {
      const [was, is] = [targetOf(from, before, column), targetOf(to, table, column)];
      if (was === undefined || is === undefined || (was.table === is.table && was.column === is.column)) continue;
      const name = fieldName(names, column);
      // Several columns of one field change together.
      if (changes.has(name)) continue;
      changes.set(name, { table: table.name, column, name, ...targetNames([from, was], [to, is]) });
    }
    return [...changes.values()];
  });
}

/** "Order.clerk"; of a table between two models the many-to-many field, whichever column it is. */
function fieldName({ model, columns }: TableNames, column: string): string {
  return model.includes(".") ? model : `${model}.${columns[column] ?? column}`;
}

function targetOf({ names }: Snapshot, table: TableJson, column: string): Target | undefined {
  for (const key of Object.values(table.foreignKeys)) {
    const referred = key.referencedColumnNames[key.columnNames.indexOf(column)];
    if (referred !== undefined) return { table: key.referencedTableName.replace(/^.*\./, ""), column: referred };
  }
  // A relation without a constraint.
  const named = names[table.name]?.targets?.[column] ?? "";
  const dot = named.lastIndexOf(".");
  const [target, key] = dot < 0 ? [] : [named.slice(0, dot), named.slice(dot + 1)];
  return target === undefined || key === undefined ? undefined : { table: target, column: key };
}

function targetNames(...[[from, was], [to, is]]: [readonly [Snapshot, Target], readonly [Snapshot, Target]]) {
  const [old, now] = [from.names[was.table]?.model ?? was.table, to.names[is.table]?.model ?? is.table];
  if (old !== now) return { was: old, is: now };
  const [oldField, nowField] = [from.names[was.table]?.columns[was.column], to.names[is.table]?.columns[is.column]];
  return { was: `${old}.${oldField ?? was.column}`, is: `${now}.${nowField ?? is.column}` };
}

/** Statements that refuse a change of what relations refer to while there are keys: each would stand for another row. */
export function referenceGuards(schema: DialectSchema, changes: readonly ReferenceChange[]): string[] {
  return changes.map(({ table, column, name, was, is }) => {
    const key = schema.quote(column);
    return guardStatement(
      `${name} has keys of ${was} and will refer to ${is}, where the same keys belong to other rows. Remove the keys first, or keep this field and add another one for ${is}. If every key is right for ${is} too, delete this statement from the migration`,
      `select ${key} from ${schema.quote(table)} where ${key} is not null limit 1`,
    );
  });
}
