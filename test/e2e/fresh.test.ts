import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { callCommand, createServer } from "antiphon";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  collectingLogger,
  copyOfHello,
  openPage,
  PRODUCTION,
  SKIP_REASON,
  startBrowser,
  textOf,
} from "../support/chromium.ts";

const BANNER = ".antiphon-banner";

describe.skipIf(SKIP_REASON)(`A page whose server was started again, in Chromium${SKIP_REASON}`, () => {
  const hello = copyOfHello();
  let server: Awaited<ReturnType<typeof createServer>> | undefined;
  let browser: Browser;
  let url = "";

  async function start(port: number): Promise<void> {
    const { logger } = collectingLogger();
    const options = {
      root: hello.root,
      mode: "production",
      port,
      host: "127.0.0.1",
      logger,
      config: PRODUCTION,
    } as const;
    server = await createServer(options);
    await server.listen();
    url = server.url;
  }

  async function stop(): Promise<void> {
    await server?.close();
    server = undefined;
  }

  beforeAll(async () => {
    const file = join(hello.root, "src/app.tsx");
    const code = readFileSync(file, "utf8").replace(
      "createApp()",
      "createApp({ onFresh: (fresh) => { document.body.dataset.fresh = JSON.stringify(fresh); } })",
    );
    writeFileSync(file, code);
    await callCommand("build", [], { root: hello.root });
    browser = await startBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await stop();
    hello.remove();
  });

  test("says that it began anew, tells the app, and refuses what was clicked for the state before", async () => {
    await start(0);
    const { page, context } = await openPage(browser, url);
    const more = page.getByRole("button", { name: "One more" });
    for (let click = 0; click < 3; click++) await more.click();
    await textOf(page, "count", "3");
    await stop();
    await more.click();
    await page.getByText("1 change waits to be sent.").waitFor();
    await start(Number(new URL(url).port));
    await page.locator(BANNER).getByText("This page was reset.").waitFor();
    await page.locator(".antiphon-toast").getByText("HelloState.increment did not run").waitFor();
    await textOf(page, "count", "0");
    await textOf(page, "opened", "1");
    expect(await page.evaluate(() => document.body.dataset["fresh"])).toBe('{"sameOwner":true}');
    await page.locator(BANNER).getByRole("button", { name: "OK" }).click();
    await page.locator(BANNER).waitFor({ state: "detached" });
    await more.click();
    await textOf(page, "count", "1");
    await context.close();
    await stop();
  });

  test("says nothing when it is loaded again: it shows what there is", async () => {
    await start(0);
    const { page, context } = await openPage(browser, url);
    const more = page.getByRole("button", { name: "One more" });
    await more.click();
    await textOf(page, "count", "1");
    await stop();
    await start(Number(new URL(url).port));
    await page.locator(BANNER).getByText("This page was reset.").waitFor();
    await page.reload();
    await more.click();
    await textOf(page, "count", "1");
    expect(await page.locator(BANNER).count()).toBe(0);
    expect(await page.evaluate(() => document.body.dataset["fresh"])).toBeUndefined();
    await context.close();
    await stop();
  });
});
