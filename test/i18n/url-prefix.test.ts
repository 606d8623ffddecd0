import { join } from "node:path";
import { I18nState } from "antiphon/i18n";
import { type TestApp, testApp } from "antiphon/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../fixtures/languages-app");

let app: TestApp;
beforeAll(async () => {
  const languages = { en: "English", ar: "العربية", de: "Deutsch" };
  app = await testApp({ root, config: { i18n: { languages, urlPrefix: false } } });
});
afterAll(() => app[Symbol.asyncDispose]());

describe("I18-1: with urlPrefix: false a path chooses no language", () => {
  it("a choice on a page keeps its path, and counts there", async () => {
    await using tab = await app.open("/ar/start?x=1");
    await tab.watch(I18nState);
    const before = tab.view(I18nState).languageCode;
    await tab.call(I18nState, "setLanguage", "de");
    expect([before, tab.view(I18nState).languageCode, tab.url]).toEqual(["en", "de", "/ar/start?x=1"]);
  });

  it("a choice by a form leads to the path that the form names", async () => {
    const response = await app.fetch("/_language", {
      method: "POST",
      headers: { origin: app.url, "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ language: "de", next: "/ar/start" }).toString(),
    });
    expect(response.headers.get("location")).toBe("/ar/start");
    expect(response.headers.get("set-cookie")).toMatch(/^antiphon_language=de;/);
  });

  it("[language] at the beginning of a route matches any text", async () => {
    const response = await app.fetch("/zz/start", { headers: { accept: "text/html" } });
    expect(response.status).toBe(200);
  });

  it("documents say so to their pages", async () => {
    const html = await (await app.fetch("/", { headers: { accept: "text/html" } })).text();
    expect(html).toContain('"urlPrefix":false');
  });
});
