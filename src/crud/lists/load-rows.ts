import type { QuerySet } from "../../models/query/query-set.ts";
import type { ModelClass } from "../../models/schema/model.ts";
import { type MutableRow, queryFor, shapedRow } from "../../serializers/row-reader.ts";
import { rawRows, readVar, specOf, writeVar } from "../core/state-vars.ts";

/** The hooks of a list, as its loading calls them. */
export interface ListHooks {
  getQueryset(): QuerySet<ModelClass>;
  filterQueryset(query: QuerySet<ModelClass>): QuerySet<ModelClass>;
  applySearch(query: QuerySet<ModelClass>): QuerySet<ModelClass>;
  paginateQueryset(query: QuerySet<ModelClass>): QuerySet<ModelClass>;
  getOrdering(): readonly string[];
}

/** State that paging keeps on the server. */
interface PagingVars {
  _crudCursors: readonly string[];
  _crudNext: string | null;
}

/** The rows of a list as they are on the page that it shows: the scope, the filters, the search and the order. */
export function listQuery(state: object): QuerySet<ModelClass> {
  const hooks = state as unknown as ListHooks;
  // Each step narrows what the one before allows: a search can never lead out of the scope.
  const query = hooks.applySearch(hooks.filterQueryset(hooks.getQueryset()));
  return query.orderBy(...(hooks.getOrdering() as readonly never[]));
}

/** Loads the rows that the list shows. Without `count` the known total is kept as long as it fits the rows. */
export async function loadRows(state: object, count = true): Promise<void> {
  const { features, options, serializer } = specOf(state);
  if (!features.has("paging")) {
    writeVar(state, "list", await serializer.many(listQuery(state)));
  } else if (options.paging === "keyset") {
    await loadKeyset(state, count);
  } else if (options.count === false) {
    await loadUncounted(state);
  } else {
    await loadCounted(state, count);
  }
}

/** Begins at the first page: the rows before it have changed. */
export function firstPage(state: object): void {
  writeVar(state, "page", 1);
  if (specOf(state).features.has("paging")) (state as unknown as PagingVars)._crudCursors = [];
}

/** Takes rows and totals off the page of a user who may not list them. */
export function emptyList(state: object): void {
  const { features, options } = specOf(state);
  if (rawRows(state).length > 0) writeVar(state, "list", []);
  if (!features.has("paging")) return;
  firstPage(state);
  showPlace(state, { total: options.count === false ? null : 0, page: 1, hasNext: false });
}

async function loadCounted(state: object, count: boolean): Promise<void> {
  const query = listQuery(state);
  const size = readVar<number>(state, "pageSize");
  const total = count ? await query.count() : readVar<number>(state, "totalCount");
  const pageCount = Math.max(1, Math.ceil(total / size));
  const page = Math.min(Math.max(1, readVar<number>(state, "page")), pageCount);
  writeVar(state, "page", page);
  const rows = total === 0 ? [] : await readPage(state, query);
  // Others have added or deleted rows since the last count.
  if (!count && rows.length !== Math.min(size, total - (page - 1) * size)) return await loadCounted(state, true);
  writeVar(state, "list", rows);
  showPlace(state, { total, page, hasNext: page < pageCount });
}

/** Behind the last row the page before is shown; where that is empty too, the last one. The number may be any. */
async function loadUncounted(state: object): Promise<void> {
  const size = readVar<number>(state, "pageSize");
  const query = listQuery(state);
  let page = Math.min(Math.max(1, readVar<number>(state, "page")), Math.floor(Number.MAX_SAFE_INTEGER / size));
  const show = async (wanted: number) => {
    page = wanted;
    writeVar(state, "page", page);
    return await readPage(state, query);
  };
  let rows = await show(page);
  if (rows.length === 0 && page > 1) rows = await show(page - 1);
  if (rows.length === 0 && page > 1) rows = await show(Math.max(1, Math.ceil((await query.count()) / size)));
  writeVar(state, "list", rows.slice(0, size));
  showPlace(state, { total: null, page, hasNext: rows.length > size });
}

async function loadKeyset(state: object, count: boolean): Promise<void> {
  const { serializer, options } = specOf(state);
  const paging = state as unknown as PagingVars;
  const size = readVar<number>(state, "pageSize");
  const query = listQuery(state);
  let total = options.count === false ? null : readVar<number>(state, "totalCount");
  if (total !== null && count) total = await query.count();
  const show = async (cursors: readonly string[]) => {
    paging._crudCursors = cursors;
    const { query: narrowed, columns } = queryFor(serializer.shape, query.after(cursors.at(-1)));
    return await narrowed.page(size, columns);
  };
  let found = await show(paging._crudCursors);
  // Behind the last row the page before is shown; where that is empty too, the first one.
  if (found.rows.length === 0 && paging._crudCursors.length > 0) found = await show(paging._crudCursors.slice(0, -1));
  if (found.rows.length === 0 && paging._crudCursors.length > 0) found = await show([]);
  const { rows, next } = found;
  paging._crudNext = next;
  writeVar(
    state,
    "list",
    rows.map((row) => shapedRow(serializer.shape, row as MutableRow)),
  );
  const page = paging._crudCursors.length + 1;
  writeVar(state, "page", page);
  showPlace(state, { total, page, hasNext: next !== null });
}

async function readPage(state: object, query: QuerySet<ModelClass>): Promise<readonly object[]> {
  return await specOf(state).serializer.many((state as unknown as ListHooks).paginateQueryset(query));
}

interface Place {
  readonly total: number | null;
  readonly page: number;
  readonly hasNext: boolean;
}

/** Shows how many rows there are, and whether there are further pages. */
export function showPlace(state: object, { total, page, hasNext }: Place): void {
  const size = readVar<number>(state, "pageSize");
  writeVar(state, "totalCount", total);
  writeVar(state, "pageCount", total === null ? null : Math.max(1, Math.ceil(total / size)));
  writeVar(state, "hasNextPage", hasNext);
  writeVar(state, "hasPrevPage", page > 1);
}

/** Goes to the next or the previous page of a list that is paged by its rows. False at either end. */
export function turnKeysetPage(state: object, direction: 1 | -1): boolean {
  const paging = state as unknown as PagingVars;
  if (direction === -1) {
    if (paging._crudCursors.length === 0) return false;
    paging._crudCursors = paging._crudCursors.slice(0, -1);
    return true;
  }
  if (paging._crudNext === null) return false;
  paging._crudCursors = [...paging._crudCursors, paging._crudNext];
  return true;
}
