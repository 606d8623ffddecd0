import { AntiphonError } from "../../errors.ts";
import { textForReader } from "../../i18n/keyed-text.ts";
import { objects, type QuerySet } from "../../models/query/query-set.ts";
import type { FieldInfo } from "../../models/schema/field-info.ts";
import type { Plain } from "../../models/schema/field-kinds.ts";
import type { ModelClass } from "../../models/schema/model.ts";
import { cleanData, WHOLE_ROW } from "../../models/validation/validate.ts";
import type { FieldMessages } from "../../state/refusals.ts";
import { plain } from "../../state/tracking/plain.ts";
import { shownError } from "../core/shown-error.ts";
import { specOf } from "../core/state-vars.ts";
import type { FieldVar } from "../definition/field-var.ts";
import type { CrudContext } from "../types/context.ts";
import type { CrudValidator } from "../types/options.ts";
import { type PlainRow, sameValue } from "./edited-row.ts";

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
const MISSING_ROW = { key: "The chosen row does not exist." };

/**
 * Checks what the vars of a form hold: required fields, the `clean` hooks, the model on the row as it will be, the rows that
 * relations may name, then `validateState`. Every message is kept, so that a page can show all of them at once.
 */
export async function cleanForm(state: object, context: CrudContext, row: PlainRow | undefined): Promise<CleanForm> {
  const { fieldVars, model } = specOf(state);
  const hooks = state as unknown as FormHooks;
  const messages = new Messages(fieldVars);
  const data: Record<string, unknown> = {};
  for (const each of fieldVars.values()) {
    data[each.field.name] = await cleanedValue(state, each, messages);
  }
  const names = Array.from(fieldVars.values(), ({ field }) => field.name) as never;
  const options = { form: true, fields: names, ...(row === undefined ? {} : { instance: row }) };
  const { values: cleaned, errors } = await cleanData(model as ModelClass, data, options as never);
  const values = cleaned as Record<string, Plain>;
  for (const [name, texts] of Object.entries(errors)) messages.add(name === WHOLE_ROW ? "" : name, texts);
  await checkRelations(state, { values, row, messages });
  messages.addAll((await hooks.validateState(context, { ...(data as PlainRow), ...values })) ?? {});
  return { values, errors: messages.errors };
}

/** Runs the validators of the options; all of their messages are kept. */
export async function runValidators(
  validators: readonly CrudValidator[],
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

async function cleanedValue(state: object, { name, field, required }: FieldVar, messages: Messages): Promise<unknown> {
  const value: unknown = plain((state as Record<string, unknown>)[name], name);
  if (required && isMissing(value)) {
    messages.add(name, textForReader(REQUIRED));
    return value;
  }
  try {
    return await (state as unknown as FormHooks).cleanField(name, value);
  } catch (error) {
    const shown = error instanceof AntiphonError && error.code === "FIELDS_INVALID" ? shownError(error) : undefined;
    if (shown === undefined) throw error;
    if (shown.message !== "") messages.add(name, shown.message);
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

interface RelationCheck {
  readonly values: Record<string, Plain>;
  /** The row as it is stored: what it names already may stay. */
  readonly row: PlainRow | undefined;
  readonly messages: Messages;
}

/** A row of another user is, for the form, a row that does not exist. */
async function checkRelations(state: object, { values, row, messages }: RelationCheck): Promise<void> {
  const hooks = state as unknown as FormHooks;
  for (const { name, field } of specOf(state).fieldVars.values()) {
    const value = values[field.name];
    if (field.relation === undefined || value === undefined || value === null) continue;
    const saved = row?.[field.name] ?? null;
    const known = Array.isArray(saved) ? saved : [saved];
    const chosen = (Array.isArray(value) ? value : [value]).filter((key) => !known.some((one) => sameValue(one, key)));
    if (chosen.length === 0) continue;
    const scope = hooks.getRelationQueryset(field.name);
    if (scope === objects(field.relation.target())) continue;
    const found = await scope.filter({ [keyName(field)]: { in: chosen } } as never).count();
    if (found === chosen.length) continue;
    delete values[field.name];
    messages.add(name, textForReader(MISSING_ROW));
  }
}

function keyName(field: FieldInfo): string {
  return field.relation?.key().name ?? "";
}

/** Gathers messages under the names of vars, each once. */
class Messages {
  readonly #fieldVars: ReadonlyMap<string, FieldVar>;
  readonly #texts = new Map<string, string[]>();

  constructor(fieldVars: ReadonlyMap<string, FieldVar>) {
    this.#fieldVars = fieldVars;
  }

  /** `name` is that of a var or of its field; any other message is about the form as a whole. */
  add(name: string, given: string | readonly string[]): void {
    const found = this.#fieldVars.get(name) ?? [...this.#fieldVars.values()].find(({ field }) => field.name === name);
    const key = found?.name ?? "";
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
