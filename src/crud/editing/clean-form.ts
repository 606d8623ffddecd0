import { AntiphonError } from "../../errors.ts";
import { textForReader } from "../../i18n/keyed-text.ts";
import type { QuerySet } from "../../models/query/query-set.ts";
import type { FieldInfo } from "../../models/schema/field-info.ts";
import type { Plain } from "../../models/schema/field-kinds.ts";
import type { ModelClass } from "../../models/schema/model.ts";
import { cleanDataWithin, WHOLE_ROW } from "../../models/validation/validate.ts";
import type { FieldMessages } from "../../state/refusals.ts";
import { plain } from "../../state/tracking/plain.ts";
import { shownError } from "../core/shown-error.ts";
import { specOf } from "../core/state-vars.ts";
import { type FieldVar, varOfField, varValue } from "../definition/field-var.ts";
import type { CrudContext } from "../types/context.ts";
import type { AnyValidator } from "../types/options.ts";
import { editedRow, isUntouched, type PlainRow } from "./edited-row.ts";

/** The hooks of a form, as its checks call them. */
export interface FormHooks {
  cleanField(name: string, value: unknown): unknown;
  validateState(
    context: CrudContext,
    data: Readonly<Record<string, unknown>>,
  ): FieldMessages | undefined | Promise<FieldMessages | undefined>;
  getRelationQueryset(field: string): QuerySet<ModelClass>;
}

/** Messages by the names of vars; the empty name is for the form as a whole. */
export interface FormErrors {
  readonly [name: string]: string;
}

/** A form after its checks. */
export interface CleanForm {
  readonly values: Record<string, Plain>;
  readonly errors: FormErrors;
}

const REQUIRED = { key: "This field is required." };
/** Keys asked for in one statement. */
const KEYS_AT_ONCE = 500;

/**
 * Checks what the vars of a form hold: required fields, the `clean` hooks, the model on the row as it will be, the rows that
 * relations may name, then `validateState`. Every message is kept, so that a page can show all of them at once.
 */
export async function cleanForm(state: object, context: CrudContext, row: PlainRow | undefined): Promise<CleanForm> {
  const { fieldVars, model, modelFields } = specOf(state);
  const hooks = state as unknown as FormHooks;
  const messages = new Messages(fieldVars);
  const data: Record<string, unknown> = {};
  const edited = row && editedRow(state, row[modelFields.primary.name]);
  for (const each of fieldVars.values()) {
    // What others have saved meanwhile counts, unless this form has changed it: the row is checked as it will be.
    const isTheirs = row !== undefined && edited !== undefined && isUntouched(state, each, edited);
    const value = isTheirs ? varValue(each.field, row[each.field.name]) : (state as Record<string, unknown>)[each.name];
    data[each.field.name] = await cleanedValue(hooks, each, { value: plain(value, each.name), messages });
  }
  const names = Array.from(fieldVars.values(), ({ field }) => field.name);
  const options = { form: true, fields: names, ...(row === undefined ? {} : { instance: row }) };
  const { values, errors } = await cleanDataWithin(model, data, {
    ...options,
    mayName: (field, keys) => areInScope(hooks, field, keys),
  });
  for (const [name, texts] of Object.entries(errors)) messages.add(name === WHOLE_ROW ? "" : name, texts);
  messages.addAll((await hooks.validateState(context, { ...(data as PlainRow), ...values })) ?? {});
  return { values, errors: messages.errors };
}

/** Runs the validators of the options; all of their messages are kept. */
export async function runValidators(
  validators: readonly AnyValidator[],
  data: Readonly<Record<string, unknown>>,
  context: CrudContext,
): Promise<FieldMessages> {
  const messages: Record<string, string | readonly string[]> = {};
  for (const validator of validators) {
    for (const [name, text] of Object.entries((await validator(data, context)) ?? {})) {
      if (text) messages[name] = [messages[name] ?? [], text].flat();
    }
  }
  return messages;
}

async function cleanedValue(
  hooks: FormHooks,
  { name, field, required }: FieldVar,
  { value, messages }: { readonly value: unknown; readonly messages: Messages },
): Promise<unknown> {
  if (required && isMissing(value)) {
    messages.add(field.name, textForReader(REQUIRED));
    return value;
  }
  try {
    return await hooks.cleanField(name, value);
  } catch (error) {
    const shown = error instanceof AntiphonError && error.code === "FIELDS_INVALID" ? shownError(error) : undefined;
    if (shown === undefined) throw error;
    if (shown.message !== "") messages.add(field.name, shown.message);
    messages.addAll(shown.fields);
    return field.kind === "manyToMany" ? [] : value;
  }
}

/** False and 0 are values; a text of spaces is none. */
function isMissing(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  if (typeof value === "string") return value.trim() === "";
  return Array.isArray(value) && value.length === 0;
}

/** A row outside of the scope is, for the form, a row that does not exist: one statement answers for both. */
async function areInScope(hooks: FormHooks, field: FieldInfo, keys: readonly Plain[]): Promise<boolean> {
  const scope = hooks.getRelationQueryset(field.name);
  const { name } = field.relation?.key() ?? {};
  for (let start = 0; start < keys.length; start += KEYS_AT_ONCE) {
    const some = keys.slice(start, start + KEYS_AT_ONCE);
    if ((await scope.filter({ [String(name)]: { in: some } } as never).count()) !== some.length) return false;
  }
  return true;
}

/** Gathers messages under the names of vars, each once. */
class Messages {
  readonly #fieldVars: ReadonlyMap<string, FieldVar>;
  readonly #texts = new Map<string, string[]>();

  constructor(fieldVars: ReadonlyMap<string, FieldVar>) {
    this.#fieldVars = fieldVars;
  }

  /** `name` is that of a field or of its var; any other message is about the form as a whole. */
  add(name: string, given: string | readonly string[]): void {
    const key = varOfField(this.#fieldVars, name)?.name ?? "";
    const texts = this.#texts.get(key) ?? [];
    for (const text of [given].flat()) if (!texts.includes(text)) texts.push(text);
    this.#texts.set(key, texts);
  }

  addAll(messages: FieldMessages): void {
    for (const [name, given] of Object.entries(messages)) {
      const texts = [given || []].flat().map(String);
      if (texts.length > 0) this.add(name, texts);
    }
  }

  get errors(): FormErrors {
    return Object.fromEntries(Array.from(this.#texts, ([name, texts]) => [name, texts.join(" ")]));
  }
}
