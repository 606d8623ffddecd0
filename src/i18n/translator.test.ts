import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { p } from "@mikro-orm/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AntiphonError } from "../errors.ts";
import { modelErrors } from "../models/errors.ts";
import { firstModelWord, modelWord } from "../models/schema/labels.ts";
import { model } from "../models/schema/model.ts";
import { type MessageValues, type PageKeys, translate } from "../protocol/messages.ts";
import { PAGE_TEXTS } from "../protocol/page-texts.ts";
import { resolveSettings } from "../setting.ts";
import { type I18nConfig, i18nOptions } from "./options.ts";
import { errorFor } from "./reader-text.ts";
import { Translator } from "./translator.ts";

const root = mkdtempSync(join(tmpdir(), "antiphon-locales-"));
afterAll(() => rmSync(root, { recursive: true }));

const forms = (...categories: string[]) =>
  Object.fromEntries(categories.map((category) => [`{{count}} files_${category}`, `${category} {{count}}`]));
const POLISH = {
  "{{count}} pages_other": "pl other {{count}}",
  "By {{user.name}}, {{user.job.title}}": "Od {{user.name}}, {{user.job.title}}",
};
const CATALOGUES = {
  en: {
    ...forms("one", "other"),
    "{{count}} pages_one": "en one",
    "{{count}} pages_other": "en other",
    "Place {{count}}_ordinal_one": "{{count}}st",
    "Place {{count}}_ordinal_two": "{{count}}nd",
    "Place {{count}}_ordinal_few": "{{count}}rd",
    "Place {{count}}_ordinal_other": "{{count}}th",
    "{{count}} files_ordinal_other": "en file {{count}}",
    Only: "Only in English",
  },
  ar: { ...forms("zero", "one", "two", "few", "many", "other"), Open: "مفتوح", Open_verb: "افتح" },
  ru: { ...forms("one", "few", "many", "other"), "Place {{count}}_ordinal_other": "ru place {{count}}" },
  it: { ...forms("one", "many", "other"), "Place {{count}}_ordinal_many": "it place {{count}}" },
  pl: { ...forms("one", "few", "many"), "Hello {{name}}": "Cześć {{ name }}", Empty: "", ...POLISH },
};
mkdirSync(join(root, "locales"));
for (const [code, texts] of Object.entries(CATALOGUES)) {
  writeFileSync(join(root, `locales/${code}.json`), JSON.stringify(texts));
}
const given: I18nConfig = { languages: { en: "English", ar: "العربية", ru: "Русский", it: "Italiano", pl: "Polski" } };
const translator = await Translator.open({ root, config: resolveSettings(i18nOptions, given) });
const KEYS = [
  "{{count}} pages",
  "By {{user.name}}, {{user.job.title}}",
  "{{count}} files",
  "Place {{count}}",
  "Only",
  "Open",
  "Hello {{name}}",
  "Empty",
  "Unknown {{name}}",
];
translator.takeKeys(async () => ({ shared: KEYS, pages: {} }));

const versionOf = async (of: Translator) => (await of.pageMessages("en", "/")).version;

const CASES: readonly (readonly [language: string, key: string, values: MessageValues, expected: string])[] = [
  ["ar", "{{count}} files", { count: 0 }, "zero 0"],
  ["ar", "{{count}} files", { count: 2 }, "two 2"],
  ["ar", "{{count}} files", { count: 7 }, "few 7"],
  ["ar", "{{count}} files", { count: 11 }, "many 11"],
  ["ar", "{{count}} files", { count: 100 }, "other 100"],
  ["ru", "{{count}} files", { count: 21 }, "one 21"],
  ["ru", "{{count}} files", { count: 22 }, "few 22"],
  ["ru", "{{count}} files", { count: 25 }, "many 25"],
  ["ru", "{{count}} files", { count: 1.5 }, "other 1,5"],
  ["pl", "{{count}} files", { count: 22 }, "few 22"],
  ["pl", "{{count}} files", { count: 25 }, "many 25"],
  // Polish has no form for this one here: the default language has.
  ["pl", "{{count}} files", { count: 1.5 }, "other 1,5"],
  // Where only the form "other" is translated, it stands in for the others.
  ["pl", "{{count}} pages", { count: 2 }, "pl other 2"],
  ["ru", "Place {{count}}", { count: 2, ordinal: true }, "ru place 2"],
  // One of two forms of order is translated: the default language has the other.
  ["it", "Place {{count}}", { count: 8, ordinal: true }, "it place 8"],
  ["it", "Place {{count}}", { count: 2, ordinal: true }, "2nd"],
  // All forms of amount are translated, and none of order.
  ["it", "{{count}} files", { count: 2 }, "other 2"],
  ["it", "{{count}} files", { count: 2, ordinal: true }, "en file 2"],
  ["pl", "By {{user.name}}, {{user.job.title}}", { user: { name: "Ada" } }, "Od Ada, {{user.job.title}}"],
  ["en", "{{count}} files", { count: 1234 }, "other 1,234"],
  ["en", "Place {{count}}", { count: 22, ordinal: true }, "22nd"],
  ["ar", "Open", { context: "verb" }, "افتح"],
  ["ar", "Open", { context: "noun" }, "مفتوح"],
  ["pl", "Hello {{name}}", { name: "{{count}} $t(Only)" }, "Cześć {{count}} $t(Only)"],
  ["pl", "Empty", {}, "Empty"],
  ["pl", "Only", {}, "Only in English"],
  ["pl", "Unknown {{name}}", { name: "Ada" }, "Unknown Ada"],
  ["pl", "Unknown {{name}}", {}, "Unknown {{name}}"],
  ["pl", "Hello {{name}}", { name: "Ada", lng: "ar", defaultValue: "x", returnObjects: true }, "Cześć Ada"],
];

describe("I18-4: forms of a message", () => {
  it.each(CASES)("%s: %s with %o is %s on the server", (language, key, values, expected) => {
    expect(translator.translate(language, key, values)).toBe(expected);
  });

  it.each(CASES)("%s: %s with %o is the same in the page", async (language, key, values) => {
    const { tables } = await translator.pageMessages(language, "/");
    expect(translate(tables, key, values)).toBe(translator.translate(language, key, values));
  });
});

it("a page gets its own keys in its own language, and the default language's texts for those that are missing", async () => {
  translator.takeKeys(async () => ({ shared: ["Open"], pages: { "/": ["Only"], "/x": ["Hello {{name}}"] } }));
  const { tables } = await translator.pageMessages("ar", "/");
  const own = (texts: object = {}) =>
    Object.fromEntries(Object.entries(texts).filter(([key]) => key in CATALOGUES.ar || key in CATALOGUES.en));
  expect(tables.map(({ language, texts }) => [language, own(texts)])).toEqual([
    ["ar", { Open: "مفتوح", Open_verb: "افتح" }],
    ["en", { Only: "Only in English" }],
  ]);
  expect(await translator.pageMessages("ar", "constructor")).toMatchObject({ tables: [{ language: "ar" }] });
});

it("the version changes with whatever changes the messages of a page, and with nothing else", async () => {
  const versions = new Map<string, string>();
  const keysOf = async (name: string, keys: () => PageKeys) => {
    const other = await Translator.open({ root, config: resolveSettings(i18nOptions, given) });
    other.takeKeys(async () => keys());
    versions.set(name, await versionOf(other));
    return other;
  };
  await keysOf("none", () => ({ shared: [], pages: {} }));
  await keysOf("shared", () => ({ shared: ["Open"], pages: {} }));
  await keysOf("of a page", () => ({ shared: [], pages: { "/": ["Open"] } }));
  await keysOf("of another page", () => ({ shared: [], pages: { "/x": ["Open"] } }));
  await keysOf("another key", () => ({ shared: ["Only"], pages: {} }));
  expect(new Set(versions.values()).size).toBe(versions.size);
  // In development the keys are found again for each document, and change while the app runs.
  let keys: PageKeys = { shared: ["Open"], pages: { "/": ["Only"] } };
  const changing = await keysOf("changing", () => ({ ...keys }));
  const before = await versionOf(changing);
  expect(await versionOf(changing)).toBe(before);
  expect(await changing.pageLanguages("ar", "/")).toMatchObject({ version: before });
  keys = { shared: ["Open"], pages: { "/": ["Only", "Hello {{name}}"] } };
  expect(await versionOf(changing)).not.toBe(before);
  keys = { shared: ["Open"], pages: { "/": ["Only"] } };
  expect(await versionOf(changing)).toBe(before);
});

it("the version changes with the framework's own texts on pages", async () => {
  const open = () => Translator.open({ root, config: resolveSettings(i18nOptions, given) });
  const version = await versionOf(await open());
  const texts = PAGE_TEXTS as unknown as string[];
  texts.push("Only");
  try {
    expect(await versionOf(await open())).not.toBe(version);
  } finally {
    texts.pop();
  }
  expect(await versionOf(await open())).toBe(version);
});

it("a catalogue that is no object of texts is refused with its name, and the earlier one stays", async () => {
  const before = await versionOf(translator);
  writeFileSync(join(root, "locales/pl.json"), `{ "Hello": 1 }`);
  await translator.load();
  expect(translator.failure).toMatchObject({
    code: "I18N_CATALOGUE_INVALID",
    message: expect.stringContaining("locales/pl.json"),
  });
  writeFileSync(join(root, "locales/pl.json"), "{");
  await translator.load();
  expect(translator.failure).toMatchObject({ code: "I18N_CATALOGUE_INVALID" });
  expect(await versionOf(translator)).toBe(before);
  writeFileSync(join(root, "locales/pl.json"), `{ "Hello": "Cześć" }`);
  await translator.load();
  expect(translator.failure).toBeUndefined();
  expect(await versionOf(translator)).not.toBe(before);
  expect(translator.translate("pl", "Hello")).toBe("Cześć");
});

it("I18-5: an error is written by its code and parameters, else by its sentence", async () => {
  const german = await Translator.open({
    config: resolveSettings(i18nOptions, { languages: { en: "English", de: "Deutsch" } } as I18nConfig),
  });
  const text = (code: string, message: string, ...params: unknown[]) =>
    errorFor(german, "de", new AntiphonError(code, message, { params })).message;
  expect(text("PAGE_REFUSED", "The page /x is not open to you.", "/x")).toBe(
    "Die Seite /x ist für Sie nicht zugänglich.",
  );
  expect(text("AUTH_CREDENTIALS_INVALID", "Invalid username or password.", "Invalid username or password.")).toBe(
    "Benutzername oder Passwort ist falsch.",
  );
  expect(text("MINE", "Nobody translates this.")).toBe("Nobody translates this.");
  const refused = new AntiphonError("PAGE_REFUSED", "As it is.", { params: ["/x"] });
  expect(errorFor(german, "en", refused).message).toBe("As it is.");
});

describe("I18-5: a parameter of an error", () => {
  let german: Translator;
  beforeAll(async () => {
    const folder = join(root, "parameters");
    mkdirSync(join(folder, "locales"), { recursive: true });
    const texts = { NOTE_LOCKED: "Gesperrt: {{0}}", Open: "Offen", "blog post": "Blogbeitrag" };
    writeFileSync(join(folder, "locales/de.json"), JSON.stringify(texts));
    const config = resolveSettings(i18nOptions, { languages: { en: "English", de: "Deutsch" } } as I18nConfig);
    german = await Translator.open({ root: folder, config });
  });
  const text = (param: unknown, code = "NOTE_LOCKED") =>
    errorFor(german, "de", new AntiphonError(code, "As it is.", { params: [param] })).message;

  it("is shown as it is, also if it equals a key: it may be a text of a user", () => {
    expect(text("Open")).toBe("Gesperrt: Open");
    expect(text("Loading")).toBe("Gesperrt: Loading");
  });

  it("is translated where it is marked", () => {
    expect(text({ key: "Open", word: "open" })).toBe("Gesperrt: Offen");
    expect(text({ key: "Closed", word: "closed" })).toBe("Gesperrt: closed");
  });

  it("is translated if it is a label of a model", () => {
    class BlogPost extends model("BlogPost", { id: p.integer().primary() }) {}
    expect(errorFor(german, "de", modelErrors.QUERY_NOT_FOUND(modelWord(BlogPost))).message).toBe(
      "Blogbeitrag wurde nicht gefunden.",
    );
    expect(modelErrors.QUERY_NOT_FOUND(modelWord(BlogPost)).message).toBe("No blog post was found.");
    expect(modelErrors.DATABASE_CONFLICT(firstModelWord(BlogPost)).message).toMatch(/^Blog post was changed/);
  });

  it.each([
    [{ key: 1, word: {} }],
    [{ words: 1 }],
    [{ words: [{ word: 1 }] }],
    [{ toString: 1 }],
    [Object.create(null)],
  ])("has no effect if it is an object of another form", (param) =>
    expect(text(param)).toBe("Gesperrt: [object Object]"),
  );
});

describe("The catalogue of a language", () => {
  async function opened(codes: string, catalogues: { readonly [code: string]: string | object }) {
    const folder = mkdtempSync(join(root, "general-"));
    mkdirSync(join(folder, "locales"));
    for (const [code, texts] of Object.entries(catalogues)) {
      const content = typeof texts === "string" ? texts : JSON.stringify(texts);
      writeFileSync(join(folder, `locales/${code}.json`), content);
    }
    const languages = Object.fromEntries(codes.split(" ").map((code) => [code, code]));
    return Translator.open({ root: folder, config: resolveSettings(i18nOptions, { languages } as I18nConfig) });
  }

  it("has the texts of a more general one for those that it lacks", async () => {
    const translator = await opened("en de-AT", {
      de: { Bread: "Brot", Roll: "Brötchen", Save: "Sichern" },
      "de-AT": { Roll: "Semmel", Bread: "" },
    });
    const of = (key: string) => translator.translate("de-AT", key);
    expect([of("Bread"), of("Roll"), of("Save")]).toEqual(["Brot", "Semmel", "Sichern"]);
    translator.takeKeys(async () => ({ shared: ["Bread", "Roll"], pages: {} }));
    expect((await translator.pageMessages("de-AT", "/")).tables[0]?.texts).toMatchObject({
      Bread: "Brot",
      Roll: "Semmel",
    });
  });

  it("has none of a language in another script", async () => {
    const translator = await opened("en zh-Hant zh-Hant-HK", { zh: { Bread: "面包" }, "zh-Hant": { Roll: "麵包捲" } });
    expect(translator.translate("zh-Hant", "Bread")).toBe("Bread");
    expect(translator.translate("zh-Hant-HK", "Roll")).toBe("麵包捲");
  });

  it("may begin with a byte order mark", async () => {
    expect((await opened("en de", { de: '\uFEFF{ "Bread": "Brot" }' })).translate("de", "Bread")).toBe("Brot");
  });
});

it.each([
  ["an object without a prototype", Object.create(null), "[object Object]"],
  ["an object of a browser", { toString: 1, valueOf: 2 }, "[object Object]"],
  ["a list of such objects", [Object.create(null)], "[object Object]"],
  ["a symbol", Symbol("s"), "Symbol(s)"],
  ["null", null, ""],
])("a value that is %s is shown without an error", (_, a, shown) => {
  expect(translate([], "{{a}}", { a })).toBe(shown);
});

it("a placeholder without a value is noted once for each message", async () => {
  const noted: string[] = [];
  const config = resolveSettings(i18nOptions, given);
  const noting = await Translator.open({ root, config, onMissingValue: (...parts) => noted.push(parts.join(": ")) });
  for (const language of ["en", "ru"]) {
    noting.translate(language, "Hello {{name}}", { nmae: "Ada" });
    noting.translate(language, "Hello {{name}}", { name: "Ada" });
    noting.translate(language, "{{count}} files", { count: 0 });
    noting.translate(language, "Empty {{name}}", { name: null });
    noting.translate(language, "By {{user.name}}, {{user.job.title}}", { user: { name: "Ada" } });
  }
  expect(noted).toEqual(["Hello {{name}}: name", "By {{user.name}}, {{user.job.title}}: user.job.title"]);
});

describe("Keys without a translation", () => {
  const KEYS_OF_PAGE: PageKeys = { shared: ["Hello {{name}}", "Shared"], pages: { "/": ["Page", "Try again"] } };
  const open = async (isNoting: boolean, settings = given) => {
    const noted: string[] = [];
    const note = { onUntranslated: (...[code, keys]: [string, readonly string[]]) => noted.push(`${code}: ${keys}`) };
    const config = resolveSettings(i18nOptions, settings);
    const noting = await Translator.open({ root, config, ...(isNoting ? note : {}) });
    noting.takeKeys(async () => KEYS_OF_PAGE);
    return { noted, noting };
  };

  it("are noted once for each language, when a page or a call uses them", async () => {
    const { noted, noting } = await open(true);
    for (let round = 0; round < 2; round++) {
      for (const language of ["en", "ar"]) {
        await noting.pageMessages(language, "/");
        noting.translate(language, "Called");
        noting.translate(language, "Open", { context: "verb" });
        // One of the framework's own.
        noting.translate(language, "Your password may have at most {{0}} bytes.");
      }
    }
    noting.translate("ru", "Called");
    expect(noted).toEqual(["ar: Hello {{name}},Shared,Page", "ar: Called", "ru: Called"]);
  });

  it("are named by their plural forms where others are translated, of amount and of order, in each context", async () => {
    const czech = {
      "{{count}} files_one": "soubor",
      "{{count}} files_shared_few": "{{count}} sdílené",
      "{{count}} files_shared_other": "{{count}} sdílených",
      "{{count}} pages_one": "strana",
      "{{count}} pages_few": "{{count}} strany",
      "{{count}} pages_many": "{{count}} strany",
      "{{count}} pages_other": "{{count}} stran",
      "Place {{count}}_ordinal_one": "první",
      Open: "Otevřít",
    };
    writeFileSync(join(root, "locales/cs.json"), JSON.stringify(czech));
    const { noted, noting } = await open(true, { languages: { en: "English", cs: "Čeština" } });
    noting.takeKeys(async () => ({ shared: [], pages: { "/": ["{{count}} files", "{{count}} pages", "New"] } }));
    await noting.pageMessages("cs", "/");
    for (const key of ["{{count}} files", "Place {{count}}", "Open"]) noting.translate("cs", key, { count: 1 });
    expect(noted).toEqual([
      `cs: ${[
        "{{count}} files_few",
        "{{count}} files_many",
        "{{count}} files_other",
        "{{count}} files_shared_one",
        "{{count}} files_shared_many",
        "New",
      ]}`,
      "cs: Place {{count}}_ordinal_other",
    ]);
  });

  it("are then told to pages with all their keys, which are part of the version", async () => {
    const { noting } = await open(true);
    // The texts of the default language are the keys.
    expect(await noting.pageMessages("en", "/")).not.toHaveProperty("keys");
    const messages = await noting.pageMessages("ar", "/");
    expect(messages.keys).toEqual([...PAGE_TEXTS, "Hello {{name}}", "Shared", "Page"]);
    noting.takeKeys(async () => ({ ...KEYS_OF_PAGE, shared: ["Other"] }));
    expect((await noting.pageMessages("ar", "/")).version).not.toBe(messages.version);
    const { noted, noting: quiet } = await open(false);
    expect(await quiet.pageMessages("ar", "/")).not.toHaveProperty("keys");
    expect(noted).toEqual([]);
  });
});
