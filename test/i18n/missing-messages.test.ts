import { callCommand, createServer } from "antiphon";
import type { Browser, Page, Route } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import settings from "../fixtures/languages-app/antiphon.config.ts";
import { collectingLogger, copyOfFixture, PRODUCTION, SKIP_REASON, startBrowser } from "../support/chromium.ts";

async function shows(page: Page, selector: string, text: string): Promise<void> {
  await page.waitForFunction(([at, wanted]) => document.querySelector(at)?.textContent === wanted, [
    selector,
    text,
  ] as const);
}

describe.skipIf(SKIP_REASON)(`Messages that do not arrive, in Chromium${SKIP_REASON}`, () => {
  const copy = copyOfFixture("languages-app");
  let server: Awaited<ReturnType<typeof createServer>>;
  let browser: Browser;
  beforeAll(async () => {
    await callCommand("build", [], { root: copy.root });
    const { logger } = collectingLogger();
    const config = { ...settings, ...PRODUCTION };
    server = await createServer({ root: copy.root, mode: "production", port: 0, host: "127.0.0.1", config, logger });
    await server.listen();
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    copy.remove();
  });

  /** Opens the German page; from then on requests for messages go to `answer`, until the network is mended. */
  async function openGerman(answer: (route: Route) => unknown) {
    const context = await browser.newContext({ locale: "de" });
    context.setDefaultTimeout(20_000);
    const page = await context.newPage();
    await page.goto(server.url);
    await shows(page, "#hello", "Hallo");
    const requests: string[] = [];
    const answerCounted = (route: Route) => {
      requests.push(route.request().url());
      return answer(route);
    };
    await page.route("**/_messages*", answerCounted);
    return { context, page, requests, mend: () => page.unroute("**/_messages*", answerCounted) };
  }

  const unavailable = (route: Route) => route.fulfill({ status: 503, body: "x" });
  const offline = (route: Route) => route.abort("internetdisconnected");
  const silent = () => {};

  test.each([
    ["the server is overloaded", unavailable],
    ["there is no network", offline],
    ["the request gets no answer", silent],
  ])(
    "a navigation goes on when %s: the page is shown without its translation, and gets it later",
    async (_, answer) => {
      const { context, page, requests, mend } = await openGerman(answer);
      await page.locator("header a").click();
      await shows(page, "#other", "Only here");
      // Texts that all pages share are there.
      await shows(page, "header h1", "Sprachen");
      expect(new URL(page.url()).pathname).toBe("/other");
      expect(requests.length).toBeLessThanOrEqual(3);
      await mend();
      // A request without an answer is given up much later.
      if (answer !== silent) await shows(page, "#other", "Nur hier");
      await context.close();
    },
  );

  test("a language without messages is not shown, and the page stays as it is until they arrive", async () => {
    const { context, page, requests, mend } = await openGerman(unavailable);
    const refused = page.waitForResponse((response) => response.url().includes("/_messages"));
    await page.locator("select").selectOption("ar");
    await refused;
    const html = () => page.evaluate(() => [document.documentElement.lang, document.documentElement.dir]);
    await shows(page, "#hello", "Hallo");
    expect(await html()).toEqual(["de", "ltr"]);
    expect(requests.length).toBeLessThanOrEqual(2);
    await mend();
    await shows(page, "#hello", "مرحبا");
    expect(await html()).toEqual(["ar", "rtl"]);
    await context.close();
  });
});
