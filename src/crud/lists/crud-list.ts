import { hasCode } from "../../errors.ts";
import { objects, type QuerySet } from "../../models/query/query-set.ts";
import type { KeyOf, OrderPath } from "../../models/query/query-set-types.ts";
import type { ModelClass } from "../../models/schema/model.ts";
import { markBase } from "../../state/class-info.ts";
import { plain } from "../../state/tracking/plain.ts";
import { CrudBase } from "../core/crud-base.ts";
import { keyFrom } from "../core/row-key.ts";
import { assertAllowed, listContext } from "../core/run-action.ts";
import { assertFeature, indexOfRow, readVar, specOf, writeVar } from "../core/state-vars.ts";
import { LIST_EVENTS } from "../definition/event-tables.ts";
import { configuredOrdering } from "../definition/ordering.ts";
import { crudErrors } from "../errors.ts";
import type { CrudContext } from "../types/context.ts";
import { assertFilters, declaredFilters, type Filters, withFilters } from "./filters.ts";
import { emptyList, firstPage, loadRows, turnKeysetPage } from "./load-rows.ts";

/** Most rows of a page, unless `maxPageSize` says otherwise. */
const MOST_ROWS = 100;

/** Types of arguments that depend on the options of a data state. */
export interface CrudArguments {
  readonly filters: object;
  readonly ordering: string;
  readonly relation: string;
}

/** The list of a data state: its scope, filters, search, order and pages. */
export abstract class CrudList<
  M extends ModelClass = ModelClass,
  R extends object = object,
  A extends CrudArguments = CrudArguments,
> extends CrudBase<M> {
  static {
    markBase(CrudList);
  }
  static override events: object = LIST_EVENTS;

  /**
   * Returns the rows that the user of this state may have. List, form, update, delete, search, counts and `exists` all begin
   * with it: what is not in it does not exist for the page.
   *
   * @example
   * protected override getQueryset() { return super.getQueryset().filter({ team: this.team }); }
   */
  protected getQueryset(): QuerySet<M> {
    return objects(specOf(this).model as M);
  }

  /** Narrows the list, and the list alone, by the filters of the page. */
  protected filterQueryset(query: QuerySet<M>): QuerySet<M> {
    const filters = specOf(this).features.has("filter") ? plain(readVar<Filters>(this, "filters")) : {};
    return withFilters(query as unknown as QuerySet<ModelClass>, filters) as unknown as QuerySet<M>;
  }

  /** Narrows the list by the search text: each word occurs in one of `searchFields`. */
  protected applySearch(query: QuerySet<M>): QuerySet<M> {
    const { features, options } = specOf(this);
    if (!features.has("search")) return query;
    return query.search(readVar<string>(this, "search"), options.searchFields as readonly never[]);
  }

  /** Returns the order of the list: what the page has chosen, else what is configured. */
  protected getOrdering(): readonly OrderPath<M>[] {
    const spec = specOf(this);
    const configured = configuredOrdering(spec) as readonly OrderPath<M>[];
    const chosen = spec.features.has("ordering") ? readVar<string>(this, "ordering") : "";
    return chosen === "" || chosen === configured[0] ? configured : [chosen as OrderPath<M>];
  }

  /** Narrows the list to the rows of a page, with offset paging. */
  protected paginateQueryset(query: QuerySet<M>): QuerySet<M> {
    const { options } = specOf(this);
    const size = readVar<number>(this, "pageSize");
    // One more row tells whether there is a next page.
    return query.limit(options.count === false ? size + 1 : size).offset((readVar<number>(this, "page") - 1) * size);
  }

  /**
   * Runs when the page goes to another page of the list, before its rows are loaded. Where there is no such page, it runs
   * again with the number of the page that is shown instead.
   */
  protected onPageChange(_page: number): unknown {
    return undefined;
  }

  /** Returns a row of the list by its key, without a query; undefined when the list does not show it. */
  protected getRow(id: KeyOf<M>): R | undefined {
    return readVar<R[]>(this, "list")[indexOfRow(this, id)];
  }

  protected override async perform(context: CrudContext): Promise<unknown> {
    if (context.action !== "loadList") return await super.perform(context);
    assertFeature(this, "list");
    writeVar(this, "error", "");
    await loadRows(this);
    return undefined;
  }

  protected override handleException(context: CrudContext, error: unknown): unknown {
    // Rows that the user may not see any more do not stay on the page.
    if (context.action === "loadList" && isForbidden(error)) emptyList(this);
    return super.handleException(context, error);
  }

  /** Loads the list. */
  async refresh(): Promise<unknown> {
    return await this.dispatch("loadList");
  }

  /**
   * Tells whether the row of the route's parameter is among the rows that the user may have: for the page option `exists`.
   *
   * @example
   * app.addPage(NotePage, { route: "/notes/[id]", exists: on(NotesState, "exists") });
   */
  async exists(): Promise<boolean> {
    const { options, model, modelFields } = specOf(this);
    await assertAllowed(this, listContext(this.user));
    const id = this.router.params[options.idParam ?? "id"];
    const key = keyFrom(model, id);
    if (key === undefined) return false;
    return await this.getQueryset()
      .filter({ [modelFields.primary.name]: key } as never)
      .exists();
  }

  /** Searches the list for a text, from the first page on. */
  async setSearch(text: string): Promise<unknown> {
    assertFeature(this, "search");
    writeVar(this, "search", text);
    firstPage(this);
    return await this.dispatch("loadList");
  }

  /** Shows the list without a search. */
  async clearSearch(): Promise<unknown> {
    return await this.setSearch("");
  }

  /** Sorts the list by a declared field, from the first page on; `""` is the configured order. */
  async setOrdering(ordering: A["ordering"] | ""): Promise<unknown> {
    const spec = specOf(this);
    assertFeature(this, "ordering");
    const wanted = ordering.trim();
    const known = spec.options.orderingFields as readonly string[];
    if (wanted !== "" && !known.includes(wanted.replace(/^-/, ""))) {
      return await this.handleException(listContext(this.user), crudErrors.CRUD_SORT_UNKNOWN());
    }
    writeVar(this, "ordering", wanted === "" ? (configuredOrdering(spec)[0] ?? "") : wanted);
    firstPage(this);
    return await this.dispatch("loadList");
  }

  /** Filters the list by declared fields, in place of the filters before, from the first page on. */
  async filter(values: A["filters"]): Promise<unknown> {
    assertFeature(this, "filter");
    const before = plain(readVar<Filters>(this, "filters"));
    try {
      const filters = declaredFilters(values, specOf(this).options.filterFields ?? []);
      assertFilters(this, filters);
      writeVar(this, "filters", filters);
    } catch (error) {
      // A filter that fails is not kept: the list would fail at each load.
      writeVar(this, "filters", before);
      return await this.handleException(listContext(this.user), error);
    }
    firstPage(this);
    return await this.dispatch("loadList");
  }

  /** Shows the list without filters. */
  async clearFilter(): Promise<unknown> {
    return await this.filter({} as A["filters"]);
  }

  async #showPage(page: number | undefined): Promise<unknown> {
    if (page === undefined) return undefined;
    await this.onPageChange(page);
    return await this.dispatch("loadList");
  }

  /** Shows the next page, if there is one. */
  async nextPage(): Promise<unknown> {
    return await this.#showPage(turnedPage(this, 1));
  }

  /** Shows the previous page, if there is one. */
  async prevPage(): Promise<unknown> {
    return await this.#showPage(turnedPage(this, -1));
  }

  /** Shows a page by its number; a number beyond either end shows the nearest page. */
  async goToPage(page: number): Promise<unknown> {
    return await this.paginate({ page });
  }

  /** Shows so many rows on a page, from the first page on. */
  async setPageSize(size: number): Promise<unknown> {
    assertFeature(this, "paging");
    writeVar(this, "pageSize", sizeWithin(this, size));
    firstPage(this);
    await this.onPageChange(1);
    return await this.dispatch("loadList");
  }

  /** Shows a page, with so many rows, or both. */
  async paginate({ page, pageSize }: { readonly page?: number; readonly pageSize?: number }): Promise<unknown> {
    assertFeature(this, "paging");
    if (pageSize !== undefined) writeVar(this, "pageSize", sizeWithin(this, pageSize));
    if (page !== undefined) {
      // How many pages there are, only the count tells that the load begins with: the known total may be old.
      const wanted = Math.max(1, Math.trunc(page));
      writeVar(this, "page", wanted);
      await this.onPageChange(wanted);
      const answer = await this.dispatch("loadList");
      const shown = readVar<number>(this, "page");
      if (shown !== wanted) await this.onPageChange(shown);
      return answer;
    }
    return await this.dispatch("loadList");
  }
}

function isForbidden(error: unknown): boolean {
  return hasCode(error, "AUTH_FORBIDDEN");
}

function sizeWithin(state: object, size: number): number {
  const { maxPageSize = MOST_ROWS, paginateBy = 1 } = specOf(state).options;
  return Math.min(Math.max(1, Math.trunc(size)), Math.max(maxPageSize, paginateBy));
}

/** Goes one page forwards or backwards. Returns its number; undefined at either end. */
function turnedPage(state: object, direction: 1 | -1): number | undefined {
  assertFeature(state, "paging");
  if (!readVar<boolean>(state, direction === 1 ? "hasNextPage" : "hasPrevPage")) return undefined;
  if (specOf(state).options.paging === "keyset" && !turnKeysetPage(state, direction)) return undefined;
  const page = readVar<number>(state, "page") + direction;
  writeVar(state, "page", page);
  return page;
}
