import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { callCommand } from "antiphon";
import { afterAll, describe, expect, it } from "vitest";
import { copyOfFixture } from "../support/chromium.ts";

const copy = copyOfFixture("languages-app");
afterAll(() => copy.remove());

const file = (name: string) => join(copy.root, name);
const catalogue = (language: string) =>
  JSON.parse(readFileSync(file(`locales/${language}.json`), "utf8")) as Record<string, string>;
const write = (language: string, texts: object) =>
  writeFileSync(file(`locales/${language}.json`), JSON.stringify(texts));
const run = (name: string, ...args: string[]) => callCommand(name, args, { root: copy.root });

describe("I18-6: makemessages", () => {
  it("finds the keys of views, states, pages and titles, and keeps what is translated", async () => {
    const before = catalogue("ar");
    write("de", { "Only here": "Nur hier", "{{count}} notes_one": "{{count}} Notiz", Gone: "Weg" });
    const out = await run("makemessages");
    expect(catalogue("ar")).toEqual(before);
    expect(catalogue("de")).toEqual({
      Gone: "Weg",
      Goodbye: "",
      Hello: "",
      Languages: "",
      More: "",
      "Only here": "Nur hier",
      Open_verb: "",
      "Other page": "",
      Start: "",
      "{{count}} notes_one": "{{count}} Notiz",
      "{{count}} notes_other": "",
    });
    expect(catalogue("en")).toEqual({
      "{{count}} notes_one": "{{count}} note",
      "{{count}} notes_other": "{{count}} notes",
    });
    expect(out).toContain('locales/de.json: 11 texts, 8 new, 8 not translated\n  not used: "Gone"\n');
  });

  it("changes nothing when it runs again", async () => {
    const files = ["en", "ar", "de"].map((language) => file(`locales/${language}.json`));
    const look = () => files.map((name) => [readFileSync(name, "utf8"), statSync(name).mtimeMs]);
    const before = look();
    await run("makemessages");
    expect(look()).toEqual(before);
  });

  it("never empties a translated plural form, also one that the language does not need", async () => {
    write("de", { "{{count}} notes_many": "{{count}} Notizen", "{{count}} notes_zero": "keine Notiz" });
    const out = await run("makemessages");
    expect(catalogue("de")).toMatchObject({
      "{{count}} notes_many": "{{count}} Notizen",
      "{{count}} notes_zero": "keine Notiz",
    });
    expect(out).not.toContain("notes_many");
  });

  it("removes unused keys only when it is told to", async () => {
    write("de", { Gone: "Weg", Hello: "Hallo" });
    await run("makemessages");
    expect(catalogue("de")).toMatchObject({ Gone: "Weg", Hello: "Hallo" });
    await run("makemessages", "--remove-unused");
    expect(catalogue("de")).not.toHaveProperty("Gone");
    expect(catalogue("de")).toMatchObject({ Hello: "Hallo" });
  });

  it("counts texts of errors by their code, and other texts of the framework, as used", async () => {
    writeFileSync(
      file("src/errors.ts"),
      `import { AntiphonError } from "antiphon";
class NoteError extends AntiphonError {}
export const locked = (by: string) => new AntiphonError("NOTE_LOCKED", "Locked.", { params: [by] });
export const gone = () => new NoteError("NOTE_GONE", "Gone.");
`,
    );
    const used = {
      PAGE_REFUSED: "Kein Zugriff: {{0}}",
      NOTE_LOCKED: "Gesperrt von {{0}}",
      NOTE_GONE: "Weg",
      "Page not found": "Keine Seite",
      "Use at most {{count}} characters._few": "höchstens {{count}} Zeichen",
    };
    write("de", { ...used, PAGE_REFUSD: "Vertippt" });
    const out = await run("makemessages");
    expect(out.match(/not used: .*/g)).toEqual(['not used: "PAGE_REFUSD"']);
    await run("makemessages", "--remove-unused");
    expect(catalogue("de")).toMatchObject(used);
    expect(catalogue("de")).not.toHaveProperty("PAGE_REFUSD");
    rmSync(file("src/errors.ts"));
  });

  it("keeps translations of contexts that are known at run time only", async () => {
    writeFileSync(
      file("src/contexts.ts"),
      `import { t } from "antiphon/i18n";
export const one = (kind: string) => t("Draft", { context: kind });
export const two = () => t("Sent", { context: "mail" });
`,
    );
    write("de", { Draft: "Entwurf", Draft_note: "Notizentwurf", Sent_mail: "Gesendet", Sent_note: "Weg" });
    await run("makemessages", "--remove-unused");
    expect(catalogue("de")).toMatchObject({ Draft: "Entwurf", Draft_note: "Notizentwurf", Sent_mail: "Gesendet" });
    expect(catalogue("de")).not.toHaveProperty("Sent_note");
    rmSync(file("src/contexts.ts"));
    await run("makemessages", "--remove-unused");
  });

  it("leaves a plural form of the default language empty until the author writes it, and names it", async () => {
    const written = catalogue("en");
    write("en", {});
    const out = await run("makemessages");
    expect(catalogue("en")).toEqual({ "{{count}} notes_one": "", "{{count}} notes_other": "{{count}} notes" });
    expect(out).toContain(
      'locales/en.json: 2 texts, 2 new, 1 not translated\n  not written: "{{count}} notes_one"\nlocales/ar.json',
    );
    expect(await run("compilemessages")).toContain("locales/en.json: 2 texts, 1 not translated\n");
    write("en", written);
    expect(await run("makemessages")).toContain("locales/en.json: 2 texts, 0 new\nlocales/ar.json");
    expect(catalogue("en")).toEqual(written);
  });

  it("writes the keys as a type where it is asked for, and from then on", async () => {
    expect(existsSync(file("src/messages.d.ts"))).toBe(false);
    await run("makemessages", "--types");
    expect(readFileSync(file("src/messages.d.ts"), "utf8")).toContain(
      'interface AntiphonMessages {\n  "Goodbye": true;\n  "Hello": true;',
    );
  });

  it("writes nothing when a catalogue cannot be read", async () => {
    const look = () => ["en", "ar", "de"].map((language) => readFileSync(file(`locales/${language}.json`), "utf8"));
    const english = catalogue("en");
    write("en", {});
    writeFileSync(file("locales/de.json"), '{ "Hello": "Hallo", }');
    const before = look();
    await expect(run("makemessages")).rejects.toMatchObject({ code: "I18N_CATALOGUE_INVALID" });
    expect(look()).toEqual(before);
    write("en", english);
  });

  it("writes nothing while a source cannot be parsed, and names the file and line", async () => {
    write("de", { Hello: "Hallo", Start: "Anfang" });
    const source = file("src/pages/start.tsx");
    const code = readFileSync(source, "utf8");
    const before = readFileSync(file("locales/de.json"), "utf8");
    writeFileSync(source, `const broken = ;\n${code}`);
    const refused = { code: "VITE_SOURCE_INVALID", message: expect.stringContaining("src/pages/start.tsx:1 ") };
    await expect(run("makemessages", "--remove-unused")).rejects.toMatchObject(refused);
    await expect(run("compilemessages")).rejects.toMatchObject(refused);
    expect(readFileSync(file("locales/de.json"), "utf8")).toBe(before);
    writeFileSync(source, code);
    await run("makemessages", "--remove-unused");
    expect(catalogue("de")).toMatchObject({ Hello: "Hallo", Start: "Anfang" });
  });
});

describe("I18-6: compilemessages", () => {
  it("fails on placeholders that differ from the key's, and names each", async () => {
    write("de", {
      Hello: "Hallo {{name}}",
      "{{count}} notes_one": "eine Notiz",
      "{{count}} notes_other": "{{cuont}} Notizen",
      More: "Mehr {{",
    });
    await expect(run("compilemessages")).rejects.toThrow(
      /locales\/de\.json: "Hello": \{\{name\}\} is not a placeholder of the key\.\n.*"\{\{count\}\} notes_other": \{\{cuont\}\} is not a placeholder of the key\.\n.*"More": its braces do not match\./,
    );
  });

  it("passes otherwise, and with --strict only when everything is translated", async () => {
    write("de", { Hello: "Hallo" });
    await run("makemessages");
    expect(await run("compilemessages")).toContain("locales/ar.json: 14 texts\n");
    await expect(run("compilemessages", "--strict")).rejects.toThrow(
      /^9 texts not translated\. .*\nlocales\/de\.json: "Goodbye"\n/,
    );
    const german = Object.entries(catalogue("de")).map(([key, text]) => [key, text || key]);
    write("de", Object.fromEntries(german));
    await run("compilemessages", "--strict");
    const english = catalogue("en");
    write("en", { ...english, "{{count}} notes_one": "" });
    await expect(run("compilemessages", "--strict")).rejects.toThrow(
      /^1 text not translated\. .*\nlocales\/en\.json: "\{\{count\}\} notes_one"$/,
    );
    write("en", english);
  });

  it("takes the text of an error by its code, with the parameters that the error has", async () => {
    const german = catalogue("de");
    write("de", {
      ...german,
      PAGE_REFUSED: "Kein Zugriff: {{0}}",
      AUTH_DENIED: "Nein",
      I18N_LANGUAGE_UNKNOWN: "{{1.0}}, nicht {{ 0 }}",
    });
    await run("compilemessages", "--strict");
    write("de", {
      ...german,
      PAGE_REFUSED: "{{1}} und {{page}}",
      AUTH_DENIED: "{{0}}",
      CHANNEL_PROTOCOL_MISMATCH: "{{2}}",
      DATABASE_UNIQUE: "{{0}",
    });
    await expect(run("compilemessages")).rejects.toThrow(
      [
        "The translations have errors:",
        'locales/de.json: "PAGE_REFUSED": {{1}} is not a parameter of the error: it has {{0}}.',
        'locales/de.json: "PAGE_REFUSED": {{page}} is not a parameter of the error: it has {{0}}.',
        'locales/de.json: "AUTH_DENIED": {{0}} is not a parameter of the error: it has none.',
        'locales/de.json: "CHANNEL_PROTOCOL_MISMATCH": {{2}} is not a parameter of the error: it has {{0}}, {{1}}.',
        'locales/de.json: "DATABASE_UNIQUE": its braces do not match.',
      ].join("\n"),
    );
    write("de", german);
  });

  it("warns of a key that looks like the code of an error and is none", async () => {
    const german = catalogue("de");
    writeFileSync(
      file("src/codes.ts"),
      `import { AntiphonError } from "antiphon";
import { t } from "antiphon/i18n";
const GONE = "NOTE_GONE";
export const gone = () => new AntiphonError(GONE, "Gone.");
export const label = () => t("SIZE_XL");
`,
    );
    const used = { PAGE_REFUSED: "Kein Zugriff", NOTE_GONE: "Weg", SIZE_XL: "Groß" };
    write("de", { ...german, ...used, PAGE_REFUSD: "Vertippt", NOTE_GON: "Vertippt", Gone: "Weg" });
    let warned = "";
    const err = { write: (text: string) => void (warned += text) };
    await callCommand("compilemessages", [], { root: copy.root, err });
    expect(warned.match(/Warning: .*"\w+" looks/g)).toEqual([
      'Warning: locales/de.json: "PAGE_REFUSD" looks',
      'Warning: locales/de.json: "NOTE_GON" looks',
    ]);
    rmSync(file("src/codes.ts"));
    write("de", german);
  });
});
