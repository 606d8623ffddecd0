import type { ColumnJson, Snapshot, TableJson } from "./snapshot.ts";
import { tableNamed } from "./snapshot.ts";

/** A model with its table. */
export interface StoredModel {
  readonly name: string;
  readonly table: string;
}

/** A many-to-many field with the table between its two models. Models have their names of now. */
export interface StoredBetween {
  readonly table: string;
  /** The model that declares it; undefined if it is removed. */
  readonly owner: string | undefined;
  readonly name: string;
  /** The name of the model that it leads to. */
  readonly kind: string;
  /** The model that it leads to; undefined if it is removed. */
  readonly target: string | undefined;
  /** "Note.tags" as it was or is declared. */
  readonly label: string;
  /** The same relation as the other model declares it: "Tag.notes". */
  readonly inverse: string | undefined;
}

/** A field with its columns. */
export interface StoredField {
  readonly model: string;
  readonly name: string;
  /** What it holds, in a word that is the same on every dialect. */
  readonly kind: string;
  readonly columns: readonly string[];
  /** The model that it refers to, as it is called now. */
  readonly target: string | undefined;
}

/** What a model of a snapshot is called now; undefined if it is removed. */
export type NameNow = (model: string) => string | undefined;

/** Whether it is the name of a table between two models: "Note.tags". */
export function isBetween(model: string): boolean {
  return model.includes(".");
}

/** The models of a snapshot. */
export function storedModels({ names }: Snapshot): StoredModel[] {
  return Object.entries(names).flatMap(([table, { model }]) => (isBetween(model) ? [] : [{ name: model, table }]));
}

/** The many-to-many fields of a snapshot. */
export function storedBetweens(snapshot: Snapshot, nameNow: NameNow): StoredBetween[] {
  return Object.entries(snapshot.names).flatMap(([table, { model, columns, inverse }]) => {
    const [owner = "", name] = model.split(".");
    if (name === undefined) return [];
    const refers = targetOf(snapshot, table, Object.keys(columns).at(-1) ?? "") ?? "";
    const target = nameNow(refers);
    return [{ table, owner: nameNow(owner), name, kind: target ?? refers, target, label: model, inverse }];
  });
}

/** The fields of a model that have columns. */
export function storedFields(snapshot: Snapshot, { table, name: model }: StoredModel, nameNow: NameNow): StoredField[] {
  const columns = tableNamed(snapshot, table)?.columns ?? {};
  const fields = new Map<string, string[]>();
  // The side of a one-to-one without a column is listed with that of the other side.
  const named = Object.entries(snapshot.names[table]?.columns ?? {}).filter(([column]) => column in columns);
  for (const [column, property] of named) fields.set(property, [...(fields.get(property) ?? []), column]);
  return Array.from(fields, ([name, own]) => {
    const refers = own.flatMap((column) => targetOf(snapshot, table, column) ?? [])[0];
    const kind = kindOf(columns[own[0] ?? ""]);
    return { model, name, kind, columns: own, target: refers === undefined ? undefined : nameNow(refers) };
  });
}

/** The model that a column refers to. */
function targetOf(snapshot: Snapshot, table: string, column: string): string | undefined {
  const refers =
    foreignTable(tableNamed(snapshot, table), column) ??
    snapshot.names[table]?.targets?.[column]?.replace(/\.[^.]*$/, "");
  return refers === undefined ? undefined : (snapshot.names[refers]?.model ?? refers);
}

function foreignTable(table: TableJson | undefined, column: string): string | undefined {
  const key = Object.values(table?.foreignKeys ?? {}).find((one) => one.columnNames.includes(column));
  return key?.referencedTableName.replace(/^.*\./, "");
}

/** How many columns two tables have in common. */
export function sharedColumns(from: TableJson | undefined, to: TableJson | undefined): number {
  const after = to?.columns ?? {};
  return Object.values(from?.columns ?? {}).filter((column) => after[column.name]?.type === column.type).length;
}

const KINDS: { readonly [type: string]: string } = {
  ...Object.fromEntries(
    ["smallint", "tinyint", "mediumint", "integer", "bigint", "float", "double", "decimal", "boolean"].map(
      (type) => [type, "number"] as const,
    ),
  ),
  datetime: "time",
  date: "time",
  time: "time",
  json: "JSON",
  blob: "bytes",
};

/** A column's kind in a word that is the same on every dialect: texts and truth have other types on each. */
function kindOf(column: ColumnJson | undefined): string {
  return KINDS[column?.mappedType ?? ""] ?? "text";
}
