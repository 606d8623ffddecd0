import type { Database } from "../database/database.ts";
import { type FieldInfo, fieldInfo, primaryField } from "../schema/field-info.ts";
import { fieldKinds } from "../schema/field-kinds.ts";
import { isModelClass, type ModelClass, modelDefinition } from "../schema/model.ts";
import type { Plain } from "../schema/plain.ts";

/** The table between two models, as the side that owns it sees it. */
export interface TableBetween {
  readonly field: FieldInfo;
  readonly table: string;
  readonly own: string;
  readonly other: string;
}

/**
 * Where the rows of a model are stored: its table, the fields with a column, and the tables between. A table between that is
 * a model's own (`pivotEntity`) is not among them: its rows are those of that model, and hold more than pairs.
 */
export interface StoredModel {
  readonly name: string;
  readonly model: ModelClass;
  readonly table: string;
  readonly key: FieldInfo;
  readonly fields: readonly FieldInfo[];
  readonly between: readonly TableBetween[];
  /** Many-to-many fields whose members are the rows of another model, by name, with the name of that model. */
  readonly through: ReadonlyMap<string, string>;
}

/** What is read of a property as the ORM knows it. */
interface StoredProperty {
  readonly generated?: unknown;
  readonly pivotTable?: string;
  readonly pivotEntity?: unknown;
  readonly joinColumns?: readonly string[];
  readonly inverseJoinColumns?: readonly string[];
}

/** Finds out where the rows of a model are stored. */
export function storedModel(database: Database, model: ModelClass): StoredModel {
  const meta = database.meta(model);
  const properties = meta.properties as Readonly<Record<string, StoredProperty>>;
  const all = fieldInfo(model);
  const between: TableBetween[] = [];
  const through = new Map<string, string>();
  for (const field of all) {
    const property = properties[field.name];
    if (field.kind !== "manyToMany" || !field.relation?.owner || !property?.pivotTable) continue;
    if (isModelClass(property.pivotEntity)) {
      through.set(field.name, modelDefinition(property.pivotEntity).name);
      continue;
    }
    const [own = "", other = ""] = [property.joinColumns?.[0], property.inverseJoinColumns?.[0]];
    between.push({ field, table: property.pivotTable, own, other });
  }
  return {
    name: modelDefinition(model).name,
    model,
    table: meta.tableName,
    key: primaryField(model),
    fields: all.filter(({ name, column }) => column !== "" && !properties[name]?.generated),
    between,
    through,
  };
}

/**
 * The models in an order in which rows can be inserted: what is referred to comes first. References that go round in a
 * circle are ordered as far as possible; those that point ahead are then set afterwards.
 */
export function inDependencyOrder(models: readonly StoredModel[]): StoredModel[] {
  const ordered: StoredModel[] = [];
  const visiting = new Set<StoredModel>();
  const visit = (stored: StoredModel) => {
    if (ordered.includes(stored) || visiting.has(stored)) return;
    visiting.add(stored);
    // A reference that may be empty can be set later; one that may not decides the order.
    const needs = [...stored.fields].sort((a, b) => Number(a.nullable) - Number(b.nullable));
    for (const field of needs) {
      const target = targetOf(field, models);
      if (target && target !== stored) visit(target);
    }
    ordered.push(stored);
  };
  for (const stored of models) visit(stored);
  return ordered;
}

/** The model that a field refers to, if it is among these. */
export function targetOf(field: FieldInfo, models: readonly StoredModel[]): StoredModel | undefined {
  if (!field.relation || field.kind !== "relation") return undefined;
  const { name } = modelDefinition(field.relation.target());
  return models.find((stored) => stored.name === name);
}

/** A stored value as a plain one. */
export function plainOf(database: Database, field: FieldInfo, value: unknown): Plain {
  return fieldKinds[field.kind].fromDriver(value, database.dialect, field);
}

/** A plain value as a parameter. */
export function driverOf(database: Database, field: FieldInfo, value: Plain): unknown {
  return value === null ? null : fieldKinds[field.kind].toDriver(value, database.dialect, field);
}

/** Sets columns of the row with a key. */
export async function updateStored(
  database: Database,
  stored: StoredModel,
  key: unknown,
  fields: readonly { readonly column: string; readonly value: unknown }[],
): Promise<void> {
  if (fields.length === 0) return;
  const sets = fields.map(({ column }, index) => `${column} = ${database.placeholder(index)}`).join(", ");
  const where = `${database.quote(stored.key.column)} = ${database.placeholder(fields.length)}`;
  await database.execute(`update ${database.quote(stored.table)} set ${sets} where ${where}`, [
    ...fields.map(({ value }) => value),
    key,
  ]);
}
