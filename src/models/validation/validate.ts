import type { KeyedText } from "../../errors.ts";
import { textForReader } from "../../i18n/keyed-text.ts";
import { isLazy, type LazyText } from "../../i18n/lazy-text.ts";
import { modelErrors } from "../errors.ts";
import type { PlainCreateData, PlainUpdateData } from "../query/query-set-types.ts";
import { type FieldInfo, fieldInfo, fieldOf, primaryField } from "../schema/field-info.ts";
import { fieldKinds } from "../schema/field-kinds.ts";
import { type CleanProblems, type ModelClass, modelDefinition } from "../schema/model.ts";
import type { Plain } from "../schema/plain.ts";
import { quoted } from "../schema/query-set-fields.ts";
import { uniqueSets, uniqueText } from "../schema/unique-sets.ts";
import { type PlainValues, rowValues } from "./row-values.ts";
import { allExist, hasOther, storedValues } from "./validate-rows.ts";

/** Sentences by field name, `__all__` for those about the whole row; empty when nothing is wrong. */
export type Problems = { [field: string]: string[] };

/** Where the sentences about a row as a whole are found. */
export const WHOLE_ROW = "__all__";

/** How `validate` reads its data. */
export interface ValidateOptions {
  /** The saved row, an entity or a plain row: what the data does not name is taken from it, and it is no rival of itself. */
  readonly instance?: object;
  /** Looks only at the fields that the data names: no field is missing. */
  readonly partial?: boolean;
  /**
   * The data is what somebody filled in: strings are what inputs hold, so that the text of a JSON field is parsed, and
   * fields that are `editable: false` or hidden are passed over, whatever was sent for them.
   */
  readonly form?: boolean;
  /**
   * The fields that are taken and may be missed; the data's others are passed over. Name them wherever the data is
   * another's: a field that is added to the model later is then not open to everybody. With `form`, none that is hidden or
   * not editable, and the inputs of all of them are in the form: a boolean that the data does not name is false, and a
   * many-to-many field has no members.
   */
  readonly fields?: readonly string[];
}

/** What `cleanData` made of its data. */
export interface CleanedData<V = PlainValues> {
  /**
   * Plain values of the fields that were given and are right, ready to be written; never a field that is not declared.
   * All that a new row needs is in it only when there are no errors.
   */
  readonly values: V;
  readonly errors: Problems;
}

/** A field that `cleanData` can be narrowed to. */
export type FormField<M> = keyof PlainCreateData<M> & string;

/** Tells whether all keys name rows that a relation of a model may name. */
export type MayName = (field: FieldInfo, keys: readonly Plain[]) => Promise<boolean>;

const anyRow: MayName = async ({ relation }, keys) =>
  relation !== undefined && (await allExist(relation.target(), keys));

const REQUIRED: KeyedText = { key: "This field is required." };
const MOST_UNKNOWN = 3;

/**
 * Checks data against a model: what each column holds, the validators, unique values, related rows, and the model's `clean`.
 *
 * Given `instance`, the data is a change of that row: the whole row with the change on top is checked, and its unique values
 * are compared with other rows only. Fields that the framework sets are passed over. It needs an open database when the
 * model has unique fields or relations.
 *
 * @throws DATABASE_NOT_OPEN, QUERY_FIELD_UNKNOWN for a name among `fields` that is none
 * @example
 * const errors = await validate(Note, { title: "" }); // { title: ["This field is required."], user: […] }
 * const change = await validate(Note, { title: "New" }, { instance: note }); // {}
 */
export async function validate(model: ModelClass, data: unknown, options: ValidateOptions = {}): Promise<Problems> {
  return (await cleanData(model, data, options)).errors;
}

/**
 * Like `validate`, and gives the values as they will be stored: `"1.1"` is `"1.10"`, an empty input of a nullable column null.
 *
 * @throws DATABASE_NOT_OPEN, QUERY_FIELD_UNKNOWN for a name among `fields` that is none, MODEL_FIELD_CLOSED
 * @example
 * const { values, errors } = await cleanData(Note, form, { form: true, fields: ["title", "content"] });
 * if (Object.keys(errors).length === 0) await objects(Note).create({ ...values, user: requireUser().id });
 */
export async function cleanData<M extends ModelClass, const F extends FormField<M>>(
  model: M,
  data: unknown,
  options: ValidateOptions & {
    readonly fields: readonly F[];
    readonly instance?: undefined;
    readonly partial?: false;
  },
): Promise<CleanedData<Pick<PlainCreateData<M>, F>>>;
export async function cleanData<M extends ModelClass>(
  model: M,
  data: unknown,
  options?: ValidateOptions & {
    readonly form?: false;
    readonly fields?: undefined;
    readonly instance?: undefined;
    readonly partial?: false;
  },
): Promise<CleanedData<PlainCreateData<M>>>;
export async function cleanData<M extends ModelClass>(
  model: M,
  data: unknown,
  options?: ValidateOptions,
): Promise<CleanedData<PlainUpdateData<M>>>;
export async function cleanData(
  model: ModelClass,
  data: unknown,
  options: ValidateOptions = {},
): Promise<CleanedData<unknown>> {
  return await cleanDataWithin(model, data, { ...options, mayName: anyRow });
}

/**
 * Like `cleanData`, where relations may name only some rows. A key that the saved row has already may stay. For any other,
 * a row that may not be named is answered as one that does not exist.
 *
 * @throws DATABASE_NOT_OPEN, QUERY_FIELD_UNKNOWN, MODEL_FIELD_CLOSED
 */
export async function cleanDataWithin(
  model: ModelClass,
  data: unknown,
  { mayName, ...options }: ValidateOptions & { readonly mayName: MayName },
): Promise<CleanedData> {
  const checked = new Checked(model, options);
  if (typeof data !== "object" || data === null || Array.isArray(data)) {
    checked.add(WHOLE_ROW, { key: "Expected the values of the fields." });
    return { values: {}, errors: checked.errors };
  }
  checked.readFields(data as Readonly<Record<string, unknown>>);
  await checked.checkRelations(mayName);
  await checked.checkUnique();
  await checked.checkWhole();
  return { values: checked.values, errors: checked.errors };
}

/** One check on its way: the values that were right so far and what was wrong. */
class Checked {
  readonly values: PlainValues = {};
  readonly errors: Problems = {};
  readonly #model: ModelClass;
  readonly #options: ValidateOptions;
  readonly #primary: FieldInfo;
  readonly #taken: (field: FieldInfo) => boolean;
  /** What is known of the saved row. */
  #saved: PlainValues;
  #complete = false;

  constructor(model: ModelClass, options: ValidateOptions) {
    this.#model = model;
    this.#options = options;
    this.#primary = primaryField(model);
    this.#taken = takenFields(model, options);
    this.#saved = options.instance === undefined ? {} : rowValues(model, options.instance);
  }

  /** Adds a sentence, in the language of the reader; one of the author's is translated by the app's catalogue. */
  add(field: string, text: KeyedText | LazyText | string): void {
    // Code without types may answer with what a condition left: `isWrong && "…"` is false when all is well.
    if (typeof text !== "string" && (typeof text !== "object" || text === null)) return;
    const message = textForReader(text);
    const messages = this.errors[field] ?? [];
    if (!messages.includes(message)) this.errors[field] = [...messages, message];
  }

  readFields(data: Readonly<Record<string, unknown>>): void {
    const fields = fieldInfo(this.#model);
    const names = new Set(fields.map((field) => field.name));
    const unknown = Object.keys(data).filter((name) => !names.has(name));
    for (const name of unknown.slice(0, MOST_UNKNOWN)) {
      this.add(WHOLE_ROW, { key: "There is no field called {{0}}.", values: { 0: shown(name) } });
    }
    for (const field of fields.filter(this.#taken)) {
      const raw = Object.hasOwn(data, field.name) ? data[field.name] : undefined;
      if (raw !== undefined) this.#readGiven(field, raw);
      else this.#readMissing(field);
    }
  }

  #readMissing(field: FieldInfo): void {
    if (this.#isLeftEmpty(field)) {
      if (field.kind === "boolean") this.#take(field, false);
      else this.#readEmpty(field);
      return;
    }
    if (this.#options.partial === true || this.#options.instance !== undefined) return;
    if (field.required) this.add(field.name, REQUIRED);
    else if (!field.readOnly && !field.hasDefault && !field.nullable && isText(field)) this.values[field.name] = "";
  }

  /** Browsers send nothing for a checkbox without a tick, and nothing for a list in which nothing is chosen. */
  #isLeftEmpty({ kind, readOnly }: FieldInfo): boolean {
    const { form = false, fields, partial = false } = this.#options;
    return form && fields !== undefined && !partial && !readOnly && (kind === "boolean" || kind === "manyToMany");
  }

  #readGiven(field: FieldInfo, raw: unknown): void {
    if (field.readOnly && field.kind !== "reverse") return;
    if (isEmpty(field, raw, this.#options.form === true)) {
      this.#readEmpty(field);
      return;
    }
    const row = fieldKinds[field.kind];
    const fromText = this.#options.form === true && typeof raw === "string" ? row.parseText : undefined;
    const result = fromText === undefined ? row.parse(raw, field) : fromText(raw as string, field);
    if (!result.ok) {
      this.add(field.name, result.text);
      return;
    }
    if (field.primary && this.#isOtherKey(result.value))
      this.add(field.name, { key: "The key of a saved row can't be changed." });
    this.#take(field, result.value);
  }

  /** Takes a value unless its validators refuse it, whether it was sent or follows from an input that was left empty. */
  #take(field: FieldInfo, value: Plain): void {
    for (const validator of field.validators) {
      const message = validator(value);
      if (message !== undefined) this.add(field.name, message);
    }
    if (!this.#isWrong(field.name)) this.values[field.name] = value;
  }

  #readEmpty(field: FieldInfo): void {
    const { instance } = this.#options;
    if (!field.blank) this.add(field.name, REQUIRED);
    else if (field.nullable) this.values[field.name] = null;
    else if (isText(field)) this.values[field.name] = "";
    else if (field.kind === "manyToMany") this.#take(field, []);
    else if (field.default !== undefined) this.values[field.name] = field.default;
    // A default that only the database knows is given to new rows alone.
    else if (instance !== undefined) this.add(field.name, REQUIRED);
  }

  #isOtherKey(value: Plain): boolean {
    const key = this.#saved[this.#primary.name];
    return this.#options.instance !== undefined && key !== undefined && key !== value;
  }

  #isWrong(name: string): boolean {
    return this.errors[name] !== undefined;
  }

  /** True when the field was given a value that the saved row does not have already. */
  #isNew(name: string): boolean {
    return Object.hasOwn(this.values, name) && this.values[name] !== this.#saved[name];
  }

  async checkRelations(mayName: MayName): Promise<void> {
    for (const field of fieldInfo(this.#model)) {
      const value = this.values[field.name];
      if (field.relation === undefined || value === undefined || value === null) continue;
      const saved = [this.#saved[field.name] ?? []].flat();
      const chosen = ([value].flat() as Plain[]).filter((key) => !saved.includes(key));
      if (chosen.length === 0 || (await mayName(field, chosen))) continue;
      this.#refuse(field, {
        key: Array.isArray(value) ? "One of the chosen rows does not exist." : "The chosen row does not exist.",
      });
    }
  }

  #refuse(field: FieldInfo, text: KeyedText): void {
    delete this.values[field.name];
    this.add(field.name, text);
  }

  async checkUnique(): Promise<void> {
    for (const names of uniqueSets(this.#model)) {
      if (!names.some((name) => this.#isNew(name)) || names.some((name) => this.#isWrong(name))) continue;
      const merged = await this.#merged(names);
      const values: [FieldInfo, Plain][] = [];
      for (const field of fieldInfo(this.#model)) {
        const value = merged[field.name];
        if (names.includes(field.name) && value !== undefined && value !== null) values.push([field, value]);
      }
      // Rows with an empty value are never equal; an unknown one is the database's own default.
      if (values.length < names.length) continue;
      if (!(await hasOther(this.#model, values, this.#saved[this.#primary.name]))) continue;
      const [first = WHOLE_ROW] = names;
      this.add(names.length === 1 ? first : WHOLE_ROW, uniqueText(this.#model, names));
    }
    for (const name of Object.keys(this.errors)) delete this.values[name];
  }

  async checkWhole(): Promise<void> {
    const { clean } = modelDefinition(this.#model).options;
    if (clean === undefined || Object.keys(this.errors).length > 0) return;
    const names = fieldInfo(this.#model).flatMap((field) => (field.column === "" || field.hidden ? [] : [field.name]));
    const problems: CleanProblems = await clean(Object.freeze(await this.#merged(names)) as never);
    if (typeof problems === "string" || isLazy(problems)) this.add(WHOLE_ROW, problems);
    else this.#addProblems(problems ?? {});
  }

  #addProblems(problems: Exclude<CleanProblems, string | LazyText | undefined | void>): void {
    const names = new Set(fieldInfo(this.#model).map((field) => field.name));
    for (const [name, messages] of Object.entries(problems)) {
      for (const message of [messages ?? []].flat()) this.add(names.has(name) ? name : WHOLE_ROW, message);
    }
    for (const name of Object.keys(this.errors)) delete this.values[name];
  }

  /** The row as it will be; the saved part is loaded when the instance does not hold all that is asked for. */
  async #merged(names: readonly string[]): Promise<PlainValues> {
    const key = this.#saved[this.#primary.name];
    const isKnown = (name: string) => Object.hasOwn(this.values, name) || Object.hasOwn(this.#saved, name);
    if (!this.#complete && key !== undefined && key !== null && !names.every(isKnown)) {
      this.#saved = { ...(await storedValues(this.#model, key)), ...this.#saved };
      this.#complete = true;
    }
    const defaults: PlainValues = {};
    for (const field of this.#options.instance === undefined && this.#options.partial !== true
      ? fieldInfo(this.#model)
      : []) {
      if (field.default !== undefined) defaults[field.name] = field.default;
      else if (field.nullable) defaults[field.name] = null;
    }
    return { ...defaults, ...this.#saved, ...this.values };
  }
}

/** Tells the fields that the data may hold a value for. */
function takenFields(model: ModelClass, { form = false, fields }: ValidateOptions): (field: FieldInfo) => boolean {
  const isClosed = (field: FieldInfo) => form && (!field.editable || field.hidden);
  for (const name of fields ?? []) {
    const field = fieldOf(model, name);
    const { name: label } = modelDefinition(model);
    if (field === undefined) throw modelErrors.QUERY_FIELD_UNKNOWN(label, quoted(name), "check");
    if (isClosed(field)) throw modelErrors.MODEL_FIELD_CLOSED(label, name);
  }
  const named = fields && new Set(fields);
  return (field) => (named?.has(field.name) ?? true) && !isClosed(field);
}

function isText(field: FieldInfo): boolean {
  return field.kind === "text" || field.kind === "longText" || field.kind === "binary";
}

/** Whether a value says that there is none; a text of spaces is none where something is asked for. */
function isEmpty(field: FieldInfo, raw: unknown, form: boolean): boolean {
  if (raw === null) return true;
  if (field.kind === "manyToMany") return raw === "" || (Array.isArray(raw) && raw.length === 0);
  if (typeof raw !== "string") return false;
  if (field.kind === "json") return form && raw.trim() === "";
  if (field.kind === "enum" && field.enumItems?.includes(raw) === true) return false;
  return raw === "" || ((!isText(field) || !field.blank) && raw.trim() === "");
}

/** A name from outside: short, and without anything that a terminal or a page would act on. */
function shown(name: string): string {
  return JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}…` : name);
}
