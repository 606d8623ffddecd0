import { encodeValue, isPlainObject } from "../../protocol/values.ts";
import { dateText, isDateType, readDateText } from "./date-text.ts";

/** Kind of a field's value, by the type of its var: a list of text is a `list`, a list of numbers `numbers`. */
export type FieldKind = "text" | "number" | "boolean" | "list" | "numbers" | "date";

/** A field's kind, or `other` for a value that only a component of the author's own can show. */
export type ValueKind = FieldKind | "other";

/** Reading of an input: its draft, and the value to send or the problem. */
export type FieldReading =
  | { readonly draft: FieldDraft; readonly value: unknown }
  | { readonly draft: FieldDraft; readonly problem: string };

/** Content of an input: text, a tick, the chosen options, or the value itself for a component that takes it. */
export type FieldDraft = string | boolean | readonly string[] | { readonly other: unknown };

/** The kind of field and of input for which a value is read or shown. */
export interface FieldPlace {
  readonly kind: ValueKind;
  /** Type of the input, which decides how a date is written. Undefined before it is known. */
  readonly type: string | undefined;
  /** Whether the var may be null. */
  readonly isNullable?: boolean;
}

const NUMBER = /^[+-]?(\d+(?:\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
const NO_NUMBER = "Enter a number.";
const NO_DATE = "Enter a full date.";
const NO_TIME = "Enter a full time.";

/** The kind of value; undefined when the value does not tell (null). */
export function kindOf(value: unknown): ValueKind | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === "boolean") return "boolean";
  if (typeof value === "number") return "number";
  if (typeof value === "string") return "text";
  if (value instanceof Date) return "date";
  if (!Array.isArray(value)) return "other";
  if (value.every((item) => typeof item === "string")) return "list";
  return value.every((item) => typeof item === "number") ? "numbers" : "other";
}

/** What an input shows for a value of the server. */
export function draftOf(value: unknown, { kind, type }: FieldPlace): FieldDraft {
  if (kind === "other") return { other: value };
  if (kind === "boolean") return value === true;
  if (kind === "list" || kind === "numbers") return Array.isArray(value) ? value.map(String) : [];
  // Each type of input writes dates in another way, and refuses those of the others.
  if (value instanceof Date) return type === undefined ? "" : dateText(value, type);
  return value === null || value === undefined ? "" : String(value);
}

/** Reads what an input or a component gave to `onChange`. An empty number is null: the server's schema decides about it. */
export function readDraft(given: unknown, place: FieldPlace, current?: unknown): FieldReading {
  const { kind } = place;
  if (kind === "other") return { draft: { other: given }, value: given };
  if (kind === "boolean") return { draft: Boolean(given), value: Boolean(given) };
  if (kind === "list" || kind === "numbers") return readList(given, kind);
  if (kind === "date") return readDate(given, place.type ?? "date", current);
  const text = given === null || given === undefined ? "" : String(given);
  if (kind === "text") return { draft: text, value: given === null || isNoDate(text, place) ? null : text };
  const trimmed = text.trim();
  if (trimmed === "") return { draft: text, value: null };
  const number = NUMBER.test(trimmed) ? Number(trimmed) : Number.NaN;
  return Number.isFinite(number) ? { draft: text, value: number } : { draft: text, problem: NO_NUMBER };
}

/** Whether an emptied date input means null: its var is a text, and may be null. */
function isNoDate(text: string, { type, isNullable = false }: FieldPlace): boolean {
  return text === "" && isNullable && type !== undefined && isDateType(type);
}

function readList(given: unknown, kind: "list" | "numbers"): FieldReading {
  const items = given === null || given === undefined ? [] : [given].flat();
  // A component may pass values of its own, such as rows.
  if (items.some((item) => isPlainObject(item))) return { draft: { other: items }, value: items };
  const draft = items.map(String);
  if (kind === "list") return { draft, value: draft };
  const numbers = draft.map((text) => (NUMBER.test(text.trim()) ? Number(text) : Number.NaN));
  return numbers.every(Number.isFinite) ? { draft, value: numbers } : { draft, problem: NO_NUMBER };
}

function readDate(given: unknown, type: string, current: unknown): FieldReading {
  if (given instanceof Date) return { draft: dateText(given, type), value: given };
  const text = given === null || given === undefined ? "" : String(given);
  if (text === "") return { draft: text, value: null };
  const date = readDateText(text, type, current);
  return date ? { draft: text, value: date } : { draft: text, problem: type === "time" ? NO_TIME : NO_DATE };
}

/** Whether a value is what an emptied input holds. */
export function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
}

/**
 * Whether a value of the server says the same as what the input shows, so that the input keeps its own spelling while
 * the user is in it: `1.` for 1, or a space at the end that the server cut off.
 */
export function saysTheSame(reading: FieldReading, value: unknown, place: FieldPlace): boolean {
  const { draft } = reading;
  if (place.kind === "text") {
    return typeof draft === "string" && draft.trim() === String(draftOf(value, place)).trim();
  }
  if (!("value" in reading)) return false;
  if (Array.isArray(reading.value)) return JSON.stringify(reading.value) === JSON.stringify(value);
  if (reading.value instanceof Date) return value instanceof Date && reading.value.getTime() === value.getTime();
  return Object.is(reading.value, value ?? null);
}

/** What an event of the browser, or a value that a component passes, means for a field. */
export interface FieldChange {
  readonly given: unknown;
  /** Typed text waits for a pause before it is sent. */
  readonly isTyping: boolean;
  readonly problem?: string | undefined;
}

/** The control that an event is about; undefined for a value that a component passes. */
export function controlOf(change: unknown): ControlLike | undefined {
  const target = (change as { target?: unknown } | null | undefined)?.target;
  return typeof target === "object" && target !== null && "value" in target ? (target as ControlLike) : undefined;
}

/** The members of an input, a textarea or a select that tell its value. */
export interface ControlLike {
  readonly type: string;
  readonly value: string;
  readonly checked?: boolean;
  readonly options?: Iterable<{ readonly value: string }>;
  readonly selectedOptions?: Iterable<{ readonly value: string }>;
  readonly validity?: { readonly badInput: boolean };
}

/** Reads a change. `shown` is what the field shows now: a box of a group adds its value to the list or takes it out, and values without a box or an option stay. */
export function readChange(change: unknown, shown: FieldDraft): FieldChange {
  const control = controlOf(change);
  if (!control) return { given: change, isTyping: typeof change === "string" || typeof change === "number" };
  const { type, value } = control;
  if (type === "checkbox") {
    const others = Array.isArray(shown) ? (shown as string[]).filter((item) => item !== value) : undefined;
    if (!others) return { given: control.checked === true, isTyping: false };
    return { given: control.checked ? [...others, value] : others, isTyping: false };
  }
  if (type === "select-multiple") {
    const offered = new Set(Array.from(control.options ?? [], (option) => option.value));
    const others = Array.isArray(shown) ? (shown as string[]).filter((item) => !offered.has(item)) : [];
    const chosen = Array.from(control.selectedOptions ?? [], (option) => option.value);
    return { given: [...others, ...chosen], isTyping: false };
  }
  if (control.validity?.badInput) {
    // The browser hides what was typed: the text stays in the input, which keeps showing it.
    const problem = type === "number" ? NO_NUMBER : type === "time" ? NO_TIME : NO_DATE;
    return { given: value, isTyping: true, problem };
  }
  return { given: value, isTyping: !["select-one", "radio", "range", "color"].includes(type) };
}

/** Whether two values of a var are written alike. */
export function isSameValue(a: unknown, b: unknown): boolean {
  return Object.is(a, b) || JSON.stringify(encodeValue(a)) === JSON.stringify(encodeValue(b));
}
