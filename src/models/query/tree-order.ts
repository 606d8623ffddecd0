import type { Database } from "../database/database.ts";
import type { FieldInfo } from "../schema/field-info.ts";
import type { ModelClass } from "../schema/model.ts";
import { modelFields } from "../schema/query-set-fields.ts";
import { planFor, writeSelect } from "./select-sql.ts";

type Key = string | number;

/** Keys that one statement names. */
const KEYS_AT_ONCE = 1_000;

/**
 * Returns the fields by which rows of a model refer to other rows of it that may not be deleted before them. SQLite and
 * MySQL check that row by row, also when one statement deletes both.
 */
export function strictParents(database: Database, model: ModelClass): readonly FieldInfo[] {
  const meta = database.meta(model);
  const strict = meta.relations.filter(
    ({ kind, owner, targetMeta, deleteRule }) =>
      targetMeta?.className === meta.className &&
      (kind === "m:1" || (kind === "1:1" && owner)) &&
      !/^(?:cascade|set null|set default)$/.test(deleteRule ?? ""),
  );
  return strict.flatMap(({ name }) => modelFields(model).byName.get(name) ?? []);
}

/** Rows of a tree in the order in which they can be deleted. */
export interface TreeOrder {
  /** What refers to a row is in an earlier group. */
  readonly groups: readonly Key[][];
  /** Rows that refer to themselves or to each other, and what these refer to: no order helps. */
  readonly knot: Key[];
}

/** Puts the keys of rows into the order in which they can be deleted. */
export async function leavesFirst(
  database: Database,
  model: ModelClass,
  parents: readonly FieldInfo[],
  keys: readonly Key[],
): Promise<TreeOrder> {
  const left = await readParents(database, model, parents, keys);
  const children = new Map<string, number>();
  for (const { above } of left.values())
    for (const parent of above) children.set(parent, (children.get(parent) ?? 0) + 1);
  const groups: Key[][] = [];
  let leaves = [...left].filter(([id]) => !children.has(id));
  while (leaves.length > 0) {
    groups.push(leaves.map(([, { key }]) => key));
    const freed: string[] = [];
    for (const [id, { above }] of leaves) {
      left.delete(id);
      for (const parent of above) {
        const count = (children.get(parent) ?? 0) - 1;
        children.set(parent, count);
        if (count === 0) freed.push(parent);
      }
    }
    leaves = freed.flatMap((id) => {
      const row = left.get(id);
      return row ? [[id, row] as [string, typeof row]] : [];
    });
  }
  return { groups, knot: Array.from(left.values(), ({ key }) => key) };
}

interface TreeRow {
  readonly key: Key;
  /** Ids of the rows that this one refers to. */
  readonly above: readonly string[];
}

async function readParents(
  database: Database,
  model: ModelClass,
  parents: readonly FieldInfo[],
  keys: readonly Key[],
): Promise<Map<string, TreeRow>> {
  const { primary } = modelFields(model);
  const found = new Map<string, TreeRow>();
  for (let start = 0; start < keys.length; start += KEYS_AT_ONCE) {
    const some = keys.slice(start, start + KEYS_AT_ONCE);
    const plan = planFor(database, model, `tree ${some.length}`, () =>
      writeSelect(database, {
        model,
        where: [{ kind: "test", field: primary, operator: "in", count: some.length }],
        fields: [primary, ...parents],
        ordering: undefined,
        placeMask: undefined,
        limit: false,
        offset: false,
      }),
    );
    const { rows } = await database.execute(plan.sql, plan.bind(some));
    plan.map?.(rows);
    for (const row of rows) {
      const key = row[primary.name] as Key;
      const above = parents.map(({ name }) => row[name]).filter((parent) => parent !== null);
      found.set(String(key), { key, above: above.map(String) });
    }
  }
  return found;
}
