import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
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

  it("writes the keys as a type where it is asked for, and from then on", async () => {
    expect(existsSync(file("src/messages.d.ts"))).toBe(false);
    await run("makemessages", "--types");
    expect(readFileSync(file("src/messages.d.ts"), "utf8")).toContain(
      'interface AntiphonMessages {\n  "Goodbye": true;\n  "Hello": true;',
    );
  });

  it("refuses a catalogue that cannot be read, and leaves it as it is", async () => {
    writeFileSync(file("locales/de.json"), '{ "Hello": "Hallo", }');
    await expect(run("makemessages")).rejects.toMatchObject({ code: "I18N_CATALOGUE_INVALID" });
    expect(readFileSync(file("locales/de.json"), "utf8")).toBe('{ "Hello": "Hallo", }');
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
    await expect(run("compilemessages", "--strict")).rejects.toThrow(/not translated/);
  });
});
