import { join } from "node:path";
import { ContextState, I18nState } from "antiphon/i18n";
import { type TestApp, TestBrowser, testApp } from "antiphon/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GreetingState } from "../fixtures/languages-app/src/greeting.state.ts";
import { collectingLogger } from "../support/chromium.ts";
import { CookielessBrowser } from "../support/cookieless-browser.ts";

const root = join(import.meta.dirname, "../fixtures/languages-app");

let app: TestApp;
beforeAll(async () => {
  app = await testApp({ root });
});
afterAll(() => app[Symbol.asyncDispose]());

function speaking(language: string): TestBrowser {
  const browser = new TestBrowser();
  browser.takeLines([`antiphon_language=${language}; Path=/`]);
  return browser;
}

describe("What comes from the path of the tab", () => {
  it("follows each navigation: language, direction, context values", async () => {
    await using tab = await app.open("/", { browser: speaking("de") });
    await tab.watch(I18nState);
    await tab.watch(ContextState);
    const seen = () => {
      const { languageCode, languageBidi } = tab.view(I18nState);
      const { context } = tab.view(ContextState);
      return [languageCode, languageBidi, context["languageCode"], context["theme"]];
    };
    expect(seen()).toEqual(["de", false, "de", "light"]);
    await tab.navigate("/ar/start?theme=dark");
    expect(seen()).toEqual(["ar", true, "ar", "dark"]);
    await tab.navigate("/en/start");
    expect(seen()).toEqual(["en", false, "en", "light"]);
    await tab.navigate("/");
    expect(seen()).toEqual(["de", false, "de", "light"]);
  });
});

it("a navigation that another one overtakes, while values for its page are collected, is no error", async () => {
  const begun = Promise.withResolvers<void>();
  const door = Promise.withResolvers<void>();
  const slow = async ({ path }: { readonly path: string }) => {
    if (path === "/de/start") {
      begun.resolve();
      await door.promise;
    }
    return { path };
  };
  const { lines, logger } = collectingLogger();
  await using other = await testApp({ root, logger, config: { contextProcessors: [slow] } });
  await using tab = await other.open("/");
  await tab.watch(ContextState);
  const left = tab.navigate("/de/start").catch((error: unknown) => error);
  await begun.promise;
  const shown = tab.navigate("/ar/start");
  expect(await left).toMatchObject({ code: "PAGE_LEFT" });
  await shown;
  door.resolve();
  await tab.call(I18nState, "sync");
  expect(tab.view(ContextState).context).toEqual({ path: "/ar/start" });
  expect([tab.problems, lines]).toEqual([[], []]);
});

describe("The language of a running event", () => {
  it("long work speaks the language that the visitor has chosen since it began", async () => {
    await using tab = await app.open("/", { browser: speaking("de") });
    await tab.watch(GreetingState);
    await tab.call(GreetingState, "follow");
    await tab.until(GreetingState, ({ texts }) => texts[0] === "Hallo");
    await tab.call(I18nState, "setLanguage", "ar");
    await tab.until(GreetingState, ({ texts }) => texts.length === 2);
    expect(tab.view(GreetingState).texts).toEqual(["Hallo", "مرحبا"]);
  });

  it("long work speaks the language of the path that the tab has gone to", async () => {
    await using tab = await app.open("/de/start");
    await tab.watch(GreetingState);
    await tab.call(GreetingState, "follow");
    await tab.until(GreetingState, ({ texts }) => texts[0] === "Hallo");
    await tab.navigate("/ar/start");
    await tab.until(GreetingState, ({ texts }) => texts.length === 2);
    expect(tab.view(GreetingState).texts).toEqual(["Hallo", "مرحبا"]);
  });

  it("a choice outlives a change of the user within the same event", async () => {
    await using tab = await app.open("/", { browser: speaking("ar") });
    await tab.watch(I18nState);
    await tab.watch(ContextState);
    await tab.call(GreetingState, "chooseAndRenew");
    const { context } = tab.view(ContextState);
    expect([tab.view(GreetingState).texts, tab.view(I18nState).languageCode]).toEqual([["Hallo"], "de"]);
    expect(context["languageCode"]).toBe("de");
  });
});

describe("A browser that keeps no cookies", () => {
  it("has the chosen language until the page ends, and is told so", async () => {
    await using tab = await app.open("/", { browser: new CookielessBrowser() });
    await tab.watch(I18nState);
    const before = tab.view(I18nState).languageCode;
    await tab.call(I18nState, "setLanguage", "de");
    await expect.poll(() => tab.problems).toEqual([expect.objectContaining({ code: "CLIENT_COOKIES_DROPPED" })]);
    expect([before, tab.view(I18nState).languageCode]).toEqual(["en", "de"]);
  });
});
