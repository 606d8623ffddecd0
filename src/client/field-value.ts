/** What kind of input a field is, by the type of its var. */
export type FieldKind = "text" | "number" | "boolean" | "list";

/** What an input gave: the text that it shows, and the value to send unless the text is none. */
export type FieldReading =
  | { readonly draft: FieldDraft; readonly value: unknown }
  | { readonly draft: FieldDraft; readonly problem: string };

/** What an input shows: text, a tick, or the chosen options. */
export type FieldDraft = string | boolean | readonly string[];

const NUMBER = /^[+-]?(\d+(?:\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

/** The kind of input that fits a value; undefined when the value does not tell (null). */
export function kindOf(value: unknown): FieldKind | undefined {
  if (typeof value === "boolean") return "boolean";
  if (typeof value === "number") return "number";
  if (typeof value === "string") return "text";
  return Array.isArray(value) ? "list" : undefined;
}

/** What an input shows for a value of the server. */
export function draftOf(value: unknown, kind: FieldKind): FieldDraft {
  if (kind === "boolean") return value === true;
  if (kind === "list") return Array.isArray(value) ? value.map(String) : [];
  return value === null || value === undefined ? "" : String(value);
}

/** Reads what an input or a component gave to `onChange`. An empty number is null: the server's schema decides about it. */
export function readDraft(given: unknown, kind: FieldKind): FieldReading {
  if (kind === "boolean") return { draft: Boolean(given), value: Boolean(given) };
  if (kind === "list") {
    const list = (Array.isArray(given) ? given : [given]).map(String);
    return { draft: list, value: list };
  }
  const text = given === null || given === undefined ? "" : String(given);
  if (kind === "text") return { draft: text, value: given === null ? null : text };
  const trimmed = text.trim();
  if (trimmed === "") return { draft: text, value: null };
  if (!NUMBER.test(trimmed)) return { draft: text, problem: "Enter a number." };
  return { draft: text, value: Number(trimmed) };
}

/**
 * Whether a value of the server says the same as what the input shows, so that the input keeps its own spelling while
 * the user is in it: `1.` for 1, or a space at the end that the server cut off.
 */
export function saysTheSame(draft: FieldDraft, value: unknown, kind: FieldKind): boolean {
  if (kind === "text") return typeof draft === "string" && draft.trim() === draftOf(value, kind).toString().trim();
  const reading = readDraft(draft, kind);
  if (!("value" in reading)) return false;
  if (kind === "list") return JSON.stringify(reading.value) === JSON.stringify(draftOf(value, kind));
  return Object.is(reading.value, value ?? null);
}

/** What an event of the browser, or a value that a component passes, means for a field. */
export function readChange(change: unknown): {
  readonly given: unknown;
  readonly isTyping: boolean;
  readonly problem?: string;
} {
  const target = (change as { target?: unknown } | null | undefined)?.target;
  if (typeof target !== "object" || target === null || !("value" in target)) {
    return { given: change, isTyping: typeof change === "string" || typeof change === "number" };
  }
  const input = target as Omit<HTMLInputElement, "type"> & {
    type: string;
    selectedOptions: Iterable<HTMLOptionElement>;
  };
  if (input.type === "checkbox") return { given: input.checked, isTyping: false };
  if (input.type === "select-multiple") {
    return { given: Array.from(input.selectedOptions, (option) => option.value), isTyping: false };
  }
  if (input.type === "number" && input.validity?.badInput) {
    // Chromium hides what was typed: the text stays in the input, which keeps showing it.
    return { given: input.value, isTyping: true, problem: "Enter a number." };
  }
  const isChoice =
    input.type === "select-one" || input.type === "radio" || input.type === "range" || input.type === "color";
  return { given: input.value, isTyping: !isChoice };
}
