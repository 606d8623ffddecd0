import type { Database } from "../database/database.ts";
import { modelErrors } from "../errors.ts";
import type { FieldInfo } from "../schema/field-info.ts";
import type { ModelClass } from "../schema/model.ts";
import { describe, hasColumn, modelFields, quoted } from "../schema/query-set-fields.ts";
import type { Condition, ParsedCondition } from "./conditions.ts";
import { decodeCursor, type Place } from "./cursor.ts";
import { defaultOrder, type Ordering } from "./ordering.ts";
import { checkValue } from "./query-set-values.ts";
import { fieldsForRelated, type RelationTree } from "./related.ts";
import type { MutableRow } from "./row-mapper.ts";
import { type Plan, planFor, type SelectShape, writeCount, writeSelect } from "./select-sql.ts";

/** What a query set has gathered; never changed, only copied. */
export interface QueryState {
  readonly model: ModelClass;
  readonly where: readonly Condition[];
  readonly values: readonly unknown[];
  /** What the SQL of the conditions is cached by. */
  readonly key: string;
  readonly ordering: Ordering | undefined;
  readonly limit: number | undefined;
  readonly offset: number | undefined;
  /** The raw text of `after()`, read once the order is known. */
  readonly cursor: unknown;
  readonly related: RelationTree;
  readonly allowed: ReadonlySet<string> | undefined;
}

/** All rows of a model. */
export function emptyState(model: ModelClass): QueryState {
  return {
    model,
    where: [],
    values: [],
    key: "",
    ordering: undefined,
    limit: undefined,
    offset: undefined,
    cursor: undefined,
    related: {},
    allowed: undefined,
  };
}

/** SQLite takes 32,766 in one statement; a part of them is left for what is added to conditions. */
const MOST_VALUES = 30_000;

/** The state with one more condition; "no" turns it into its opposite. */
export function withCondition(state: QueryState, parsed: ParsedCondition, negated = false): QueryState {
  if (state.values.length + parsed.values.length > MOST_VALUES) {
    const problem = `together the conditions have more than ${MOST_VALUES} values`;
    throw modelErrors.QUERY_CONDITION_INVALID(state.model.name, problem);
  }
  return {
    ...state,
    where: [...state.where, negated ? { kind: "not", part: parsed.condition } : parsed.condition],
    values: [...state.values, ...parsed.values],
    key: `${state.key};${negated ? "!" : ""}${parsed.key}`,
  };
}

/** The row with a key among a state's rows; the key's value is added when it is known. Limits would pick rows before the key does. */
export function withKey(state: QueryState): QueryState {
  const { primary } = modelFields(state.model);
  return withCondition({ ...state, limit: undefined, offset: undefined, cursor: undefined }, sameAs(primary, []));
}

/** A state's rows that still have a version. @throws QUERY_VALUE_INVALID */
export function withVersion(state: QueryState, field: FieldInfo, version: unknown): QueryState {
  return withCondition(state, sameAs(field, [checkValue(version, field, field.name)]));
}

function sameAs(field: FieldInfo, values: readonly unknown[]): ParsedCondition {
  return { condition: { kind: "test", field, operator: "eq", count: 1 }, key: `${field.name} eq`, values };
}

/** A number of rows, given as `limit` or `offset`. @throws QUERY_LIMIT_INVALID */
export function rowCount(name: string, raw: unknown): number {
  if (typeof raw !== "number" || !Number.isSafeInteger(raw) || raw < 0)
    throw modelErrors.QUERY_LIMIT_INVALID(name, describe(raw));
  return raw;
}

/** Finds the fields that `rows()` names; without names, all that are not hidden. @throws QUERY_FIELD_UNKNOWN */
export function selectedFields(state: QueryState, names: readonly unknown[] | undefined): readonly FieldInfo[] {
  const { byName, visible } = modelFields(state.model);
  const { allowed } = state;
  if (names === undefined) return allowed === undefined ? visible : visible.filter(({ name }) => allowed.has(name));
  return Array.from(new Set(names), (name) => {
    const field = typeof name === "string" ? byName.get(name) : undefined;
    if (field === undefined || !hasColumn(field) || (allowed !== undefined && !allowed.has(field.name))) {
      throw modelErrors.QUERY_FIELD_UNKNOWN(state.model.name, quoted(name), "read");
    }
    return field;
  });
}

/** How a state is read. */
export interface ReadOptions {
  readonly fields: readonly FieldInfo[];
  readonly withPlace?: boolean;
  readonly lock?: boolean;
  /** In place of the state's own. */
  readonly limit?: number;
}

/** A plan with the values that belong to it. */
export interface ReadyQuery {
  readonly plan: Plan;
  readonly values: readonly unknown[];
}

/** The statement that reads a state's rows. */
export function readyQuery(database: Database, state: QueryState, options: ReadOptions): ReadyQuery {
  const { model, offset } = state;
  const limit = options.limit ?? state.limit;
  const ordering = state.ordering ?? defaultOrder(model);
  const place = placeOf(state, ordering);
  const { fields, withPlace = false, lock = false } = options;
  const names = fields.map((field) => field.name).join(",");
  const flags = `${limit === undefined ? "" : "L"}${offset === undefined ? "" : "O"}${withPlace ? "P" : ""}${lock ? "F" : ""}`;
  const key = `${names}|${state.key}|${ordering.key}|${place?.mask ?? ""}|${flags}`;
  const plan = planFor(database, model, key, () =>
    writeSelect(database, { ...shapeOf(state, place), fields, limit: limit !== undefined, withPlace, lock }),
  );
  const values = [...state.values];
  if (place !== undefined) values.push(...place.values);
  if (limit !== undefined) values.push(limit);
  if (offset !== undefined) values.push(offset);
  return { plan, values };
}

/** The statement that counts a state's rows. */
export function readyCount(database: Database, state: QueryState): ReadyQuery {
  const { model, limit, offset } = state;
  const ordering = state.ordering ?? defaultOrder(model);
  const place = placeOf(state, ordering);
  const flags = `${limit === undefined ? "" : "L"}${offset === undefined ? "" : "O"}`;
  const after = place === undefined ? "" : `${ordering.key}|${place.mask}`;
  const key = `count|${state.key}|${after}|${flags}`;
  const plan = planFor(database, model, key, () => writeCount(database, shapeOf(state, place)));
  const limits = [limit, offset].filter((one) => one !== undefined);
  return { plan, values: [...state.values, ...(place?.values ?? []), ...limits] };
}

/** What a state asks for, as the SQL writer reads it. */
function shapeOf(state: QueryState, place: Place | undefined): SelectShape {
  return {
    model: state.model,
    where: state.where,
    fields: [],
    ordering: state.ordering ?? defaultOrder(state.model),
    placeMask: place?.mask,
    limit: state.limit !== undefined,
    offset: state.offset !== undefined,
  };
}

/** The place that `after()` named, if it named one. @throws QUERY_CURSOR_INVALID */
function placeOf(state: QueryState, ordering: Ordering): Place | undefined {
  return state.cursor === undefined ? undefined : decodeCursor(state.model, ordering, state.cursor);
}

/** The columns to read so that the named fields and the relations can be given, and the names to take away again. */
export function fieldsToRead(
  state: QueryState,
  fields: readonly FieldInfo[],
): { read: readonly FieldInfo[]; extra: readonly string[] } {
  const needed = fieldsForRelated(state.model, state.related);
  const extra = [...new Set(needed)].filter((name) => !fields.some((field) => field.name === name));
  if (extra.length === 0) return { read: fields, extra };
  const { byName } = modelFields(state.model);
  // A relation that is loaded belongs to the row, whether its column was named or not.
  const superfluous = extra.filter((name) => !Object.hasOwn(state.related, name));
  return { read: [...fields, ...extra.map((name) => byName.get(name) as FieldInfo)], extra: superfluous };
}

/** Takes names away from rows that were read for our own use. */
export function withoutNames(rows: readonly MutableRow[], names: readonly string[]): void {
  for (const row of rows) for (const name of names) delete row[name];
}
