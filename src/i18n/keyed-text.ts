import type { KeyedText } from "../errors.ts";
import { intlOnce } from "../protocol/intl-cache.ts";
import { type MessageTable, translate } from "../protocol/messages.ts";
import { currentTranslator, inLanguage, readerLanguage } from "./current-language.ts";
import { isLazy, type LazyText } from "./lazy-text.ts";
import { english } from "./texts/english.ts";
import type { Translator } from "./translator.ts";

/** A label within a sentence: as English writes it there, and the key of its translation. */
export interface Word {
  readonly key: string;
  readonly word: string;
}

/** Words within a sentence, joined as the language of the sentence joins them. */
export interface WordList {
  readonly words: readonly (Word | string)[];
  readonly last: "and" | "or";
  /** Whether the list begins the sentence. */
  readonly isFirst?: boolean;
}

/**
 * Returns words as a value of a sentence.
 *
 * @example
 * englishText({ key: "Choose one of {{0}}.", values: { 0: wordList(["S", "M", "L"], "or") } }); // "Choose one of S, M or L."
 */
export function wordList(words: readonly (Word | string)[], last: "and" | "or"): WordList {
  return { words, last };
}

/** Returns the list with a capital letter, for the beginning of a sentence. */
export function capitalized(list: WordList): WordList {
  return { ...list, isFirst: true };
}

const ENGLISH: readonly MessageTable[] = [{ language: "en", texts: english }];

/** Writes a sentence in English, for logs and developers. */
export function englishText({ key, values = {} }: KeyedText): string {
  return translate(
    ENGLISH,
    key,
    shownValues("en", values, ({ word }) => word),
  );
}

/**
 * Writes a sentence in the language of the running request; outside of a request, in the default language of the app. A text
 * of the author's is translated by the app's catalogue.
 */
export function textForReader(text: KeyedText | LazyText | string): string {
  if (isLazy(text)) return String(text);
  const keyed = typeof text === "string" ? { key: text } : text;
  const translator = currentTranslator();
  return translator ? textIn(translator, readerLanguage(), keyed) : englishText(keyed);
}

/** Writes a sentence in a language of an app. */
export function textIn(translator: Translator, language: string, text: KeyedText): string {
  const wordIn = ({ key, word }: Word) => (translator.has(language, key) ? translator.translate(language, key) : word);
  return translator.translate(language, text.key, shownValues(language, text.values ?? {}, wordIn));
}

type Values = { readonly [name: string]: unknown };

function shownValues(language: string, values: Values, wordIn: (word: Word) => string): Values {
  const shown = (value: unknown): unknown => {
    if (isWordList(value)) return listText(language, value, wordIn);
    if (isLazy(value)) return inLanguage(language, () => String(value));
    return isWord(value) ? wordIn(value) : value;
  };
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, shown(value)]));
}

function isWord(value: unknown): value is Word {
  const { key, word } = (value ?? {}) as Partial<Word>;
  return typeof key === "string" && typeof word === "string";
}

function isWordList(value: unknown): value is WordList {
  const { words } = (value ?? {}) as Partial<WordList>;
  return Array.isArray(words) && words.every((word) => typeof word === "string" || isWord(word));
}

function listText(language: string, { words, last, isFirst }: WordList, wordIn: (word: Word) => string): string {
  const type = last === "and" ? "conjunction" : "disjunction";
  const written = words.map((word) => (typeof word === "string" ? word : wordIn(word)));
  // British English has no comma before "and".
  const rules = language === "en" ? "en-GB" : language;
  const format = intlOnce(`list ${rules} ${JSON.stringify({ type })}`, () => new Intl.ListFormat(rules, { type }));
  const list = format.format(written);
  return isFirst ? list.charAt(0).toLocaleUpperCase(language) + list.slice(1) : list;
}
