import { intlOnce } from "./intl-cache.ts";

declare global {
  /**
   * Keys of the app's messages; `antiphon makemessages --types` writes them into `src/messages.d.ts`. Without that file any
   * text is a key.
   */
  interface AntiphonMessages {}
}

/** A key of the app's messages: the text itself, in the language in which the app is written. */
export type MessageKey = keyof AntiphonMessages extends never ? string : keyof AntiphonMessages & string;

/**
 * Marks a text as a key of the app's messages, and returns it: for texts that are translated elsewhere, by
 * `t(STATUS[row.status])`. `antiphon makemessages` finds it, and a page whose modules have it gets its translation. Server
 * code imports it from `antiphon/i18n`, pages from `antiphon/react`.
 *
 * @example
 * const STATUS = { open: message("Open"), closed: message("Closed") };
 */
export function message<const K extends MessageKey>(key: K): K {
  return key;
}

/** Values for the placeholders of a message, and the choice of its form. */
export interface MessageValues {
  /** Chooses the plural form by the rules of the language, and stands in `{{count}}` as that language writes numbers. */
  readonly count?: number;
  /** Chooses among meanings of one text, such as "verb" and "noun". */
  readonly context?: string;
  /** True for forms of order (1st, 2nd) instead of amount. */
  readonly ordinal?: boolean;
  readonly [name: string]: unknown;
}

/** Translates a key. */
export type Translate = (key: MessageKey, values?: MessageValues) => string;

/** Translations of one language, by key; a key may end in a context and a plural form (`_other`). */
export interface MessageTable {
  readonly language: string;
  readonly texts: { readonly [key: string]: string };
}

/** Everything that a page needs to show itself in one language. */
export interface PageMessages {
  /** Route of the page; empty for the page that exists at no route. */
  readonly route: string;
  readonly language: string;
  /** The texts of the page's language first, then those of other languages for messages that it does not have. */
  readonly tables: readonly MessageTable[];
  /** All keys of the page: a call with another key has no translation. In development, not for the default language. */
  readonly keys?: readonly string[];
}

/** What the document tells the page about languages. */
export interface PageLanguages extends PageMessages {
  /** Names of the app's languages, by code. */
  readonly languages: { readonly [code: string]: string };
  /** Changes with the app's messages. */
  readonly version: string;
  /** Whether the first segment of a path may choose the language. */
  readonly urlPrefix: boolean;
}

/** Id of the document's element that holds {@link PageLanguages} as JSON. */
export const MESSAGES_ELEMENT = "antiphon-messages";

/** Scripts that are written from right to left. */
const RIGHT_TO_LEFT: ReadonlySet<string> = new Set([
  "Adlm",
  "Arab",
  "Hebr",
  "Mand",
  "Nkoo",
  "Rohg",
  "Samr",
  "Syrc",
  "Thaa",
]);

/**
 * Returns the direction in which a language is written.
 *
 * @example
 * textDirection("ar"); // "rtl"
 */
export function textDirection(language: string): "ltr" | "rtl" {
  try {
    return RIGHT_TO_LEFT.has(new Intl.Locale(language).maximize().script ?? "") ? "rtl" : "ltr";
  } catch {
    return "ltr";
  }
}

/** Returns the plural rules of a language. */
export function pluralRules(language: string, type: "cardinal" | "ordinal" = "cardinal"): Intl.PluralRules {
  return intlOnce(`plural ${type} ${language}`, () => new Intl.PluralRules(language, { type }));
}

/**
 * Returns the ending by which a key names a plural form; empty if it names none.
 *
 * @example
 * pluralEnding("{{count}} notes_other"); // "_other"
 * pluralEnding("{{count}}. place_ordinal_few"); // "_ordinal_few"
 */
export function pluralEnding(key: string): string {
  return /(?:_ordinal)?_(?:zero|one|two|few|many|other)$/.exec(key)?.[0] ?? "";
}

/** Keys under which the forms of a message are kept, the most specific first. */
function* formKeys(
  key: string,
  language: string,
  { count, context, ordinal = false }: MessageValues,
): Generator<string> {
  const bases = context === undefined || context === "" ? [key] : [`${key}_${context}`, key];
  for (const base of bases) {
    if (typeof count === "number") {
      if (count === 0 && !ordinal) yield `${base}_zero`;
      const form = ordinal ? `${base}_ordinal` : base;
      yield `${form}_${pluralRules(language, ordinal ? "ordinal" : "cardinal").select(count)}`;
      // A form that is not translated yet: another one of the same language is closer than another language.
      yield `${form}_other`;
    }
    yield base;
  }
}

const PLACEHOLDER = /\{\{([^{}]*)\}\}/g;

/** Returns the names of a text's placeholders. */
export function placeholdersOf(text: string): string[] {
  return [...text.matchAll(PLACEHOLDER)].map(([, name = ""]) => name.trim());
}

/** Returns the values as they stand in a text: the count in the language's own digits. */
function shownValues(language: string, values: MessageValues): { readonly [name: string]: unknown } {
  const { count } = values;
  if (typeof count !== "number") return values;
  return { ...values, count: intlOnce(`number ${language} {}`, () => new Intl.NumberFormat(language)).format(count) };
}

/** Returns the value of a name, or of a path such as `user.name`. */
function valueAt(values: { readonly [name: string]: unknown }, name: string): unknown {
  if (Object.hasOwn(values, name)) return values[name];
  const dot = name.indexOf(".");
  const inner = dot > 0 && Object.hasOwn(values, name.slice(0, dot)) ? values[name.slice(0, dot)] : undefined;
  return typeof inner === "object" && inner !== null ? valueAt(inner as typeof values, name.slice(dot + 1)) : undefined;
}

/** Called with the name of a placeholder that got no value. */
export type NoteMissing = (name: string) => void;

/** Puts values into the placeholders of a text; one without a value stays as it is. */
export function fillPlaceholders(text: string, language: string, values: MessageValues, missing?: NoteMissing): string {
  if (!text.includes("{{")) return text;
  const shown = shownValues(language, values);
  return text.replace(PLACEHOLDER, (whole, given: string) => {
    const name = given.trim();
    const value = valueAt(shown, name);
    if (value === undefined) missing?.(name);
    return value === undefined ? whole : shownText(value ?? "");
  });
}

/** An object without a text, such as one of a browser that has a `toString` of its own, must not take the page away. */
function shownText(value: unknown): string {
  try {
    return String(value);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return "[object Object]";
  }
}

/**
 * Translates a key by the first table that has it; a key that none has is the text itself.
 *
 * @example
 * translate([{ language: "de", texts: { Save: "Speichern" } }], "Save"); // "Speichern"
 */
export function translate(
  tables: readonly MessageTable[],
  key: string,
  values: MessageValues = {},
  missing?: NoteMissing,
): string {
  const shownIn = tables[0]?.language ?? "en";
  for (const { language, texts } of tables) {
    for (const form of formKeys(key, language, values)) {
      const text = Object.hasOwn(texts, form) ? texts[form] : undefined;
      if (text) return fillPlaceholders(text, shownIn, values, missing);
    }
  }
  return fillPlaceholders(key, shownIn, values, missing);
}

/** Keys of the messages that pages use: those of every page (layout, shared parts), and those of each page by its route. */
export interface PageKeys {
  readonly shared: readonly string[];
  readonly pages: { readonly [route: string]: readonly string[] };
}
