import { pluralEnding, pluralRules } from "../protocol/messages.ts";
import type { Catalogue } from "./catalogues.ts";

/** A key of the app's sources, with all that its calls need. */
export interface SourceMessage {
  readonly key: string;
  /** Whether it is also used without a context. */
  readonly plain: boolean;
  readonly contexts: ReadonlySet<string>;
  /** Whether a call chooses its context at run time, so that any context may be used. */
  readonly anyContext: boolean;
  /** Whether a call gives a count. */
  readonly counts: boolean;
  readonly ordinal: boolean;
}

/** The texts that the code of an app shows. */
export interface SourceTexts {
  readonly messages: readonly SourceMessage[];
  /** Errors that have a code, with the number of their parameters; undefined if that is not known. */
  readonly errors: ReadonlyMap<string, number | undefined>;
}

/** A catalogue after the keys of the sources were put into it. */
export interface MergedCatalogue {
  readonly catalogue: Catalogue;
  /** Keys that are new in it. */
  readonly added: readonly string[];
  /** Keys that no source uses; they are kept. */
  readonly unused: readonly string[];
  /** Keys without a translation, also in a more general language. In the source language: plural forms that nobody has written. */
  readonly missing: readonly string[];
}

/** How a catalogue is merged. */
export interface MergeOptions {
  readonly language: string;
  /** True for the language in which the app is written: its texts are the keys. */
  readonly isSource: boolean;
  /** Whether a key is used although no call in the sources has it: a text of Antiphon itself, or the code of an error. */
  readonly isOwn: (key: string) => boolean;
  /** Texts of more general languages, which are shown where this one has none. */
  readonly inherited?: Catalogue;
  /** Leaves out the keys that no source uses. */
  readonly removeUnused?: boolean;
}

/**
 * Puts the keys of the sources into a catalogue. What is translated stays, whatever its form; new keys are empty. In the
 * source language only plural forms need a text: the key is the form "other", and the author writes the rest. The keys are
 * sorted, so that the same sources give the same file.
 */
export function mergeCatalogue(
  messages: readonly SourceMessage[],
  existing: Catalogue,
  options: MergeOptions,
): MergedCatalogue {
  const wanted = new Map(messages.flatMap((message) => formsOf(message, options)));
  const used = (key: string) => options.isOwn(key) || messages.some((message) => isFormOf(key, message));
  const unused = Object.keys(existing).filter((key) => !wanted.has(key) && !used(key));
  const kept = Object.entries(existing).filter(([key]) => !options.removeUnused || !unused.includes(key));
  const added = [...wanted].filter(([key]) => !Object.hasOwn(existing, key));
  const entries = [...kept, ...added].sort(([one], [other]) => (one < other ? -1 : 1));
  const catalogue = Object.fromEntries(entries);
  return {
    catalogue,
    added: added.map(([key]) => key),
    unused: options.removeUnused ? [] : unused,
    missing: [...wanted.keys()].filter((key) => catalogue[key] === "" && !Object.hasOwn(options.inherited ?? {}, key)),
  };
}

/** The entries that a message needs in a language, with the text that a new one gets. */
function formsOf({ key, plain, contexts, counts, ordinal }: SourceMessage, { language, isSource }: MergeOptions) {
  const bases = [
    ...(plain || contexts.size === 0 ? [key] : []),
    ...[...contexts].map((context) => `${key}_${context}`),
  ];
  const forms = (base: string, type: "cardinal" | "ordinal") =>
    pluralRules(language, type)
      .resolvedOptions()
      .pluralCategories.map((category) => `${base}${type === "ordinal" ? "_ordinal" : ""}_${category}`);
  return bases.flatMap((base): [string, string][] => {
    // In the source language a text without forms is its own key.
    if (!counts && !ordinal) return isSource ? [] : [[base, ""]];
    const names = [...(counts ? forms(base, "cardinal") : []), ...(ordinal ? forms(base, "ordinal") : [])];
    return names.map((name) => [name, isSource && name.endsWith("_other") ? key : ""]);
  });
}

/** Returns a key without the ending of a plural form. */
export function withoutForm(key: string): string {
  return key.slice(0, key.length - pluralEnding(key).length);
}

/** Whether a key of a catalogue is a form of a message: its plain text, a plural form, or one of its contexts. */
export function isFormOf(key: string, { key: base, contexts, anyContext }: SourceMessage): boolean {
  if (!key.startsWith(base)) return false;
  const rest = key.slice(base.length);
  if (anyContext && rest.startsWith("_")) return true;
  const endings = [rest, ...[...contexts].map((context) => rest.replace(`_${context}`, ""))];
  return endings.some((ending) => withoutForm(ending) === "");
}

/** The text of a catalogue's file. */
export function catalogueText(catalogue: Catalogue): string {
  return `${JSON.stringify(catalogue, undefined, 2)}\n`;
}
