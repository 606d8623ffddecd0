import { modelErrors } from "../models/errors.ts";
import { objects, QuerySet } from "../models/query/query-set.ts";
import type { PlainUpdateData, Row } from "../models/query/query-set-types.ts";
import { modelWord } from "../models/schema/labels.ts";
import type { Instance, ModelClass } from "../models/schema/model.ts";
import { isModelClass, modelDefinition } from "../models/schema/model.ts";
import { describe } from "../models/schema/query-set-fields.ts";
import { rowValues } from "../models/validation/row-values.ts";
import { type CleanedData, cleanData } from "../models/validation/validate.ts";
import { serializerErrors } from "./errors.ts";
import { type MutableRow, queryFor, type RowShape, shapedRow } from "./row-reader.ts";

/** A row that a serializer takes: an object of the unit of work, or a plain row. */
export type RowInput<M> = Instance<M> | Partial<Row<M>>;

/** Rows that a serializer takes: a query set, which it reads, or rows. */
export type RowsInput<M extends ModelClass> = QuerySet<M, never> | QuerySet<M, string> | readonly RowInput<M>[];

/** How `parse()` reads its data. */
export interface ParseOptions {
  /** The saved row that the data changes. What the data does not name stays as it is, also a boolean or a list of members. */
  readonly instance?: object;
  /** Checks only the fields that the data names, also without an instance: none is missing. */
  readonly partial?: boolean;
}

/** A set of fields of a model, as rows for a page and as the data of a form. `ModelSerializer()` makes it. */
export class Serializer<M extends ModelClass, R extends object = object, W extends string = string> {
  /** Exists in types alone. */
  declare readonly "~row": R;
  readonly model: M;
  /** The names of a row, in their order. */
  readonly fields: readonly string[];
  /** The fields that `parse()` accepts, in the order in which they were declared. */
  readonly writableFields: readonly W[];
  /** The fields that rows show and `parse()` does not accept. */
  readonly readOnlyFields: readonly string[];
  /** The names that the option `readOnlyFields` gives. */
  readonly declaredReadOnly: readonly string[];
  readonly shape: RowShape;

  /** Use `ModelSerializer()`. */
  constructor(
    model: M,
    shape: RowShape,
    names: { readonly writable: readonly W[]; readonly readOnly: readonly string[] },
  ) {
    const { writable, readOnly } = names;
    this.model = model;
    this.shape = shape;
    this.declaredReadOnly = readOnly;
    this.fields = shape.parts.map(({ name }) => name);
    this.writableFields = writable;
    this.readOnlyFields = this.fields.filter((name) => !(writable as readonly string[]).includes(name));
  }

  /**
   * Returns one row as plain data. What the given row does not hold is read from the database.
   *
   * @throws SERIALIZER_ROW_INVALID for a row of another model, QUERY_NOT_FOUND when the row was deleted
   * @example
   * const row = await NoteSerializer.one(await objects(Note).get(id));
   */
  async one(row: RowInput<M>): Promise<R> {
    const [found] = await this.many([row]);
    if (found === undefined) throw modelErrors.QUERY_NOT_FOUND(modelWord(this.model));
    return found;
  }

  /**
   * Returns rows as plain data. Of a query set only the fields of the serializer are selected; each relation that is shown
   * as rows or as a list of keys takes one statement, however many rows there are.
   *
   * Rows that are given lack nothing afterwards: what they do not hold is read by their keys. Deleted ones are left out.
   *
   * @throws SERIALIZER_ROW_INVALID for rows of another model
   * @example
   * this.notes = await NoteSerializer.many(objects(Note).filter({ user: this.user }).orderBy("-createdAt"));
   */
  async many(source: RowsInput<M>): Promise<R[]> {
    if (source instanceof QuerySet) return await this.#read(source as unknown as QuerySet<ModelClass>);
    if (!Array.isArray(source)) throw this.#refused(describe(source));
    return await this.#complete(source as readonly unknown[]);
  }

  /**
   * Checks data of a form against the model, and returns clean values of the writable fields and the errors of each field.
   * Fields that are read-only or not in the serializer are passed over, whatever was sent for them.
   *
   * @throws DATABASE_NOT_OPEN
   * @example
   * const { values, errors } = await NoteSerializer.parse(form);
   * if (Object.keys(errors).length === 0) await objects(Note).create({ ...values, user: requireUser().id });
   */
  async parse(
    data: unknown,
    options: ParseOptions = {},
  ): Promise<CleanedData<Pick<PlainUpdateData<M>, W & keyof PlainUpdateData<M>>>> {
    const cleaned = await cleanData(this.model as ModelClass, data, {
      ...options,
      partial: options.partial === true || options.instance !== undefined,
      form: true,
      fields: this.writableFields as readonly never[],
    });
    return cleaned as unknown as CleanedData<Pick<PlainUpdateData<M>, W & keyof PlainUpdateData<M>>>;
  }

  async #read(query: QuerySet<ModelClass>): Promise<R[]> {
    if (query.model !== this.model) throw this.#refused(`a query set of ${nameOf(query.model)}`);
    const { query: narrowed, columns } = queryFor(this.shape, query);
    const rows = (await narrowed.rows(columns)) as MutableRow[];
    return rows.map((row) => shapedRow(this.shape, row) as R);
  }

  /** Reads by their keys what rows lack, in one query. */
  async #complete(rows: readonly unknown[]): Promise<R[]> {
    const { fields, columns, relations } = this.shape;
    const key = fields.primary.name;
    const known = rows.map((row) => this.#valuesOf(row));
    const lacking = known.filter(
      (values) => relations.length > 0 || !columns.every((name) => Object.hasOwn(values, name)),
    );
    const read = new Map<unknown, R>();
    if (lacking.length > 0) {
      const keys = lacking.map((values) => values[key]);
      if (keys.some((one) => one === undefined || one === null)) throw this.#refused(`a row without ${key}`);
      const query = objects(this.model as ModelClass).filter({ [key]: { in: keys } } as never);
      for (const row of await this.#read(query)) read.set((row as MutableRow)[key], row);
    }
    return known.flatMap((values) => {
      if (!lacking.includes(values)) return [shapedRow(this.shape, values) as R];
      const found = read.get(values[key]);
      return found === undefined ? [] : [found];
    });
  }

  #valuesOf(row: unknown): MutableRow {
    if (typeof row !== "object" || row === null) throw this.#refused(describe(row));
    if (isModelClass(row.constructor) && !(row instanceof this.model))
      throw this.#refused(`a ${nameOf(row.constructor)}`);
    return rowValues(this.model, row);
  }

  #refused(got: string): Error {
    return serializerErrors.SERIALIZER_ROW_INVALID(nameOf(this.model), got);
  }
}

function nameOf(model: ModelClass): string {
  return modelDefinition(model).name;
}
