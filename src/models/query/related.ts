import type { Database } from "../database/database.ts";
import { modelErrors } from "../errors.ts";
import type { FieldInfo } from "../schema/field-info.ts";
import type { ModelClass } from "../schema/model.ts";
import { hasColumn, modelFields, quoted, targetModel } from "../schema/query-set-fields.ts";
import { defaultOrder } from "./ordering.ts";
import type { MutableRow } from "./row-mapper.ts";
import { OWNER, type Plan, planFor, writeSelect } from "./select-sql.ts";

/** Relations to load, by name. */
export interface RelationTree {
  readonly [name: string]: RelationNode;
}

/** A relation to load, with those behind it. */
export interface RelationNode {
  readonly tree: RelationTree;
  /** The fields that its rows have beside their key; undefined for all that are not hidden. */
  readonly names: readonly string[] | undefined;
}

/** Keys that one statement names; lists are longer than that hardly ever. */
const KEYS_AT_ONCE = 8_192;

/**
 * Reads paths such as `user` and `tags.owner`. Of what is not in `allowed`, when that is given, nothing is loaded.
 *
 * @throws QUERY_FIELD_UNKNOWN for what is no relation, and for one of which nothing is allowed
 */
export function parseRelated(
  model: ModelClass,
  paths: readonly unknown[],
  before: RelationTree,
  allowed?: ReadonlySet<string>,
): RelationTree {
  return paths.reduce<RelationTree>((tree, path) => {
    const unknown = () => modelErrors.QUERY_FIELD_UNKNOWN(model.name, quoted(path), "load rows of");
    if (typeof path !== "string" || path.length > 200) throw unknown();
    return withPath(model, path.split("."), tree, { allowed: allowed && [...allowed], above: "", unknown });
  }, before);
}

interface RelatedReading {
  readonly allowed: readonly string[] | undefined;
  /** The path so far, with a dot at its end. */
  readonly above: string;
  readonly unknown: () => Error;
}

function withPath(
  model: ModelClass,
  [name = "", ...rest]: readonly string[],
  tree: RelationTree,
  reading: RelatedReading,
): RelationTree {
  const { allowed, unknown } = reading;
  const field = modelFields(model).byName.get(name);
  if (field?.relation === undefined) throw unknown();
  const above = `${reading.above}${name}.`;
  const below = allowed?.filter((one) => one.startsWith(above)).map((one) => one.slice(above.length));
  if (below?.length === 0) throw unknown();
  const known = Object.hasOwn(tree, name) ? tree[name] : undefined;
  const { tree: inner, names } = known ?? { tree: {}, names: below };
  const behind = rest.length === 0 ? inner : withPath(targetModel(field), rest, inner, { ...reading, above });
  return { ...tree, [name]: { tree: behind, names } };
}

/** Fields that must be read so that the relations can be found. */
export function fieldsForRelated(model: ModelClass, tree: RelationTree): string[] {
  const { byName, primary } = modelFields(model);
  return Object.keys(tree).map((name) => {
    const field = byName.get(name) as FieldInfo;
    return hasColumn(field) ? name : primary.name;
  });
}

/**
 * Puts related rows into rows: one statement for each relation, however many rows there are.
 *
 * A relation to one row becomes that row or null, one to many a list in the other model's order. Rows that are the same
 * row are the same object.
 */
export async function loadRelated(
  database: Database,
  model: ModelClass,
  rows: readonly MutableRow[],
  tree: RelationTree,
): Promise<void> {
  const { byName, primary } = modelFields(model);
  const names = Object.keys(tree);
  if (rows.length === 0) return;
  // The key may itself be a relation that is replaced below.
  const keys = rows.map((row) => row[primary.name]);
  for (const name of names) {
    const field = byName.get(name) as FieldInfo;
    const node = tree[name] as RelationNode;
    if (hasColumn(field)) await loadOne(database, field, rows, node);
    else await loadMany(database, { model, field, keys }, rows, node);
  }
}

async function loadOne(
  database: Database,
  field: FieldInfo,
  rows: readonly MutableRow[],
  node: RelationNode,
): Promise<void> {
  const target = targetModel(field);
  const { primary } = modelFields(target);
  const keys = [...new Set(rows.map((row) => row[field.name]).filter((key) => key !== null && key !== undefined))];
  const found = new Map<unknown, MutableRow>();
  const { fields } = targetFields(target, node);
  for (const some of chunks(keys)) {
    const plan = planFor(database, target, `one ${some.length} ${namesOf(fields)}`, () =>
      writeSelect(database, {
        model: target,
        where: [{ kind: "test", field: primary, operator: "in", count: some.length }],
        fields,
        ordering: undefined,
        placeMask: undefined,
        limit: false,
        offset: false,
      }),
    );
    for (const row of await run(database, plan, some)) found.set(row[primary.name], row);
  }
  await loadRelated(database, target, [...found.values()], node.tree);
  for (const row of rows) row[field.name] = found.get(row[field.name]) ?? null;
}

interface Owners {
  readonly model: ModelClass;
  readonly field: FieldInfo;
  readonly keys: readonly unknown[];
}

async function loadMany(
  database: Database,
  owners: Owners,
  rows: readonly MutableRow[],
  node: RelationNode,
): Promise<void> {
  const { model, field } = owners;
  const target = targetModel(field);
  const ordering = defaultOrder(target);
  const { fields } = targetFields(target, node);
  const groups = new Map<unknown, MutableRow[]>();
  const loaded: MutableRow[] = [];
  for (const some of chunks([...new Set(owners.keys)])) {
    const through = { model, field, count: some.length };
    const key = `many ${model.name}.${field.name} ${some.length} ${namesOf(fields)}`;
    const plan = planFor(database, target, key, () =>
      writeSelect(database, {
        model: target,
        where: [],
        fields,
        ordering,
        placeMask: undefined,
        limit: false,
        offset: false,
        through,
      }),
    );
    for (const { [OWNER]: owner, ...row } of await run(database, plan, some)) {
      const group = groups.get(owner);
      if (group === undefined) groups.set(owner, [row]);
      else group.push(row);
      loaded.push(row);
    }
  }
  await loadRelated(database, target, loaded, node.tree);
  const single = field.relation?.kind === "1:1";
  for (const [index, row] of rows.entries()) {
    const group = groups.get(owners.keys[index]) ?? [];
    row[field.name] = single ? (group[0] ?? null) : group;
  }
}

function targetFields(target: ModelClass, { tree, names: allowed }: RelationNode): { fields: FieldInfo[] } {
  const { byName, visible, primary } = modelFields(target);
  const shown = visible.map((field) => field.name).filter((name) => allowed?.includes(name) ?? true);
  const names = new Set([primary.name, ...shown, ...fieldsForRelated(target, tree)]);
  return { fields: Array.from(names, (name) => byName.get(name) as FieldInfo) };
}

function namesOf(fields: readonly FieldInfo[]): string {
  return fields.map((field) => field.name).join(",");
}

async function run(database: Database, plan: Plan, values: readonly unknown[]): Promise<MutableRow[]> {
  const { rows } = await database.execute(plan.sql, plan.bind(values));
  plan.map?.(rows);
  return rows;
}

/** Keys in portions, each filled up to a power of two, so that a few texts of SQL serve every number of rows. */
function chunks(keys: readonly unknown[]): unknown[][] {
  return Array.from({ length: Math.ceil(keys.length / KEYS_AT_ONCE) }, (_, index) => {
    const some = keys.slice(index * KEYS_AT_ONCE, (index + 1) * KEYS_AT_ONCE);
    const count = 2 ** Math.ceil(Math.log2(some.length));
    return Array.from({ length: count }, (_, place) => some[Math.min(place, some.length - 1)]);
  });
}
