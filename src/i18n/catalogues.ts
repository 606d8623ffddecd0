import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { reasonOf } from "../errors.ts";
import { i18nErrors } from "./errors.ts";
import { generalLanguages } from "./languages.ts";
import { withoutForm } from "./merge-catalogue.ts";

/** Translations by key. */
export type Catalogue = { readonly [key: string]: string };

/** Folder of an app's catalogues, below the app's own. */
export const CATALOGUE_FOLDER = "locales";

/** Translations that come with Antiphon: of its own texts, by language. They are written in English. */
const OWN: { readonly [language: string]: () => Promise<Catalogue> } = {
  en: async () => (await import("./texts/english.ts")).english,
  ar: async () => (await import("./texts/arabic.ts")).arabic,
  de: async () => (await import("./texts/german.ts")).german,
  fr: async () => (await import("./texts/french.ts")).french,
};

/** Returns the translations of Antiphon's own texts into a language: `de` also for `de-AT`. Empty for a language that has none. */
export async function ownCatalogue(language: string): Promise<Catalogue> {
  const [general = ""] = language.split("-", 1);
  return (await (OWN[language] ?? OWN[general])?.()) ?? {};
}

/**
 * Returns the keys of Antiphon's own messages: the English texts, and codes of errors. The English catalogue holds plural
 * forms alone, so the keys come from another one, which has all of them.
 */
export async function ownMessages(): Promise<ReadonlySet<string>> {
  const { german } = await import("./texts/german.ts");
  return new Set(Object.keys(german).map(withoutForm));
}

/** Returns the name of the file of an app's translations into a language. */
export function catalogueFile(language: string): string {
  return `${CATALOGUE_FOLDER}/${language}.json`;
}

/**
 * Reads the translations that an app's language takes over where its own catalogue has none: `de-AT` those of `de.json`, also
 * if visitors cannot choose `de`. Empty values are left out.
 *
 * @throws I18N_CATALOGUE_INVALID
 */
export async function readGeneralCatalogue(root: string, language: string): Promise<Catalogue> {
  const found: Record<string, string> = {};
  for (const general of generalLanguages(language).reverse()) {
    for (const [key, text] of Object.entries(await readCatalogue(root, general))) if (text !== "") found[key] = text;
  }
  return found;
}

/**
 * Reads an app's translations into a language from `locales/<code>.json`; empty without that file.
 *
 * @throws I18N_CATALOGUE_INVALID
 */
export async function readCatalogue(root: string, language: string): Promise<Catalogue> {
  const name = catalogueFile(language);
  let text: string;
  try {
    text = await readFile(join(root, name), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw i18nErrors.I18N_CATALOGUE_INVALID.with({ cause: error }, name, reasonOf(error));
  }
  return parseCatalogue(text, name);
}

/**
 * Reads the text of a catalogue.
 *
 * @throws I18N_CATALOGUE_INVALID
 */
export function parseCatalogue(text: string, name: string): Catalogue {
  let content: unknown;
  try {
    // Some editors begin a file with a byte order mark.
    content = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw i18nErrors.I18N_CATALOGUE_INVALID.with({ cause }, name, reasonOf(cause));
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw i18nErrors.I18N_CATALOGUE_INVALID(name, "it is not an object");
  }
  for (const [key, value] of Object.entries(content)) {
    if (typeof value !== "string") {
      throw i18nErrors.I18N_CATALOGUE_INVALID(name, `the value of ${JSON.stringify(key)} is not a text`);
    }
  }
  return content as Catalogue;
}
