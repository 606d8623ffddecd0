import { callCommand, createServer } from "antiphon";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  collectingLogger,
  copyOfHello,
  openPage,
  PRODUCTION,
  SKIP_REASON,
  startBrowser,
  textOf,
} from "../support/chromium.ts";
import { type Network, openNetwork } from "../support/network.ts";

describe.skipIf(SKIP_REASON)(`a connection that died without a word, in Chromium${SKIP_REASON}`, () => {
  const hello = copyOfHello();
  let server: Awaited<ReturnType<typeof createServer>>;
  let network: Network;
  let browser: Browser;
  let page: Page;
  let context: BrowserContext;

  beforeAll(async () => {
    await callCommand("build", [], { root: hello.root });
    const { logger } = collectingLogger();
    // The heartbeat finds a dead connection after 45 s, which is longer than a test may take.
    const config = PRODUCTION;
    server = await createServer({ root: hello.root, mode: "production", port: 0, host: "127.0.0.1", logger, config });
    await server.listen();
    network = await openNetwork(server.url);
    browser = await startBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await network?.[Symbol.asyncDispose]();
    await server?.close();
    hello.remove();
  });

  beforeEach(async () => {
    ({ page, context } = await openPage(browser, network.url));
    await textOf(page, "count", "0");
  });

  afterEach(() => context.close());

  const more = () => page.getByRole("button", { name: "One more" });
  const banner = () => page.locator(".antiphon-banner").getByText("The server does not answer.");

  test("is found when the page is shown again: the user is told, and the page connects again", async () => {
    network.freeze();
    await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await banner().waitFor();
    await banner().waitFor({ state: "detached" });
    await more().click();
    await textOf(page, "count", "1");
    await textOf(page, "opened", "1");
  });

  test("is found by a click that nobody answers: the click counts once", async () => {
    await more().click();
    await textOf(page, "count", "1");
    network.freeze();
    await more().click();
    await banner().waitFor();
    await textOf(page, "count", "2");
    await banner().waitFor({ state: "detached" });
    await textOf(page, "opened", "1");
  });

  test("is made again at once by who presses the button", async () => {
    network.freeze();
    await more().click();
    await banner().waitFor();
    await page.getByRole("button", { name: "Try now" }).click();
    await textOf(page, "count", "1");
  });

  test("is not seen in a server that is busy for a while: the connection stays", async () => {
    const { made } = network;
    await more().click();
    await textOf(page, "count", "1");
    await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    const end = Date.now() + 3_500;
    while (Date.now() < end);
    await more().click();
    await textOf(page, "count", "2");
    await banner().waitFor({ state: "detached" });
    expect(network.made).toBe(made);
  });
});
