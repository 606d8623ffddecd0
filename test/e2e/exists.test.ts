import { join } from "node:path";
import { testApp } from "antiphon/testing";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  collectingLogger,
  copyOfFixture,
  openPage,
  SKIP_REASON,
  startBrowser,
  startServer,
} from "../support/chromium.ts";

const root = join(import.meta.dirname, "../fixtures/places-app");

describe("a page with exists", () => {
  test("answers 404 for a missing row on its GET, without its title, and 200 for another", async () => {
    await using app = await testApp({ root });
    const get = async (path: string) => {
      const response = await app.fetch(path, { headers: { accept: "text/html" } });
      return { status: response.status, html: await response.text() };
    };
    const missing = await get("/tickets/2");
    expect([missing.status, missing.html.includes("Ticket")]).toEqual([404, false]);
    expect(missing.html).toContain('<meta name="antiphon-missing" content="This does not exist.">');
    const found = await get("/tickets/1");
    expect([found.status, found.html.includes("<title>Ticket 1</title>")]).toEqual([200, true]);
    expect(found.html).not.toContain("antiphon-missing");
  });
});

describe.skipIf(SKIP_REASON !== "")(`a page with exists in a browser${SKIP_REASON}`, { timeout: 60_000 }, () => {
  const app = copyOfFixture("places-app");
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser.close();
    app.remove();
  });

  test("shows the not-found page on the first load and on a navigation, and runs no onLoad", async () => {
    const log = collectingLogger();
    const server = await startServer(app.root, "development", log.logger);
    try {
      const { page } = await openPage(browser, `${server.url}/tickets/2`);
      await page.getByTestId("missing").waitFor();
      expect(await page.title()).toBe("Nothing");
      await page.getByRole("link", { name: "One" }).click();
      await page.getByText("The printer is out of paper").waitFor();
      expect(await page.title()).toBe("Ticket 1");
      await page.getByRole("link", { name: "Two" }).click();
      await page.getByTestId("missing").waitFor();
      expect([await page.title(), new URL(page.url()).pathname]).toEqual(["Nothing", "/tickets/2"]);
      await page.goBack();
      await page.getByText("The printer is out of paper").waitFor();
      expect(log.lines).toEqual([]);
    } finally {
      await server.close();
    }
  });
});
