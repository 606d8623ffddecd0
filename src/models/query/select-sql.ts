import type { Database } from "../database/database.ts";
import type { FieldInfo } from "../schema/field-info.ts";
import type { ModelClass } from "../schema/model.ts";
import { modelFields, targetModel } from "../schema/query-set-fields.ts";
import type { Condition } from "./conditions.ts";
import { backField, pivotOf, writeCondition } from "./conditions-sql.ts";
import type { Ordering, OrderTerm } from "./ordering.ts";
import { compileRowMapper, type RowMapper } from "./row-mapper.ts";
import { type Bind, SqlWriter } from "./select-sql-writer.ts";

/** A statement ready to run: text, what binds its values, what reads its rows. */
export interface Plan {
  readonly sql: string;
  readonly bind: Bind;
  /** Undefined where the driver's rows are plain already. */
  readonly map: RowMapper | undefined;
}

/** What a query asks for; values come in this order: conditions, owners, place, limit, offset. */
export interface SelectShape {
  readonly model: ModelClass;
  readonly where: readonly Condition[];
  readonly fields: readonly FieldInfo[];
  readonly ordering: Ordering | undefined;
  /** For each term of the order whether the place's value is there ("1") or empty ("0"). */
  readonly placeMask: string | undefined;
  readonly limit: boolean;
  readonly offset: boolean;
  /** Adds the order's values under `PLACE_PREFIX` and their index, so that a cursor can be made of a row. */
  readonly withPlace?: boolean;
  /** Keeps others from changing the rows until the transaction ends, where the database locks rows at all. */
  readonly lock?: boolean;
  /** Reads the rows that belong to others by a many-to-many relation, with the other's key as `OWNER`. */
  readonly through?: { readonly model: ModelClass; readonly field: FieldInfo; readonly count: number };
}

/** No property is called so: names of columns that `rows()` takes away again. */
export const PLACE_PREFIX = "~";
/** Name under which a joined row carries the key of the row that it belongs to; no property can be called so. */
export const OWNER = "~owner";

const MOST_PLANS = 500;
const plans = new WeakMap<Database, Map<ModelClass, Map<string, Plan>>>();

/** A plan by its key, made when it is asked for the first time; the text of SQL depends on nothing but the key. */
export function planFor(database: Database, model: ModelClass, key: string, make: () => Plan): Plan {
  const found = plans.get(database)?.get(model)?.get(key);
  if (found !== undefined) return found;
  const made = make();
  const byModel = plans.get(database) ?? new Map<ModelClass, Map<string, Plan>>();
  plans.set(database, byModel);
  const byKey = byModel.get(model) ?? new Map<string, Plan>();
  byModel.set(model, byKey);
  if (byKey.size >= MOST_PLANS) byKey.delete(byKey.keys().next().value as string);
  byKey.set(key, made);
  return made;
}

/** Writes a select. */
export function writeSelect(database: Database, shape: SelectShape): Plan {
  const { model, fields, ordering } = shape;
  const writer = new SqlWriter(database);
  const main = writer.alias();
  const terms = ordering?.terms ?? [];
  const joins = new Joins(writer, model, main);
  const sortColumns = terms.map((term) => joins.column(term));
  const columns = fields.map(
    (field) => `${writer.readable(writer.column(main, model, field), field)} as ${writer.name(field.name)}`,
  );
  const placeFields: FieldInfo[] = [];
  if (shape.withPlace === true) {
    for (const [index, term] of terms.entries()) {
      columns.push(
        `${writer.readable(sortColumns[index] as string, term.field)} as ${writer.name(`${PLACE_PREFIX}${index}`)}`,
      );
      placeFields.push({ ...term.field, name: `${PLACE_PREFIX}${index}` });
    }
  }
  const { from, owner } = writeFrom(writer, shape, main);
  if (owner !== undefined) {
    columns.push(`${writer.readable(owner.column, owner.field)} as ${writer.name(OWNER)}`);
    placeFields.push({ ...owner.field, name: OWNER });
  }
  const where = shape.where.map((condition) => writeCondition(writer, model, main, condition));
  if (owner !== undefined) where.push(owner.condition());
  if (shape.placeMask !== undefined) where.push(writePlace(writer, terms, sortColumns, shape.placeMask));
  const sql = [
    `select ${columns.join(", ")} from ${from}`,
    ...joins.written,
    ...(where.length === 0 ? [] : [`where ${where.join(" and ")}`]),
    ...(terms.length === 0
      ? []
      : [`order by ${terms.map((term, index) => writeSort(writer, term, sortColumns[index] as string)).join(", ")}`]),
    ...writeLimit(writer, shape),
    ...(shape.lock === true
      ? { sqlite: [], postgres: [`for update of ${main}`], mysql: ["for update"] }[writer.dialect]
      : []),
  ].join(" ");
  return { sql, bind: writer.binder(), map: compileRowMapper([...fields, ...placeFields], database.dialect) };
}

/** Writes a count; limited by a place in the list where a limit or offset says so. */
export function writeCount(database: Database, shape: SelectShape): Plan {
  const writer = new SqlWriter(database);
  const main = writer.alias();
  const where = shape.where.map((condition) => writeCondition(writer, shape.model, main, condition));
  const joins = new Joins(writer, shape.model, main);
  if (shape.placeMask !== undefined) {
    const terms = shape.ordering?.terms ?? [];
    where.push(
      writePlace(
        writer,
        terms,
        terms.map((term) => joins.column(term)),
        shape.placeMask,
      ),
    );
  }
  const from = [`from ${writer.table(shape.model)} ${main}`, ...joins.written].join(" ");
  const condition = where.length === 0 ? "" : ` where ${where.join(" and ")}`;
  const number = writer.name("number");
  const limits = writeLimit(writer, shape).join(" ");
  const sql =
    limits === ""
      ? `select count(*) as ${number} ${from}${condition}`
      : `select count(*) as ${number} from (select 1 as ${writer.name("one")} ${from}${condition} ${limits}) counted`;
  return { sql, bind: writer.binder(), map: undefined };
}

interface OwnerColumn {
  readonly column: string;
  readonly field: FieldInfo;
  readonly condition: () => string;
}

function writeFrom(
  writer: SqlWriter,
  shape: SelectShape,
  main: string,
): { from: string; owner: OwnerColumn | undefined } {
  const table = `${writer.table(shape.model)} ${main}`;
  if (shape.through === undefined) return { from: table, owner: undefined };
  const { model, field, count } = shape.through;
  const { primary } = modelFields(model);
  const list = (column: string) => () =>
    `${column} in (${Array.from({ length: count }, () => writer.take(primary)()).join(", ")})`;
  if (field.kind !== "manyToMany") {
    const column = writer.column(main, shape.model, backField(writer, model, field));
    return { from: table, owner: { column, field: primary, condition: list(column) } };
  }
  const pivot = pivotOf(writer, model, field);
  const between = writer.alias();
  const column = `${between}.${pivot.own}`;
  const from = `${pivot.table} ${between} join ${table} on ${writer.primary(main, shape.model)} = ${between}.${pivot.target}`;
  return { from, owner: { column, field: primary, condition: list(column) } };
}

function writeLimit(writer: SqlWriter, { limit, offset }: SelectShape): string[] {
  if (!limit && !offset) return [];
  // SQLite and MySQL know no offset without a limit.
  const unlimited = { sqlite: ["limit -1"], mysql: ["limit 18446744073709551615"], postgres: [] }[writer.dialect];
  const parts = limit ? [`limit ${writer.take()()}`] : unlimited;
  return offset ? [...parts, `offset ${writer.take()()}`] : parts;
}

function writeSort(writer: SqlWriter, term: OrderTerm, column: string): string {
  const direction = term.descending ? "desc" : "asc";
  // PostgreSQL alone takes empty values for the largest.
  const nulls = writer.dialect === "postgres" && term.nullable ? ` nulls ${term.descending ? "last" : "first"}` : "";
  return `${column} ${direction}${nulls}`;
}

/** "Comes after this place": later in the first field, or the same there and later in the second, and so on. */
function writePlace(writer: SqlWriter, terms: readonly OrderTerm[], columns: readonly string[], mask: string): string {
  // Every term takes its value, used or not, so that values stay where the caller put them.
  const values = terms.map((term) => writer.take(term.field));
  const isEmpty = (index: number) => mask[index] === "0";
  const ways: string[] = [];
  for (const [index, term] of terms.entries()) {
    const column = columns[index] as string;
    const later = writeLater(term, column, isEmpty(index), values[index] as () => string);
    if (later === undefined) continue;
    const same = terms.slice(0, index).map((_, before) => {
      const other = columns[before] as string;
      return isEmpty(before) ? `${other} is null` : `${other} = ${(values[before] as () => string)()}`;
    });
    ways.push(`(${[...same, later()].join(" and ")})`);
  }
  return ways.length === 0 ? "1 = 0" : `(${ways.join(" or ")})`;
}

/** Empty values come first ascending, last descending. */
function writeLater(term: OrderTerm, column: string, empty: boolean, value: () => string): (() => string) | undefined {
  if (empty) return term.descending ? undefined : () => `${column} is not null`;
  if (!term.descending) return () => `${column} > ${value()}`;
  return term.nullable ? () => `(${column} < ${value()} or ${column} is null)` : () => `${column} < ${value()}`;
}

/** The tables of related rows that an order looks into, each joined once. */
class Joins {
  readonly written: string[] = [];
  readonly #aliases = new Map<string, string>();
  readonly #writer: SqlWriter;
  readonly #model: ModelClass;
  readonly #main: string;

  constructor(writer: SqlWriter, model: ModelClass, main: string) {
    this.#writer = writer;
    this.#model = model;
    this.#main = main;
  }

  column({ hops }: OrderTerm): string {
    let model = this.#model;
    let alias = this.#main;
    let path = "";
    for (const hop of hops.slice(0, -1)) {
      path += `${hop.name}.`;
      const target = targetModel(hop);
      const known = this.#aliases.get(path);
      const joined = known ?? this.#writer.alias();
      if (known === undefined) {
        const on = `${this.#writer.primary(joined, target)} = ${this.#writer.column(alias, model, hop)}`;
        this.written.push(`left join ${this.#writer.table(target)} ${joined} on ${on}`);
        this.#aliases.set(path, joined);
      }
      model = target;
      alias = joined;
    }
    const field = hops.at(-1) as FieldInfo;
    return this.#writer.comparable(this.#writer.column(alias, model, field), field);
  }
}
