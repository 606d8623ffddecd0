import { atomic } from "../database/atomic.ts";
import { currentDatabase, entityManager } from "../database/context.ts";
import { modelErrors } from "../errors.ts";
import { firstModelWord, modelWord } from "../schema/labels.ts";
import { type Instance, type ModelClass, modelDefinition } from "../schema/model.ts";
import { modelFields } from "../schema/query-set-fields.ts";
import { coercePk } from "./coerce-pk.ts";
import { type ParsedCondition, parseConditions, parseWhere } from "./conditions.ts";
import { encodeCursor } from "./cursor.ts";
import { defaultOrder, parseOrder, reverseOrder } from "./ordering.ts";
import {
  emptyState,
  fieldsToRead,
  type QueryState,
  type ReadOptions,
  readyCount,
  readyQuery,
  rowCount,
  selectedFields,
  withCondition,
  withKey,
  withoutNames,
  withVersion,
} from "./query-set-state.ts";
import type {
  Conditions,
  CreateData,
  FieldName,
  KeyOf,
  OrderPath,
  Page,
  PickedRow,
  RelationPath,
  Row,
  SearchPath,
  UpdateData,
  UpdateOptions,
  WithRelated,
} from "./query-set-types.ts";
import { loadRelated, parseRelated } from "./related.ts";
import type { MutableRow } from "./row-mapper.ts";
import { parseSearch } from "./search.ts";
import { PLACE_PREFIX } from "./select-sql.ts";
import { createRows } from "./write-new-rows.ts";
import { deleteRows, type PlainKey, updateRows, type WriteScope } from "./write-rows.ts";
import { readWrite } from "./write-values.ts";

/** Keys that one statement names. */
const KEYS_AT_ONCE = 1_024;

const bases = new WeakMap<ModelClass, QuerySet<ModelClass>>();

/**
 * All rows of a model, to be narrowed, read and written. It asks the database only when rows are read, counted or written.
 *
 * Rows are plain objects, the same on every database. Rows that are waiting in the unit of work are not seen before `flush()`.
 *
 * @example
 * const notes = await objects(Note).filter({ user: 1, title: { icontains: "plan" } }).orderBy("-createdAt").limit(20).rows();
 */
export function objects<M extends ModelClass>(model: M): QuerySet<M> {
  const known = bases.get(model);
  if (known !== undefined) return known as unknown as QuerySet<M>;
  modelDefinition(model);
  const made = new QuerySet<M>(emptyState(model));
  bases.set(model, made as unknown as QuerySet<ModelClass>);
  return made;
}

/** Rows of a model that fulfil conditions, in an order. Every method gives a new one; none changes it. */
export class QuerySet<M extends ModelClass, P extends string = never> {
  readonly #state: QueryState;
  #byKey: QueryState | undefined;

  /** Use `objects(Model)`. */
  constructor(state: QueryState) {
    this.#state = state;
  }

  /** The model whose rows these are. */
  get model(): M {
    return this.#state.model as M;
  }

  #with(change: Partial<QueryState>): QuerySet<M, P> {
    return new QuerySet({ ...this.#state, ...change });
  }

  #having(parsed: ParsedCondition, negated = false): QuerySet<M, P> {
    return new QuerySet(withCondition(this.#state, parsed, negated));
  }

  /**
   * Only rows for which the conditions hold; several calls add up.
   *
   * Write the conditions yourself. A value that a browser sent goes in through `where()` or `scalar()`: in place of a value,
   * an object such as `{"$gt":0}` would be read as a comparison.
   *
   * @throws QUERY_FIELD_UNKNOWN, QUERY_OPERATOR_UNKNOWN, QUERY_VALUE_INVALID, QUERY_CONDITION_INVALID, QUERY_UNTRUSTED
   * @example
   * objects(Note).filter({ status: { in: ["draft", "published"] }, user: { username: "ada" }, $or: [{ pinned: true }, { quantity: { gt: 3 } }] });
   */
  filter(conditions: Conditions<M>): QuerySet<M, P> {
    const { model, allowed } = this.#state;
    return this.#having(parseConditions(model, conditions, allowed));
  }

  /** All rows but those for which the conditions hold; a row with an empty value stays, as it does not equal anything. */
  exclude(conditions: Conditions<M>): QuerySet<M, P> {
    const { model, allowed } = this.#state;
    return this.#having(parseConditions(model, conditions, allowed), true);
  }

  /**
   * One comparison whose name and value may come from a browser: the value is a scalar of the field's kind or refused, and
   * hidden fields count as unknown. The operator may come from there as well.
   *
   * @throws QUERY_FIELD_UNKNOWN, QUERY_OPERATOR_UNKNOWN, QUERY_VALUE_INVALID, QUERY_PK_INVALID
   * @example
   * objects(Note).where("user.username", request.query.owner).where("quantity", "gte", request.query.least);
   */
  where(path: string, value: unknown): QuerySet<M, P>;
  where(path: string, operator: string, value: unknown): QuerySet<M, P>;
  where(path: string, ...rest: readonly unknown[]): QuerySet<M, P> {
    const [operator, value] = rest.length > 1 ? rest : ["eq", rest[0]];
    const { model, allowed } = this.#state;
    return this.#having(parseWhere(model, path, operator, value, allowed));
  }

  /**
   * Rows in which every word of the text occurs in one of the fields, in any case. An empty text finds all.
   *
   * @throws QUERY_SEARCH_TOO_LONG beyond 200 characters or 10 words, QUERY_FIELD_UNKNOWN
   * @example
   * objects(Note).search(request.query.q ?? "", ["title", "user.username"]);
   */
  search(text: string, fields: readonly SearchPath<M>[]): QuerySet<M, P> {
    const { model, allowed } = this.#state;
    const parsed = parseSearch(model, text, fields, allowed);
    return parsed === undefined ? this : this.#having(parsed);
  }

  /**
   * Sorts by these fields and at last by the key, so that the order is always the same. Names may come from a browser.
   *
   * Empty values come first, and last when the order descends. Texts are sorted as the database sorts them.
   *
   * @throws QUERY_FIELD_UNKNOWN
   */
  orderBy(...paths: readonly OrderPath<M>[]): QuerySet<M, P> {
    const { model, allowed } = this.#state;
    return this.#with({ ordering: parseOrder(model, paths, allowed) });
  }

  /** The same rows, last one first. */
  reverse(): QuerySet<M, P> {
    return this.#with({ ordering: reverseOrder(this.#state.ordering ?? defaultOrder(this.#state.model)) });
  }

  /** At most so many rows. @throws QUERY_LIMIT_INVALID */
  limit(count: number): QuerySet<M, P> {
    return this.#with({ limit: rowCount("limit", count) });
  }

  /** Leaves out so many rows at the beginning; for long lists `after()` is faster. @throws QUERY_LIMIT_INVALID */
  offset(count: number): QuerySet<M, P> {
    return this.#with({ offset: rowCount("offset", count) });
  }

  /**
   * Only the rows behind a place that `page()` gave; without one, all. It may come from a browser: it holds the sorted
   * values of one row, readable, and can only move within these rows.
   *
   * @throws QUERY_CURSOR_INVALID, when rows are read
   */
  after(cursor: string | null | undefined): QuerySet<M, P> {
    return this.#with({ cursor: cursor ?? undefined });
  }

  /**
   * Loads rows of these relations into the rows, with one statement for each relation.
   *
   * @throws QUERY_FIELD_UNKNOWN
   * @example
   * const [note] = await objects(Note).related("user", "tags").rows();
   * note?.user.username; note?.tags.map((tag) => tag.name);
   */
  related<const N extends RelationPath<M>>(...paths: readonly N[]): QuerySet<M, P | N> {
    const { model, related, allowed } = this.#state;
    return new QuerySet({ ...this.#state, related: parseRelated(model, paths, related, allowed) });
  }

  /**
   * From here on only these fields may be named in conditions, searches, orders and rows, and are in rows that name none.
   * Fields behind relations are named by their paths, and `related()` loads their rows with these and the key alone. What
   * was said before stays as it is, and writes are not affected.
   *
   * @example
   * objects(Note).filter({ user: me }).allowFields(["id", "title", "tags.name"]).where(query.field, query.value);
   */
  allowFields(paths: readonly string[]): QuerySet<M, P> {
    const { allowed } = this.#state;
    return this.#with({ allowed: new Set(allowed === undefined ? paths : paths.filter((path) => allowed.has(path))) });
  }

  /** The rows; without names, with all fields that are not hidden. @throws QUERY_FIELD_UNKNOWN */
  rows(): Promise<WithRelated<Row<M>, M, P>[]>;
  rows<const F extends FieldName<M>>(fields: readonly F[]): Promise<WithRelated<PickedRow<M, F>, M, P>[]>;
  async rows(fields?: readonly unknown[]): Promise<unknown[]> {
    return this.#read(this.#state, { fields: selectedFields(this.#state, fields) });
  }

  /** The first row; undefined when there is none. */
  first(): Promise<WithRelated<Row<M>, M, P> | undefined>;
  first<const F extends FieldName<M>>(fields: readonly F[]): Promise<WithRelated<PickedRow<M, F>, M, P> | undefined>;
  async first(fields?: readonly unknown[]): Promise<unknown> {
    const [row] = await this.#read(this.#state, {
      fields: selectedFields(this.#state, fields),
      limit: Math.min(this.#state.limit ?? 1, 1),
    });
    return row;
  }

  /**
   * The row with this key among these rows. The key may come from a browser.
   *
   * @throws QUERY_NOT_FOUND (404), QUERY_PK_INVALID (400) for anything but a key
   * @example
   * const note = await objects(Note).filter({ user: me }).get(request.params.id);
   */
  get(key: KeyOf<M> | string): Promise<WithRelated<Row<M>, M, P>>;
  get<const F extends FieldName<M>>(
    key: KeyOf<M> | string,
    fields: readonly F[],
  ): Promise<WithRelated<PickedRow<M, F>, M, P>>;
  async get(key: unknown, fields?: readonly unknown[]): Promise<unknown> {
    const { model } = this.#state;
    this.#byKey ??= withKey(this.#state);
    const state = { ...this.#byKey, values: [...this.#state.values, coercePk(model, key)] };
    const [row] = await this.#read(state, { fields: selectedFields(state, fields) });
    if (row === undefined) throw modelErrors.QUERY_NOT_FOUND(modelWord(model));
    return row;
  }

  /** The values of one field. */
  async pluck<const F extends FieldName<M>>(field: F): Promise<PickedRow<M, F>[F][]> {
    const rows = await this.#read({ ...this.#state, related: {} }, { fields: selectedFields(this.#state, [field]) });
    return rows.map((row) => row[field] as PickedRow<M, F>[F]);
  }

  /**
   * So many rows, and the cursor for the rows behind them.
   *
   * @example
   * const { rows, next } = await objects(Note).orderBy("-createdAt").after(request.query.after).page(20);
   */
  page(size: number): Promise<Page<WithRelated<Row<M>, M, P>>>;
  page<const F extends FieldName<M>>(
    size: number,
    fields: readonly F[],
  ): Promise<Page<WithRelated<PickedRow<M, F>, M, P>>>;
  async page(size: number, fields?: readonly unknown[]): Promise<Page<unknown>> {
    const count = rowCount("The size of a page", size);
    const ordering = this.#state.ordering ?? defaultOrder(this.#state.model);
    const names = ordering.terms.map((_, index) => `${PLACE_PREFIX}${index}`);
    const rows = await this.#read(this.#state, {
      fields: selectedFields(this.#state, fields),
      limit: count + 1,
      withPlace: true,
    });
    const more = rows.length > count;
    if (more) rows.length = count;
    const last = rows.at(-1);
    const next =
      more && last !== undefined
        ? encodeCursor(
            ordering,
            names.map((name) => last[name]),
          )
        : null;
    withoutNames(rows, names);
    return { rows, next };
  }

  /** The number of rows. */
  async count(): Promise<number> {
    const { plan, values } = readyCount(currentDatabase(), this.#state);
    const { rows } = await currentDatabase().execute(plan.sql, plan.bind(values));
    return Number(rows[0]?.["number"]);
  }

  /** Whether there is any row. */
  async exists(): Promise<boolean> {
    if (this.#state.limit === 0) return false;
    const rows = await this.#read(
      { ...this.#state, related: {} },
      { fields: [modelFields(this.#state.model).primary], limit: 1 },
    );
    return rows.length > 0;
  }

  /** The rows as objects of the unit of work, to be changed and written with `entityManager().flush()`. */
  async entities(): Promise<Instance<M>[]> {
    const { model } = this.#state;
    const { primary } = modelFields(model);
    const keys = await this.#keys(false);
    const found = await entityManager().find(
      currentDatabase().meta(model).class as never,
      { [primary.name]: { $in: keys } } as never,
    );
    const byKey = new Map((found as Record<string, unknown>[]).map((entity) => [String(entity[primary.name]), entity]));
    return keys.map((key) => byKey.get(String(key))).filter((entity) => entity !== undefined) as Instance<M>[];
  }

  /**
   * Writes a new row and gives it back as it is stored. Conditions of the query set do not apply to it.
   *
   * @throws QUERY_FIELD_UNKNOWN, QUERY_FIELD_READ_ONLY, QUERY_VALUE_INVALID, ConstraintError
   */
  async create(data: CreateData<M>): Promise<Row<M>> {
    const [row] = await this.createMany([data]);
    return row as Row<M>;
  }

  /** Writes new rows in one transaction: all or none. @throws what `create()` throws */
  async createMany(list: readonly CreateData<M>[]): Promise<Row<M>[]> {
    const { model } = this.#state;
    const keys = await createRows(
      model,
      list.map((data) => readWrite(model, data, "create")),
    );
    const { primary } = modelFields(model);
    const byKey = new Map<unknown, MutableRow>();
    for (let start = 0; start < keys.length; start += KEYS_AT_ONCE) {
      const state = withCondition(
        emptyState(model),
        parseConditions(model, { [primary.name]: { in: keys.slice(start, start + KEYS_AT_ONCE) } }),
      );
      for (const row of await this.#read(state, { fields: selectedFields(state, undefined) }))
        byKey.set(row[primary.name], row);
    }
    return keys.map((key) => byKey.get(key)) as Row<M>[];
  }

  /**
   * Writes these fields of all rows, without loading them, and gives their number. Lists of keys set many-to-many fields.
   * Objects that the unit of work holds already do not change.
   *
   * @throws DATABASE_CONFLICT when `version` is given and a row has another one, QUERY_FIELD_READ_ONLY, QUERY_VALUE_INVALID, ConstraintError
   * @example
   * await objects(Note).filter({ id: 5 }).update({ title: "New" }, { version: 3 });
   */
  async update(data: UpdateData<M>, options: UpdateOptions = {}): Promise<number> {
    const { model } = this.#state;
    const write = readWrite(model, data, "update");
    if (options.version === undefined) return (await updateRows(this.#scope(), write)).length;
    const { version } = modelFields(model);
    if (version === undefined) throw modelErrors.QUERY_VERSION_MISSING(model.name);
    const current = new QuerySet<M>(withVersion(this.#state, version, options.version));
    return atomic(async () => {
      const expected = await this.count();
      const keys = await updateRows(current.#scope(), write);
      if (keys.length < expected) throw modelErrors.DATABASE_CONFLICT(firstModelWord(model));
      return keys.length;
    });
  }

  /** Deletes all rows, without loading them, and gives their number; what the database deletes with them is not counted. */
  async delete(): Promise<number> {
    return deleteRows(this.#scope());
  }

  #scope(): WriteScope {
    const { model, where, values, key, limit, offset, cursor } = this.#state;
    const narrowed = limit !== undefined || offset !== undefined || cursor !== undefined;
    return { model, where, values, key, narrowed, keys: () => this.#keys(true) };
  }

  async #keys(lock: boolean): Promise<PlainKey[]> {
    const { primary } = modelFields(this.#state.model);
    const rows = await this.#read({ ...this.#state, related: {} }, { fields: [primary], lock });
    return rows.map((row) => row[primary.name] as PlainKey);
  }

  async #read(state: QueryState, options: ReadOptions): Promise<MutableRow[]> {
    const database = currentDatabase();
    const { read, extra } = fieldsToRead(state, options.fields);
    const { plan, values } = readyQuery(database, state, { ...options, fields: read });
    const outcome = database.run(plan.sql, plan.bind(values));
    // On SQLite the answer is mostly there already.
    const { rows } = outcome instanceof Promise ? await outcome : outcome;
    plan.map?.(rows);
    if (Object.keys(state.related).length > 0) await loadRelated(database, state.model, rows, state.related);
    if (extra.length > 0) withoutNames(rows, extra);
    return rows;
  }
}
