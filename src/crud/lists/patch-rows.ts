import type { RequestUser } from "../../bridge/request-types.ts";
import { modelDefinition } from "../../models/schema/model.ts";
import { type MutableRow, queryFor, shapedRow } from "../../serializers/row-reader.ts";
import { isAllowed, listContext } from "../core/run-action.ts";
import { indexOfRow, rawRows, readVar, specOf, writeVar } from "../core/state-vars.ts";
import { emptyList, type ListHooks, listQuery, loadRows, showPlace } from "./load-rows.ts";

/** A saved row: its key, and whether it is new. */
export interface SavedRow {
  readonly isNew: boolean;
  readonly key: string | number;
}

/**
 * Brings rows and totals up to date in the course of another action. Who may not load the list gets nothing of it, and loses
 * what it still shows.
 */
async function updateList(state: object, update: () => Promise<void>): Promise<void> {
  if (!specOf(state).features.has("list")) return;
  const { user } = state as { readonly user: RequestUser };
  if (await isAllowed(state, listContext(user))) await update();
  else emptyList(state);
}

/** Loads the list again, because a row that it shows does not exist any more. */
export async function showMissing(state: object): Promise<void> {
  await updateList(state, () => loadRows(state));
}

/**
 * Brings the list up to date after a row was saved: one row is read and sent. Only where its place in the order may have
 * changed, or whether the list shows it at all, is the page of the list read again; then too, rows that stay are not sent.
 */
export async function showSaved(state: object, saved: SavedRow): Promise<void> {
  await updateList(state, () => patchSaved(state, saved));
}

/** Takes a deleted row out of the list, and fills the page up. */
export async function showDeleted(state: object, key: string | number): Promise<void> {
  await updateList(state, async () => {
    const index = indexOfRow(state, key);
    if (index !== -1) await dropRow(state, index);
    // The row was on another page, or not in the list: only a count can tell.
    else if (specOf(state).features.has("paging")) await loadRows(state);
  });
}

async function patchSaved(state: object, { isNew, key }: SavedRow): Promise<void> {
  const { serializer, features, modelFields } = specOf(state);
  const index = indexOfRow(state, key);
  if (isNew) return await reload(state, key, index);
  const { query, columns } = queryFor(serializer.shape, listQuery(state));
  const [read] = (await query.filter({ [modelFields.primary.name]: key } as never).rows(columns)) as MutableRow[];
  if (read === undefined && index !== -1) return await dropRow(state, index);
  // The list has lost a row of another page, or never had it: only a count can tell.
  if (read === undefined) return features.has("paging") ? await loadRows(state) : undefined;
  if (index === -1) return await reload(state, key, index);
  const row = shapedRow(serializer.shape, read);
  if (!keepsPlace(state, rawRows(state)[index] ?? {}, row)) return await reload(state, key, index);
  readVar<object[]>(state, "list")[index] = row;
}

async function dropRow(state: object, index: number): Promise<void> {
  const { features } = specOf(state);
  readVar<object[]>(state, "list").splice(index, 1);
  if (!features.has("paging")) return;
  const total = readVar<number | null>(state, "totalCount");
  if (total !== null) writeVar(state, "totalCount", Math.max(0, total - 1));
  const hasNext = readVar<boolean>(state, "hasNextPage");
  // A page that others follow is filled up; an empty one that others precede gives way to the one before it.
  if (hasNext || (rawRows(state).length === 0 && readVar<boolean>(state, "hasPrevPage")))
    return await loadRows(state, false);
  showPlace(state, { total: total === null ? null : Math.max(0, total - 1), page: readVar(state, "page"), hasNext });
}

/** Reads the page again. The rows in all are counted only where the saved row does not tell. */
async function reload(state: object, key: string | number, index: number): Promise<void> {
  const total = specOf(state).features.has("paging") ? readVar<number | null>(state, "totalCount") : null;
  if (total === null || index === -1) {
    await loadRows(state);
    return;
  }
  await loadRows(state, false);
  if (indexOfRow(state, key) === -1) await loadRows(state);
}

/**
 * Whether a row has the values by which the list was sorted when it was loaded, whoever has changed the row since. A value
 * that rows do not show is not known, unless it never changes. Behind a relation only another choice of the relation counts.
 */
function keepsPlace(state: object, shown: Readonly<Record<string, unknown>>, row: MutableRow): boolean {
  const { serializer, model, modelFields } = specOf(state);
  const { properties } = modelDefinition(model);
  const isFixed = (name: string) => {
    const { onCreate, onUpdate } = properties[name]?.() ?? {};
    const isCreated = modelFields.byName.get(name)?.kind === "datetime" && onCreate !== undefined;
    return name === modelFields.primary.name || (isCreated && onUpdate === undefined);
  };
  return (state as unknown as ListHooks).getOrdering().every((path) => {
    const name = path.replace(/^-/, "").split(".", 1)[0] ?? "";
    const part = serializer.shape.parts.find(({ field, compute }) => field?.name === name && compute === undefined);
    return part === undefined ? isFixed(name) : JSON.stringify(shown[part.name]) === JSON.stringify(row[part.name]);
  });
}
