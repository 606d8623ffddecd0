import type { EntityProperty } from "@mikro-orm/core";
import type { Database, Dialect } from "../database/database.ts";
import { modelErrors } from "../errors.ts";
import type { FieldInfo } from "../schema/field-info.ts";
import { fieldKinds } from "../schema/field-kinds.ts";
import type { ModelClass } from "../schema/model.ts";
import { modelFields, valueField } from "../schema/query-set-fields.ts";

/** Turns the values of a query into what the driver binds, in the order of the placeholders. */
export type Bind = (values: readonly unknown[]) => readonly unknown[];

type Convert = (value: unknown) => unknown;

interface Binding {
  readonly index: number;
  readonly convert: Convert | undefined;
}

/** Writes one statement: names are quoted from metadata, values become placeholders and are never part of the text. */
export class SqlWriter {
  readonly database: Database;
  readonly dialect: Dialect;
  readonly #bindings: Binding[] = [];
  #next = 0;
  #aliases = 0;

  constructor(database: Database) {
    this.database = database;
    this.dialect = database.dialect;
  }

  /** A new name for a table inside the statement. */
  alias(): string {
    return `t${this.#aliases++}`;
  }

  table(model: ModelClass): string {
    const { schema, tableName } = this.database.meta(model);
    const table = this.database.quote(tableName);
    return schema === undefined || schema === "*" ? table : `${this.database.quote(schema)}.${table}`;
  }

  /** A field's column; `alias` is empty where a statement knows one table only. */
  column(alias: string, model: ModelClass, field: FieldInfo): string {
    const [column] = this.property(model, field).fieldNames;
    return alias === "" ? this.name(column as string) : `${alias}.${this.name(column as string)}`;
  }

  primary(alias: string, model: ModelClass): string {
    return this.column(alias, model, modelFields(model).primary);
  }

  /** A column as it is selected. */
  readable(column: string, field: FieldInfo): string {
    // SQLite's keys of 64 bits are plain integers to its driver, which would round them.
    return this.dialect === "sqlite" && valueField(field).kind === "bigInteger" ? `cast(${column} as text)` : column;
  }

  /** A column as it is ordered by and compared with: MySQL would order an enum by the place of its items. */
  comparable(column: string, field: FieldInfo): string {
    return this.dialect === "mysql" && field.enumItems?.some((item) => typeof item === "string")
      ? `concat(${column})`
      : column;
  }

  name(identifier: string): string {
    return this.database.quote(identifier);
  }

  property(model: ModelClass, field: FieldInfo): EntityProperty {
    const meta = this.database.meta(model);
    const property = (meta.properties as Record<string, EntityProperty>)[field.name];
    if (property === undefined)
      throw modelErrors.QUERY_MODEL_UNSUPPORTED(meta.className, `the ORM knows no ${field.name}`);
    return property;
  }

  /** Takes the next value; the answer binds it at one more place each time it is called. */
  take(field?: FieldInfo, convert: Convert | undefined = field && driverValue(field, this.dialect)): () => string {
    const index = this.#next++;
    // MySQL would compare a decimal with text as floating-point numbers.
    const compared = field && valueField(field);
    const exact = this.dialect === "mysql" && compared?.kind === "decimal";
    // It has 65 digits in all: what the column does not need behind the point is left for those before it.
    const places = Math.min(30, 65 - (compared?.precision ?? 0) + (compared?.scale ?? 0));
    return () => {
      this.#bindings.push({ index, convert });
      const placeholder = this.database.placeholder(this.#bindings.length - 1);
      return exact ? `cast(${placeholder} as decimal(65,${places}))` : placeholder;
    };
  }

  /** What binds the values, once the statement is written. */
  binder(): Bind {
    const bindings = this.#bindings;
    const direct =
      bindings.length === this.#next && bindings.every(({ index, convert }, place) => index === place && !convert);
    if (direct) return (values) => values;
    return (values) =>
      bindings.map(({ index, convert }) => (convert === undefined ? values[index] : convert(values[index])));
  }
}

/** What a plain value needs before the driver takes it; undefined where it is taken as it is. */
function driverValue(field: FieldInfo, dialect: Dialect): Convert | undefined {
  const compared = valueField(field);
  switch (compared.kind) {
    // As text, MySQL would compare it as a floating-point number.
    case "bigInteger":
      return dialect === "postgres" ? undefined : (value) => (value === null ? null : BigInt(value as string));
    case "datetime":
    case "binary":
      return (value) => fieldKinds[compared.kind].toDriver(value, dialect, compared);
    default:
      return undefined;
  }
}
