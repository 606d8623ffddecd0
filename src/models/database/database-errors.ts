import type { EntityMetadata, EntityProperty } from "@mikro-orm/core";
import { AntiphonError, type KeyedText } from "../../errors.ts";
import { capitalized, englishText, type Word, wordList } from "../../i18n/keyed-text.ts";
import { modelErrors } from "../errors.ts";
import { firstModelWord, labelOf, labelWord, modelLabel } from "../schema/labels.ts";
import { isModelClass, type ModelClass, modelDefinition } from "../schema/model.ts";
import { modelFields } from "../schema/query-set-fields.ts";
import { uniqueText } from "../schema/unique-sets.ts";
import { connectionError } from "./connection-errors.ts";
import { type Broken, brokenConstraint, byConstraint, metasOf } from "./constraint-errors.ts";
import type { Database } from "./database.ts";

/** Which rule of the database a write broke. */
export type ConstraintKind = "unique" | "foreignKey" | "notNull" | "check" | "value";

const CODES = {
  unique: { code: "DATABASE_UNIQUE", status: 409 },
  foreignKey: { code: "DATABASE_FOREIGN_KEY", status: 409 },
  notNull: { code: "DATABASE_NOT_NULL", status: 400 },
  check: { code: "DATABASE_CHECK", status: 400 },
  value: { code: "DATABASE_VALUE", status: 400 },
} as const;

/**
 * A write broke a rule of the database. The message is for a person and holds no SQL; what the driver said is the `cause`.
 *
 * @example
 * try { await objects(User).create({ username }); }
 * catch (error) { if (error instanceof ConstraintError && error.fields.includes("username")) { … } }
 */
export class ConstraintError extends AntiphonError {
  readonly kind: ConstraintKind;
  /** Name of the model, where the database tells. */
  readonly model?: string;
  /** Names of the properties, where the database tells. */
  readonly fields: readonly string[];

  constructor(
    kind: ConstraintKind,
    text: KeyedText,
    place: { model?: string | undefined; fields: readonly string[] },
    cause: unknown,
  ) {
    const details = { kind, ...(place.model === undefined ? {} : { model: place.model }), fields: place.fields };
    super(CODES[kind].code, englishText(text), { status: CODES[kind].status, expose: true, cause, details, text });
    this.kind = kind;
    if (place.model !== undefined) this.model = place.model;
    this.fields = place.fields;
  }
}

/** What drivers and the ORM put on their errors. */
export interface DriverError extends Error {
  readonly code?: string;
  readonly errno?: number;
  readonly fatal?: boolean;
  readonly table?: string;
  readonly column?: string;
  readonly constraint?: string;
  readonly detail?: string;
  readonly sql?: string;
  readonly sqlMessage?: string;
  readonly previous?: DriverError;
  readonly statement?: { readonly sql: string; readonly table?: string; readonly columns?: readonly string[] };
  readonly entity?: object;
}

/** Turns an error of a driver or of the ORM into a coded one; others are given back as they are. */
export function toDatabaseError(error: unknown, database: Database): unknown {
  if (!(error instanceof Error)) return error;
  const coded = error instanceof AntiphonError ? error : codedError(error, database);
  if (coded instanceof AntiphonError) database.outages.failed(coded);
  return coded;
}

function codedError(error: Error, database: Database): unknown {
  conceal(error);
  const incomplete = incompleteEntity(error);
  if (incomplete) return incomplete;
  if (error.name === "OptimisticLockError") return conflict(error as DriverError);
  const driver = innermost(error as DriverError);
  if (driver instanceof AntiphonError) return driver;
  return constraintError(error, driver, database) ?? connectionError(error, driver, database) ?? error;
}

/** Where drivers and the ORM put what they were about to write: with a password's hash in it, for example. */
const HOLDS_ROWS = ["entity", "sql", "detail", "where", "statement", "internalQuery"] as const;

/** Keeps rows out of every log and terminal that shows the properties of an error. */
function conceal(error: Error): void {
  for (const name of HOLDS_ROWS) {
    if (Object.hasOwn(error, name)) Object.defineProperty(error, name, { enumerable: false });
  }
}

/** The ORM's sentence about a new object that lacks a value shows the whole object, so that nothing of it is kept. */
function incompleteEntity({ name, message, entity }: DriverError): ConstraintError | undefined {
  if (name !== "ValidationError" || entity === undefined || !/^Value for \S+ is required/.test(message))
    return undefined;
  const model: unknown = entity.constructor;
  return isModelClass(model) ? incompleteRow(model, (field) => (entity as Row)[field]) : undefined;
}

type Row = Readonly<Record<string, unknown>>;

/** The error about a new row without a value that nothing else provides; undefined when it lacks none. */
export function incompleteRow(model: ModelClass, read: (field: string) => unknown): ConstraintError | undefined {
  const missing = modelFields(model).needed.filter(({ name }) => (read(name) ?? null) === null);
  if (missing.length === 0) return undefined;
  const fields = missing.map(({ name }) => name);
  const labels = fields.map((name) => labelOfField(model, name));
  const text = sentence({ kind: "notNull" }, { modelClass: model, fields, labels });
  return new ConstraintError("notNull", text, { model: modelDefinition(model).name, fields }, undefined);
}

function innermost(error: DriverError): DriverError {
  const previous =
    error.previous ?? (error.cause instanceof Error && isDriverException(error) ? error.cause : undefined);
  if (previous !== undefined) conceal(previous);
  return previous === undefined || previous === error ? error : innermost(previous as DriverError);
}

function isDriverException(error: Error): boolean {
  return /Exception$/.test(error.constructor.name);
}

function conflict(error: DriverError): AntiphonError {
  const model = (error.entity as { constructor?: unknown } | undefined)?.constructor;
  const label = isModelClass(model) ? firstModelWord(model) : { key: "The row", word: "The row" };
  return modelErrors.DATABASE_CONFLICT.with({ cause: error }, label);
}

function constraintError(error: Error, driver: DriverError, database: Database): ConstraintError | undefined {
  const broken = brokenConstraint(driver, database);
  if (!broken) return undefined;
  const place = locate(broken, database);
  return new ConstraintError(broken.kind, sentence(broken, place), { model: place.model, fields: place.fields }, error);
}

interface Place {
  readonly model?: string;
  readonly modelClass?: unknown;
  readonly fields: readonly string[];
  readonly labels: readonly Word[];
  /** Label of the model whose rows refer to this one. */
  readonly users?: Word | undefined;
}

function locate(broken: Broken, database: Database): Place {
  const metas = metasOf(database);
  const here = metas.find((meta) => meta.tableName === broken.table);
  if (broken.constraint !== undefined && (broken.columns === undefined || broken.columns.length === 0)) {
    const named = byConstraint(here ? [here, ...metas] : metas, broken, database);
    if (named)
      return broken.parent ? parentPlace(named.meta, named.properties, database) : place(named.meta, named.properties);
  }
  if (!here) return { fields: [], labels: [] };
  const properties = (broken.columns ?? []).flatMap((column) =>
    here.props.filter((each) => each.fieldNames?.includes(column)).slice(0, 1),
  );
  if (broken.kind !== "foreignKey" || !broken.parent) return place(here, properties);
  return parentPlace(here, properties, database);
}

/** A row that others still refer to: told about the row, and about who refers to it. */
function parentPlace(here: EntityMetadata, properties: readonly EntityProperty[], database: Database): Place {
  // SQLite tells the deleted row's table, the others tell the table that refers to it.
  if (database.dialect === "sqlite") return { ...place(here, []), fields: [] };
  const parent = properties[0]?.targetMeta;
  return { ...(parent ? place(parent, []) : { fields: [], labels: [] }), users: labelOfModel(here.class) };
}

function place(meta: EntityMetadata, properties: readonly EntityProperty[]): Place {
  const model = nameOf(meta);
  return {
    ...(model === undefined ? {} : { model }),
    modelClass: meta.class,
    fields: properties.map(({ name }) => name),
    labels: properties.map(({ name }) => labelOfField(meta.class, name)),
  };
}

function nameOf(meta: EntityMetadata): string | undefined {
  return isModelClass(meta.class) ? modelDefinition(meta.class).name : undefined;
}

function sentence({ kind, parent }: Broken, place: Place): KeyedText {
  const { modelClass, fields: names, labels, users } = place;
  const model = labelOfModel(modelClass);
  const fields = wordList(labels, "and");
  const isNamed = labels.length > 0;
  switch (kind) {
    case "unique":
      if (model === undefined) return { key: "This exists already." };
      // The same sentence as validate()'s, which this is when two requests come at once.
      if (names.length > 0) return uniqueText(modelClass as ModelClass, names);
      return { key: "Another {{model}} has the same values.", values: { model } };
    case "notNull":
      if (!isNamed) return { key: "A required value is missing." };
      if (labels.length > 1) return { key: "{{Fields}} are required.", values: { Fields: capitalized(fields) } };
      return { key: "{{Field}} is required.", values: { Field: capitalized(fields) } };
    case "foreignKey":
      if (parent) return stillUsed(model, users);
      if (!isNamed) return { key: "Something that was chosen does not exist." };
      return { key: "The chosen {{fields}} does not exist.", values: { fields } };
    case "check":
      if (!isNamed) return { key: "A value is not allowed." };
      return { key: "This {{fields}} is not allowed.", values: { fields } };
    case "value":
      if (!isNamed) return { key: "A value is too long or too large." };
      return { key: "This {{fields}} is too long or too large.", values: { fields } };
  }
}

function stillUsed(model: Word | undefined, users: Word | undefined): KeyedText {
  if (users === undefined) {
    if (model === undefined) return { key: "This row is still used by others." };
    return { key: "This {{model}} is still used by others.", values: { model } };
  }
  if (model === undefined) return { key: "This row is still used by a row of {{users}}.", values: { users } };
  return { key: "This {{model}} is still used by a row of {{users}}.", values: { model, users } };
}

function labelOfModel(modelClass: unknown): Word | undefined {
  return isModelClass(modelClass) ? labelWord(modelLabel(modelClass)) : undefined;
}

function labelOfField(modelClass: unknown, name: string): Word {
  if (!isModelClass(modelClass)) return { key: name, word: name };
  return labelWord(modelDefinition(modelClass).options.fields?.[name]?.label ?? labelOf(name));
}
