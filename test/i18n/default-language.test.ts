import { join } from "node:path";
import { ContextState, t } from "antiphon/i18n";
import { maxLength } from "antiphon/models";
import { type TestApp, TestBrowser, testApp } from "antiphon/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GreetingState } from "../fixtures/languages-app/src/greeting.state.ts";
import { collectingLogger } from "../support/chromium.ts";

const root = join(import.meta.dirname, "../fixtures/languages-app");
const names = { en: "English", ar: "العربية", de: "Deutsch" };
const { lines, logger } = collectingLogger();
/** Texts that the server has written for the request of the running event. */
const written = () => ({
  framework: t("Try again"),
  plural: t("Use at least {{count}} characters.", { count: 1 }),
  validator: maxLength(1)("abc"),
  app: t("Only here"),
});

let app: TestApp;
beforeAll(async () => {
  const i18n = { languages: names, defaultLanguage: "de" };
  const missing = () => ({ missing: t("Dear {{name}}") });
  app = await testApp({ root, logger, config: { i18n, contextProcessors: [written, missing] } });
});
afterAll(() => app[Symbol.asyncDispose]());

const html = (language: string) => ({ accept: "text/html", cookie: `antiphon_language=${language}` });

function speaking(language: string): TestBrowser {
  const browser = new TestBrowser();
  browser.takeLines([`antiphon_language=${language}; Path=/`]);
  return browser;
}

describe("I18-5: an English visitor of an app whose default language is German", () => {
  it("reads texts, validators and errors of the framework in English", async () => {
    await using tab = await app.open("/", { browser: speaking("en") });
    await tab.watch(ContextState);
    expect(tab.view(ContextState).context).toMatchObject({
      framework: "Try again",
      plural: "Use at least 1 character.",
      validator: "Use at most 1 character.",
      // The app's own texts are in its default language where they are not translated.
      app: "Nur hier",
    });
    await expect(tab.call(GreetingState, "refused")).rejects.toThrow("GreetingState.refused is not allowed here.");
    await expect(tab.call(GreetingState, "check")).rejects.toMatchObject({
      issues: [
        { path: "title", message: "This field is required." },
        { path: "title", message: "Use at most 1 character." },
        { path: "note", message: "Nur hier" },
      ],
    });
    const missing = await app.fetch("/%00", { headers: html("en") });
    expect(await missing.text()).toContain("<h1>400 Bad Request</h1>");
  });

  it("gets no text of the framework in German with the document", async () => {
    const page = await (await app.fetch("/", { headers: html("en") })).text();
    expect(page).toContain('<html lang="en"');
    expect(page).not.toContain("Verbindung");
    expect(await (await app.fetch("/", { headers: html("de") })).text()).toContain("Verbindung");
  });

  it("and a German one reads them in German", async () => {
    await using tab = await app.open("/", { browser: speaking("de") });
    await expect(tab.call(GreetingState, "refused")).rejects.toThrow("GreetingState.refused ist hier nicht erlaubt.");
  });
});

it("outside of production a placeholder without a value is logged once, by text and name", async () => {
  for (const language of ["en", "de"]) {
    await using tab = await app.open("/", { browser: speaking(language) });
    await tab.watch(ContextState);
    expect(tab.view(ContextState).context).toMatchObject({ missing: "Dear {{name}}" });
  }
  expect(lines.filter((line) => line.includes("Dear"))).toEqual([
    't("Dear {{name}}") has no value for {{name}}. Pass it: t("…", { name: … }).',
  ]);
});
