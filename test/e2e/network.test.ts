import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { callCommand, createServer } from "antiphon";
import type { EventTrace } from "antiphon/state";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  collectingLogger,
  copyOfHello,
  openPage,
  PRODUCTION,
  SKIP_REASON,
  secondsOf,
  startBrowser,
  textOf,
} from "../support/chromium.ts";
import { type Network, openNetwork } from "../support/network.ts";

/** What the default notice shows, apart from what it says to screen readers. */
const NOTICES = ".antiphon-toast";

/** Waits until the server has run a handler so many times. */
function done(label: string, times: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let left = times;
  const onEvent = (message: unknown) => {
    if ((message as EventTrace).label !== label || --left > 0) return;
    unsubscribe("antiphon:event", onEvent);
    resolve();
  };
  subscribe("antiphon:event", onEvent);
  return promise;
}

describe.skipIf(SKIP_REASON)(`The hello example over a bad network, in Chromium${SKIP_REASON}`, () => {
  const hello = copyOfHello();
  let server: Awaited<ReturnType<typeof createServer>>;
  let network: Network;
  let browser: Browser;
  let page: Page;
  let context: BrowserContext;

  beforeAll(async () => {
    await callCommand("build", [], { root: hello.root });
    const { logger } = collectingLogger();
    // A connection that says nothing is given up soon, so that the test need not wait for long.
    const config = { ...PRODUCTION, limits: { pingInterval: 300, pingTimeout: 400 } };
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

  async function open(path: string): Promise<void> {
    ({ page, context } = await openPage(browser, network.url + path));
    await page.getByRole("heading", { level: 1 }).waitFor();
  }

  test("a connection on which all vanishes in silence is given up and replaced: clicks count once each", async () => {
    await open("/");
    const more = page.getByRole("button", { name: "One more" });
    await more.click();
    await textOf(page, "count", "1");
    network.silent = true;
    for (let click = 0; click < 4; click++) await more.click();
    const banner = page.getByText("Reconnecting…");
    await banner.waitFor();
    await page.getByText("4 changes wait to be sent.").waitFor();
    await more.click();
    expect(await page.getByTestId("count").textContent()).toBe("1");
    network.silent = false;
    network.cut();
    await textOf(page, "count", "6");
    await banner.waitFor({ state: "detached" });
    await textOf(page, "opened", "1");
    await context.close();
  });

  test("answers that are lost on the way are sent again, and what they answer is not done twice", async () => {
    await open("/");
    const more = page.getByRole("button", { name: "One more" });
    await textOf(page, "count", "0");
    network.delay = 150;
    const taken = done("HelloState.increment", 2);
    await more.click();
    await more.click();
    // The server has done what the clicks ask; its answers are still on their way when the line is cut.
    await taken;
    network.cut();
    network.delay = 0;
    await textOf(page, "count", "2");
    await more.click();
    await textOf(page, "count", "3");
    await textOf(page, "opened", "1");
    await context.close();
  });

  test("a short loss is not worth a word", async () => {
    await open("/");
    await textOf(page, "count", "0");
    await page.evaluate(() => {
      const seen: string[] = [];
      Object.assign(window, { seen });
      new MutationObserver(() => {
        const banner = document.querySelector(".antiphon-banner");
        if (banner) seen.push(banner.textContent ?? "");
      }).observe(document.body, { childList: true, subtree: true });
    });
    network.cut();
    await page.getByRole("button", { name: "One more" }).click();
    await textOf(page, "count", "1");
    expect(await page.evaluate(() => (window as unknown as { seen: string[] }).seen)).toEqual([]);
    await context.close();
  });

  test("a streamed text that is cut twice on its way arrives whole, and its notice comes once", async () => {
    await open("/story");
    const story = page.getByTestId("story");
    await page.getByRole("button", { name: "Tell me" }).click();
    await page.waitForFunction(() => Number(document.querySelector('[data-testid="words"]')?.textContent) > 5);
    network.cut();
    await page.waitForFunction(() => Number(document.querySelector('[data-testid="words"]')?.textContent) > 20);
    network.gone = true;
    network.cut();
    await page.getByText("Reconnecting…").waitFor();
    network.gone = false;
    await textOf(page, "words", "73");
    expect(await story.textContent()).toMatch(/^Once upon a time .* missed nothing\.$/s);
    await page.locator(NOTICES).getByText("The end.").waitFor();
    // Another turn of the server: whatever it had left to repeat has come before this.
    await page.getByRole("link", { name: "Hello", exact: true }).click();
    await page.getByRole("button", { name: "One more" }).click();
    await textOf(page, "count", "1");
    expect(await page.locator(NOTICES).allTextContents()).toEqual([expect.stringMatching(/^The end\.\W*$/)]);
    await context.close();
  });

  test("a text that is typed while the line is down stays as it is typed, and reaches the server", async () => {
    await open("/form");
    const name = page.getByLabel("Name", { exact: true });
    await name.click();
    await page.keyboard.type("Ada ");
    network.gone = true;
    network.cut();
    await page.keyboard.type("Byron");
    await page.getByText("Reconnecting…").waitFor();
    for (let letter = 0; letter < 5; letter++) await page.keyboard.press("ArrowLeft");
    await page.keyboard.type("Lovelace ");
    network.gone = false;
    await page.keyboard.type("née ");
    await textOf(page, "server-name", "Ada Lovelace née Byron");
    expect(await name.inputValue()).toBe("Ada Lovelace née Byron");
    expect(await name.evaluate((input) => (input as HTMLInputElement).selectionStart)).toBe(17);
    await context.close();
  });

  test("a clock that runs in the background goes on through a loss of the connection", async () => {
    await open("/clock");
    await page.getByRole("button", { name: "Start" }).click();
    await secondsOf(page, 1);
    network.gone = true;
    network.cut();
    await page.getByText("Reconnecting…").waitFor();
    network.gone = false;
    await secondsOf(page, 3);
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByRole("button", { name: "Start" }).waitFor();
    await context.close();
  });
});
