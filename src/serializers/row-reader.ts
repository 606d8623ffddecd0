import type { QuerySet } from "../models/query/query-set.ts";
import type { FieldInfo } from "../models/schema/field-info.ts";
import type { Plain } from "../models/schema/field-kinds.ts";
import type { ModelClass } from "../models/schema/model.ts";
import { hasColumn, type ModelFields } from "../models/schema/query-set-fields.ts";
import { serializerErrors } from "./errors.ts";

/** A row while it is made. */
export type MutableRow = Record<string, unknown>;

/** One value of a serialized row. */
export interface RowPart {
  readonly name: string;
  readonly field: FieldInfo | undefined;
  /** The serializer of the related rows that stand in the place of their keys. */
  readonly nested: RowShape | undefined;
  readonly compute: ((row: never) => unknown) | undefined;
}

/** How rows of a model are read and written down. */
export interface RowShape {
  readonly parts: readonly RowPart[];
  readonly fields: ModelFields;
  /** Columns to select. */
  readonly columns: readonly string[];
  /** Relations whose rows or keys are loaded: one statement each. */
  readonly relations: readonly string[];
  /** All that may be selected, by paths. */
  readonly allowed: readonly string[];
  readonly dateFormat: ((iso: string, field: FieldInfo) => string) | undefined;
}

const DATES: ReadonlySet<string> = new Set(["date", "datetime", "time"]);

/** Returns the paths of relations that are loaded, and of the fields that are selected behind them. */
export function relationPaths(parts: readonly RowPart[]): { relations: string[]; allowed: string[] } {
  const relations: string[] = [];
  const allowed: string[] = [];
  for (const { name, field, nested } of parts) {
    if (field?.relation === undefined || (nested === undefined && hasColumn(field))) continue;
    relations.push(name, ...(nested?.relations ?? []).map((path) => `${name}.${path}`));
    const behind = nested?.allowed ?? [field.relation.key().name];
    allowed.push(...behind.map((path) => `${name}.${path}`));
  }
  return { relations, allowed };
}

/** Returns the query set that selects what a shape needs, and further columns of the model. */
export function queryFor(shape: RowShape, query: QuerySet<ModelClass>, further: readonly string[] = []): ShapedQuery {
  const columns = [...new Set([...shape.columns, ...further])];
  const narrowed = query.allowFields([...columns, ...shape.allowed]);
  const complete = shape.relations.reduce((set, path) => set.related(path as never), narrowed);
  return { query: complete, columns: columns as unknown as readonly never[] };
}

/** A query set with the columns to name when it is read. */
export interface ShapedQuery {
  readonly query: QuerySet<ModelClass>;
  readonly columns: readonly never[];
}

/** Writes a row down that was read for a shape. Names are always in the same order. */
export function shapedRow(shape: RowShape, row: MutableRow): MutableRow {
  const shaped: MutableRow = {};
  for (const { name, field, nested, compute } of shape.parts) {
    if (compute !== undefined) shaped[name] = computedValue(name, compute(row as never));
    else if (field !== undefined) shaped[name] = shapedValue(shape, field, nested, row[field.name]);
  }
  return shaped;
}

/** A promise has no value to send. @throws SERIALIZER_COMPUTED_ASYNC */
function computedValue(name: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("then" in value) || typeof value.then !== "function")
    return value;
  // The error below tells what is wrong; a failure of the promise itself would end up as one that no code has caught.
  Promise.resolve(value).catch(() => undefined);
  throw serializerErrors.SERIALIZER_COMPUTED_ASYNC(name);
}

function shapedValue(shape: RowShape, field: FieldInfo, nested: RowShape | undefined, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (nested !== undefined) {
    if (Array.isArray(value)) return value.map((one: MutableRow) => shapedRow(nested, one));
    return shapedRow(nested, value as MutableRow);
  }
  if (field.relation !== undefined && !hasColumn(field)) {
    const key = field.relation.key().name;
    const keyOf = (one: unknown) => (typeof one === "object" && one !== null ? (one as MutableRow)[key] : one);
    return Array.isArray(value) ? value.map(keyOf) : keyOf(value);
  }
  const { dateFormat } = shape;
  return dateFormat !== undefined && DATES.has(field.kind) ? dateFormat(value as string, field) : (value as Plain);
}
