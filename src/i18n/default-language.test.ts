import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { AntiphonError } from "../errors.ts";
import { type MessageValues, translate } from "../protocol/messages.ts";
import { ENGLISH_PAGE_TEXTS } from "../protocol/page-texts.ts";
import { resolveSettings } from "../setting.ts";
import { type I18nConfig, i18nOptions } from "./options.ts";
import { errorFor } from "./reader-text.ts";
import { Translator } from "./translator.ts";

const root = mkdtempSync(join(tmpdir(), "antiphon-default-language-"));
afterAll(() => rmSync(root, { recursive: true }));
mkdirSync(join(root, "locales"));
const CATALOGUES = {
  de: { "Only in German": "Nur auf Deutsch", "Try again": "Noch einmal", "Try again_soft": "Noch einmal, bitte" },
  it: { Loading: "Caricamento" },
  pl: { Loading: "Ładowanie" },
};
for (const [code, texts] of Object.entries(CATALOGUES)) {
  writeFileSync(join(root, `locales/${code}.json`), JSON.stringify(texts));
}

const open = (codes: readonly string[]) => {
  const given: I18nConfig = { languages: Object.fromEntries(codes.map((code) => [code, code])) };
  return Translator.open({ root, config: resolveSettings(i18nOptions, given) });
};
const german = await open(["de", "en", "en-GB", "fr", "pl"]);
const italian = await open(["it", "en", "pl"]);

const CHARACTERS = "Use at least {{count}} characters.";
const CHANGES = "{{count}} changes wait to be sent.";
const CASES: readonly (readonly [of: Translator, language: string, key: string, values: MessageValues, string])[] = [
  [german, "en", "Try again", {}, "Try again"],
  [german, "en-GB", "Try again", {}, "Try again"],
  [german, "en", "Try again", { context: "soft" }, "Try again"],
  [german, "fr", "Try again", {}, "Réessayer"],
  [german, "en", CHARACTERS, { count: 1 }, "Use at least 1 character."],
  [german, "en", CHANGES, { count: 1 }, "1 change waits to be sent."],
  [german, "en", "This field is required.", {}, "This field is required."],
  [german, "en", "Only in German", {}, "Nur auf Deutsch"],
  [german, "fr", "Only in German", {}, "Nur auf Deutsch"],
  // A language without texts of the framework: the app's own, the default language, English.
  [german, "pl", "Loading", {}, "Ładowanie"],
  [german, "pl", "Try again", {}, "Noch einmal"],
  [german, "pl", CHARACTERS, { count: 1 }, "Verwenden Sie mindestens 1 Zeichen."],
  [italian, "pl", "Loading", {}, "Ładowanie"],
  [italian, "it", "Loading", {}, "Caricamento"],
  [italian, "en", "Loading", {}, "Loading"],
  [italian, "pl", "Try again", {}, "Try again"],
  [italian, "pl", CHARACTERS, { count: 1 }, "Use at least 1 character."],
  [italian, "it", CHANGES, { count: 1 }, "1 change waits to be sent."],
];
const KEYS = [...new Set(CASES.map(([, , key]) => key))];
for (const each of [german, italian]) each.takeKeys(async () => ({ shared: KEYS, pages: {} }));

describe("I18-5: texts of the framework with a default language other than English", () => {
  it.each(CASES)("%#: in the reader's language on the server (%s, %s)", (of, language, key, values, expected) => {
    expect(of.translate(language, key, values)).toBe(expected);
  });

  it.each(CASES)("%#: the same in the page (%s, %s)", async (of, language, key, values, expected) => {
    const { tables } = await of.pageMessages(language, "/");
    expect(translate([...tables, ENGLISH_PAGE_TEXTS], key, values)).toBe(expected);
  });

  it("errors and their issues too", () => {
    const error = new AntiphonError("PAGE_REFUSED", "The page /x is not open to you.", { params: ["/x"] });
    expect(errorFor(german, "en", error).message).toBe(error.message);
    expect(errorFor(german, "pl", error).message).toBe("Die Seite /x ist für Sie nicht zugänglich.");
    expect(german.sentence("en", "This field is required.")).toBe("This field is required.");
    expect(errorFor(italian, "pl", error).message).toBe(error.message);
  });

  it("the page of a language that has all texts of the framework gets none in another language", async () => {
    const { tables } = await german.pageMessages("en", "/");
    expect(tables.map(({ language }) => language)).toEqual(["en", "de"]);
    expect(tables[1]?.texts).toEqual({ "Only in German": "Nur auf Deutsch" });
  });
});
