import { callCommand, createServer } from "antiphon";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import settings from "../fixtures/languages-app/antiphon.config.ts";
import { collectingLogger, copyOfFixture, PRODUCTION, SKIP_REASON, startBrowser } from "../support/chromium.ts";

/** Waits until an element holds a text, and for nothing longer than it takes. */
async function shows(page: Page, selector: string, text: string): Promise<void> {
  await page.waitForFunction(([at, wanted]) => document.querySelector(at)?.textContent === wanted, [
    selector,
    text,
  ] as const);
}

describe.skipIf(SKIP_REASON)(`Languages in Chromium${SKIP_REASON}`, () => {
  const copy = copyOfFixture("languages-app");
  const log = collectingLogger();
  let server: Awaited<ReturnType<typeof serverWith>>;
  let browser: Browser;
  beforeAll(async () => {
    await callCommand("build", [], { root: copy.root });
    server = await serverWith({});
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    copy.remove();
  });

  async function serverWith(i18n: { readonly defaultLanguage?: string; readonly urlPrefix?: boolean }) {
    const started = await createServer({
      root: copy.root,
      mode: "production",
      port: 0,
      host: "127.0.0.1",
      config: { ...settings, ...PRODUCTION, i18n: { ...settings.i18n, ...i18n } },
      logger: log.logger,
    });
    await started.listen();
    return Object.assign(started, { [Symbol.asyncDispose]: () => started.close() });
  }

  async function open(options: { readonly locale: string; readonly timezoneId: string }, path = "/", at = server.url) {
    const context = await browser.newContext(options);
    context.setDefaultTimeout(20_000);
    const page = await context.newPage();
    const loads: string[] = [];
    page.on("request", (request) => void (request.isNavigationRequest() && loads.push(request.url())));
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(error.message));
    await page.goto(new URL(path, at).href);
    return { context, page, loads, problems };
  }

  test("rows 44, 54: the language switches without a reload, in every tab of the browser, and stays", async () => {
    const { context, page, loads, problems } = await open({ locale: "de-AT", timezoneId: "Europe/Vienna" });
    const other = await context.newPage();
    await other.goto(new URL("/other?theme=dark", server.url).href);
    await shows(page, "#hello", "Hallo");
    await shows(other, "#context", "de dark anonymous");
    await shows(page, "#notes", "1 Notiz");
    await shows(other, "#other", "Nur hier");
    await page.locator("#more").click();
    await shows(page, "#notes", "2 Notizen");
    await page.locator("#amount").fill("1x");
    await shows(page, "#amount-error", "Geben Sie eine Zahl ein.");
    await page.locator("select").selectOption("ar");
    await shows(page, "#hello", "مرحبا");
    // The component kept its state, so nothing was loaded again.
    await shows(page, "#notes", "ملاحظتان");
    await shows(page, "#amount-error", "أدخل رقمًا.");
    await shows(other, "#other", "هنا فقط");
    await shows(other, "#verb", "افتح");
    await shows(other, "#context", "ar dark anonymous");
    expect(
      await page.evaluate(() => [document.documentElement.lang, document.documentElement.dir, document.title]),
    ).toEqual(["ar", "rtl", "البداية"]);
    expect(loads).toHaveLength(1);
    await page.reload();
    await shows(page, "#hello", "مرحبا");
    expect(problems).toEqual([]);
    await context.close();
  });

  test("links between the prefixes of languages, back and forward change the language of the page", async () => {
    const { context, page, loads, problems } = await open({ locale: "en", timezoneId: "UTC" });
    const spoken = async (hello: string, language: string) => {
      await shows(page, "#hello", hello);
      await page.waitForFunction((lang) => document.documentElement.lang === lang, language);
    };
    await spoken("Hello", "en");
    await page.locator('main a[href="/ar/start"]').click();
    await spoken("مرحبا", "ar");
    expect(await page.evaluate(() => document.documentElement.dir)).toBe("rtl");
    await page.locator('main a[href="/de/start"]').click();
    await spoken("Hallo", "de");
    await page.goBack();
    await spoken("مرحبا", "ar");
    await page.goForward();
    await spoken("Hallo", "de");
    await page.goBack();
    await page.goBack();
    await spoken("Hello", "en");
    expect([loads.length, problems]).toEqual([1, []]);
    await context.close();
  });

  test("a link to a prefix that is no language is answered by the server, where paths name languages", async () => {
    const { context, page, loads } = await open({ locale: "de", timezoneId: "UTC" });
    await page.locator('main a[href="/zz/start"]').click();
    await shows(page, "main h1", "Diese Seite gibt es nicht");
    expect(loads).toEqual([`${server.url}/`, `${server.url}/zz/start`]);
    await context.close();
    await using other = await serverWith({ urlPrefix: false });
    const within = await open({ locale: "de", timezoneId: "UTC" }, "/", other.url);
    await within.page.locator('main a[href="/zz/start"]').click();
    await within.page.waitForURL("**/zz/start");
    await shows(within.page, "#hello", "Hallo");
    expect(within.loads).toEqual([`${other.url}/`]);
    await within.context.close();
  });

  test("screen readers get the title in the language that a choice or a link leads to", async () => {
    const { context, page } = await open({ locale: "en", timezoneId: "UTC" }, "/ar/start");
    await shows(page, "#hello", "مرحبا");
    await page.locator("select").selectOption("de");
    await page.waitForURL("**/de/start");
    await shows(page, "#antiphon-announcer", "Anfang");
    await page.locator('main a[href="/ar/start"]').click();
    await shows(page, "#antiphon-announcer", "البداية");
    await context.close();
  });

  test("I18-5: an English visitor of an app whose default language is German reads the framework's texts in English", async () => {
    await using german = await serverWith({ defaultLanguage: "de" });
    const { context, page } = await open({ locale: "en", timezoneId: "UTC" }, "/", german.url);
    await page.locator("#amount").fill("1x");
    await shows(page, "#amount-error", "Enter a number.");
    // The app's own text, which is not translated into English.
    await shows(page, "#hello", "Hallo");
    await page.locator("select").selectOption("de");
    await shows(page, "#amount-error", "Geben Sie eine Zahl ein.");
    await page.locator("select").selectOption("en");
    await shows(page, "#amount-error", "Enter a number.");
    await context.close();
  });

  test("the next page is shown in the language, with its own messages", async () => {
    const { context, page } = await open({ locale: "ar", timezoneId: "Africa/Cairo" });
    await shows(page, "#hello", "مرحبا");
    const fetched: string[] = [];
    page.on("response", (response) => void (response.url().includes("/_messages") && fetched.push(response.url())));
    await page.locator("header a").click();
    await shows(page, "#other", "هنا فقط");
    expect(await page.title()).toBe("صفحة أخرى");
    expect(fetched).toHaveLength(1);
    await context.close();
  });

  test("Arabic from right to left, with dates in the visitor's time zone on both ends", async () => {
    const { context, page } = await open({ locale: "ar-EG", timezoneId: "Asia/Tokyo" });
    await shows(page, "#hello", "مرحبا");
    expect(Intl.DateTimeFormat().resolvedOptions().timeZone).not.toBe("Asia/Tokyo");
    const [shown, number] = await page.evaluate(() => [
      document.querySelector("#time")?.textContent,
      document.querySelector("#number")?.textContent,
    ]);
    const expected = new Intl.DateTimeFormat("ar", { dateStyle: "medium", timeStyle: "short", timeZone: "Asia/Tokyo" });
    expect(shown).toBe(expected.format(new Date("2026-03-01T23:30:00Z")).replaceAll("\u202f", "\u00a0"));
    expect(number).toBe(new Intl.NumberFormat("ar").format("1234.50" as never));
    // What the server wrote into its vars, in the zone that the page has told.
    await page.waitForFunction(() => document.querySelectorAll("#server li").length === 2);
    const fromServer = await page.locator("#server li").allTextContents();
    expect(fromServer).toEqual([shown, number]);
    // What comes first stands on the right.
    const [select, link] = await Promise.all(["select", "header a"].map((at) => page.locator(at).boundingBox()));
    expect(select?.x).toBeGreaterThan(link?.x ?? Number.POSITIVE_INFINITY);
    await context.close();
  });

  test("the build holds no translation: one language travels, with the document", async () => {
    const { context, page } = await open({ locale: "de", timezoneId: "UTC" });
    await shows(page, "#hello", "Hallo");
    const sources = await page.evaluate(async () => {
      const urls = [...document.querySelectorAll<HTMLScriptElement>("script[src]")].map((script) => script.src);
      const linked = [...document.querySelectorAll<HTMLLinkElement>("link[rel=modulepreload]")].map(
        (link) => link.href,
      );
      return (await Promise.all([...urls, ...linked].map(async (url) => (await fetch(url)).text()))).join("\n");
    });
    expect(sources.length).toBeGreaterThan(1000);
    expect(sources).not.toContain("Hallo");
    expect(await page.content()).not.toContain("مرحبا");
    await context.close();
  });
});
