import { describe, expect, it } from "vitest";
import { runWith } from "../context-variable.ts";
import { AntiphonError } from "../errors.ts";
import { withReader } from "../getter-reads.ts";
import { appBound, RunningApp } from "../running-app.ts";
import { resolveSettings } from "../setting.ts";
import { currentLanguage, formats, inLanguage, t, translatorPart } from "./current-language.ts";
import { capitalized, englishText, textForReader, wordList } from "./keyed-text.ts";
import { type I18nConfig, i18nOptions } from "./options.ts";
import { errorFor, errorForReader } from "./reader-text.ts";
import { Translator } from "./translator.ts";

const languages = { en: "English", de: "Deutsch", ar: "العربية" };
const translator = await Translator.open({ config: resolveSettings(i18nOptions, { languages } as I18nConfig) });
const app = new RunningApp();
app.put(translatorPart, translator);
const within = <T>(language: string, work: () => T): T => runWith([appBound(app)], () => inLanguage(language, work));

const username = { key: "Username", word: "username" };
const list = wordList([username, { key: "Nickname", word: "nickname" }], "and");

describe("Sentences by key and values", () => {
  it("are in English for developers, whatever the reader's language", () => {
    const text = { key: "{{Fields}} are required.", values: { Fields: capitalized(list) } };
    expect(within("ar", () => englishText(text))).toBe("Username and nickname are required.");
    expect(englishText({ key: "Use at most {{count}} decimal places.", values: { count: 1 } })).toBe(
      "Use at most 1 decimal place.",
    );
  });

  it("I18-5: are in the reader's language, with plural form, translated words and its own list of words", () => {
    const write = (key: string, values: object) => within("de", () => textForReader({ key, values: { ...values } }));
    expect(write("Use at most {{count}} decimal places.", { count: 1 })).toBe(
      "Verwenden Sie höchstens 1 Nachkommastelle.",
    );
    expect(write("{{Fields}} are required.", { Fields: list })).toBe("Benutzername und nickname sind erforderlich.");
    expect(write("Choose one of {{0}}.", { 0: wordList(["S", "M", "L"], "or") })).toBe(
      "Wählen Sie einen dieser Werte: S, M oder L.",
    );
  });

  it("I18-5: an error that has one is written by it, unless the app has a text for its code", async () => {
    const text = { key: "{{Field}} is required.", values: { Field: wordList([username], "and") } };
    const error = new AntiphonError("DATABASE_NOT_NULL", englishText(text), { text });
    expect(error.message).toBe("username is required.");
    expect(errorFor(translator, "de", error).message).toBe("Benutzername ist erforderlich.");
    const coded = new AntiphonError("DATABASE_FULL", "", { text });
    expect(errorFor(translator, "de", coded).message).toMatch(/^Die Datenbank hat keinen Platz/);
  });
});

it("I18-5: an error within inLanguage() is written in that language", () => {
  const error = new AntiphonError("PAGE_REFUSED", "The page /x is not open to you.", { params: ["/x"] });
  expect(within("de", () => errorForReader(error).message)).toBe("Die Seite /x ist für Sie nicht zugänglich.");
  expect(runWith([appBound(app)], () => errorForReader(error).message)).toBe(error.message);
});

it("a getter that translates or formats is told what to do instead", () => {
  const reader = { path: "NotesState.title", read: () => {}, readUnseen: () => {} };
  for (const [name, call] of Object.entries({ "t()": () => t("Save"), "formats()": formats, currentLanguage })) {
    expect(() => withReader<unknown>(reader, call)).toThrow(
      expect.objectContaining({
        code: "I18N_READ_IN_GETTER",
        message: expect.stringMatching(
          new RegExp(`^The getter NotesState\\.title called ${name.replace(/\(\)$/, "")}\\(\\)\\. .*useI18n`),
        ),
      }),
    );
  }
});
