import { type MutableRow, queryFor, shapedRow } from "../../serializers/row-reader.ts";
import { indexOfRow, rawRows, readVar, specOf, writeVar } from "../core/state-vars.ts";
import { type ListHooks, listQuery, loadRows, showPlace } from "./load-rows.ts";

/** A saved row: as it was before, if it is not new, and its key. */
export interface SavedRow {
  readonly before: Readonly<Record<string, unknown>> | undefined;
  readonly key: string | number;
}

/**
 * Brings the list up to date after a row was saved: one row is read and sent. Only where its place in the order may have
 * changed, or whether the list shows it at all, is the page of the list read again; then too, rows that stay are not sent.
 */
export async function showSaved(state: object, { before, key }: SavedRow): Promise<void> {
  const spec = specOf(state);
  if (!spec.features.has("list")) return;
  const index = indexOfRow(state, key);
  const ordering = orderColumns(state);
  if (before === undefined) return await reload(state, key, index);
  const { query, columns } = queryFor(spec.serializer.shape, listQuery(state), ordering);
  const [now] = (await query.filter({ [spec.modelFields.primary.name]: key } as never).rows(columns)) as MutableRow[];
  if (now === undefined) return index === -1 ? undefined : await dropRow(state, index);
  if (index === -1 || ordering.some((name) => now[name] !== before[name])) return await reload(state, key, index);
  readVar<object[]>(state, "list")[index] = shapedRow(spec.serializer.shape, now);
}

/** Takes a deleted row out of the list, and fills the page up. */
export async function showDeleted(state: object, key: string | number): Promise<void> {
  if (!specOf(state).features.has("list")) return;
  const index = indexOfRow(state, key);
  if (index !== -1) await dropRow(state, index);
  // The row was on another page, or not in the list: only a count can tell.
  else if (specOf(state).features.has("paging")) await loadRows(state);
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

/** The columns that decide about the place of a row. Behind a relation only another choice of the relation changes it. */
function orderColumns(state: object): string[] {
  return (state as unknown as ListHooks).getOrdering().map((path) => path.replace(/^-/, "").split(".", 1)[0] ?? "");
}
