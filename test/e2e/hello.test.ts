import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { callCommand } from "antiphon";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  collectingLogger,
  copyOfHello,
  openPage,
  SKIP_REASON,
  startBrowser,
  startServer,
  textOf,
} from "../support/chromium.ts";
import { type Network, openNetwork } from "../support/network.ts";

type Server = Awaited<ReturnType<typeof startServer>>;

describe.skipIf(SKIP_REASON)(`The hello example in development, in Chromium${SKIP_REASON}`, () => {
  const hello = copyOfHello();
  const log = collectingLogger();
  let server: Server;
  let network: Network;
  let browser: Browser;

  beforeAll(async () => {
    server = await startServer(hello.root, "development", log.logger);
    network = await openNetwork(server.url);
    browser = await startBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await network?.[Symbol.asyncDispose]();
    await server?.close();
    hello.remove();
  });

  test("a click calls the event, the var and its computed var follow, and the console stays quiet", async () => {
    const { page, context, complaints } = await openPage(browser, network.url);
    await page.getByRole("button", { name: "One more" }).click();
    await page.getByRole("button", { name: "Ten more" }).click();
    await textOf(page, "count", "11");
    await textOf(page, "double", "22");
    expect(await page.title()).toBe("Hello");
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("a second tab and a duplicated tab have states of their own, a reloaded tab keeps its own", async () => {
    const { page, context } = await openPage(browser, network.url);
    await page.getByRole("button", { name: "Ten more" }).click();
    await textOf(page, "count", "10");
    const second = await context.newPage();
    await second.goto(network.url);
    await textOf(second, "count", "0");
    // window.open copies the session storage, as duplicating a tab does.
    const [duplicate] = await Promise.all([
      context.waitForEvent("page"),
      page.evaluate(() => {
        window.open(location.href);
      }),
    ]);
    await textOf(duplicate, "count", "0");
    await duplicate.getByRole("button", { name: "One more" }).click();
    await textOf(duplicate, "count", "1");
    await page.reload();
    await textOf(page, "count", "10");
    expect(page.url()).not.toMatch(/tab|token/);
    await context.close();
  });

  test("fast typing over a network with 200 ms latency loses and reorders no character, and the caret never jumps", async () => {
    const { page, context } = await openPage(browser, `${network.url}/form`);
    const name = page.getByLabel("Name", { exact: true });
    const about = page.getByLabel("About you");
    await name.waitFor();
    network.delay = 200;
    try {
      const text = "The quick brown fox jumps over the lazy dog and back again";
      await name.click();
      await page.keyboard.type(text);
      await about.click();
      await page.keyboard.type(text.toUpperCase());
      // In the middle of a text, where a jump of the caret would scatter the letters.
      await name.click();
      await page.keyboard.press("Home");
      for (let step = 0; step < 4; step++) await page.keyboard.press("ArrowRight");
      await page.keyboard.type("very very ");
      const wanted = `The very very ${text.slice(4)}`;
      expect(await name.inputValue()).toBe(wanted);
      const caret = await name.evaluate((input) => (input as HTMLInputElement).selectionStart);
      expect(caret).toBe(14);
      await page.keyboard.press("Tab");
      await textOf(page, "server-name", wanted);
      await textOf(page, "server-about", text.toUpperCase());
      expect(await name.inputValue()).toBe(wanted);
      expect(await about.inputValue()).toBe(text.toUpperCase());
    } finally {
      network.delay = 0;
    }
    await context.close();
  });

  test("a streamed text appears piece by piece", async () => {
    const { page, context } = await openPage(browser, `${network.url}/story`);
    await page.getByTestId("story").waitFor();
    await page.evaluate(() => {
      const story = document.querySelector('[data-testid="story"]') as Element;
      const seen: string[] = [];
      Object.assign(window, { seen });
      new MutationObserver(() => seen.push(story.textContent ?? "")).observe(story, {
        childList: true,
        characterData: true,
        subtree: true,
      });
    });
    await page.getByRole("button", { name: "Tell me" }).click();
    await page.waitForFunction(
      () => document.querySelector('[data-testid="story"]')?.getAttribute("aria-busy") === "true",
    );
    await page.waitForFunction(
      () => document.querySelector('[data-testid="story"]')?.getAttribute("aria-busy") === "false",
    );
    const seen = (await page.evaluate(() => (window as unknown as { seen: string[] }).seen)).filter(
      (text) => text !== "",
    );
    const pieces = [...new Set(seen)];
    expect(pieces.length).toBeGreaterThan(5);
    for (const [index, piece] of pieces.entries()) expect(pieces[index + 1] ?? piece).toContain(piece);
    await context.close();
  });

  test("a handler that throws changes nothing and shows a coded error, and the next event works", async () => {
    const { page, context, complaints } = await openPage(browser, `${network.url}/failures`);
    const button = (name: string) => page.getByRole("button", { name, exact: true });
    await button("Succeed").click();
    await textOf(page, "successes", "1");
    await button("Fail").click();
    await page.getByText("This event always fails.").first().waitFor();
    await expect.poll(() => complaints.join()).toContain("EVENT_FAILED");
    expect(log.lines.join("\n")).toContain("FailuresState.fail failed");
    await textOf(page, "successes", "1");
    await button("Be refused").click();
    await expect.poll(() => complaints.join()).toContain("EVENT_REFUSED");
    await button("Succeed").click();
    await textOf(page, "successes", "2");
    await context.close();
  });

  test("a handler that keeps the process busy for more than 50 ms is named in a warning", async () => {
    const { page, context } = await openPage(browser, `${network.url}/failures`);
    await page
      .getByRole("button", { name: /block|busy/i })
      .first()
      .click();
    await expect.poll(() => log.lines.join("\n")).toContain("FailuresState.block kept the process busy");
    expect(server.stats().blocked).toBeGreaterThan(0);
    await context.close();
  });

  test("one changed row of a thousand is one small frame and one rendered row", async () => {
    const { page, context } = await openPage(browser, `${network.url}/rows`);
    await page.getByText("1000 of 1000").waitFor();
    const session = await context.newCDPSession(page);
    const frames: string[] = [];
    await session.send("Network.enable");
    session.on("Network.webSocketFrameReceived", ({ response }) => frames.push(response.payloadData));
    const renders = () =>
      page.evaluate(() => Array.from(document.querySelectorAll("tbody tr td:last-child"), (cell) => cell.textContent));
    const before = await renders();
    await page.locator("tbody tr").first().getByRole("button").first().click();
    await expect.poll(() => frames.filter((frame) => frame.includes('"changes"')).length).toBe(1);
    const [frame = ""] = frames.filter((text) => text.includes('"changes"'));
    expect(frame.length).toBeLessThanOrEqual(200);
    await expect.poll(async () => (await renders()).filter((count, index) => count !== before[index]).length).toBe(1);
    await context.close();
  });

  test("an edited state class takes effect at once and keeps the counter; a syntax error leaves the old one running", async () => {
    const { page, context } = await openPage(browser, network.url);
    await page.getByRole("button", { name: "Ten more" }).click();
    await textOf(page, "double", "20");
    const file = join(hello.root, "src/hello.state.ts");
    const source = readFileSync(file, "utf8");
    try {
      writeFileSync(file, source.replace("this.count * 2", "this.count * 3"));
      await textOf(page, "double", "30");
      await textOf(page, "count", "10");
      writeFileSync(file, source.replace("this.count * 2", "this.count * *"));
      await expect.poll(() => log.lines.join("\n"), { timeout: 5_000 }).toContain("could not be loaded");
      // The overlay lies over the buttons; it comes some time after the line in the log.
      await page.locator("vite-error-overlay").first().waitFor({ state: "attached" });
      await page.addStyleTag({ content: "vite-error-overlay { display: none }" });
      await page.getByRole("button", { name: "One more" }).click();
      await textOf(page, "double", "33");
    } finally {
      writeFileSync(file, source);
    }
    await textOf(page, "double", "22");
    await textOf(page, "count", "11");
    await context.close();
  });
});

describe.skipIf(SKIP_REASON)(`The hello example as it is built, in Chromium${SKIP_REASON}`, () => {
  const hello = copyOfHello();
  let server: Server;
  let network: Network;
  let browser: Browser;

  beforeAll(async () => {
    await callCommand("build", [], { root: hello.root });
    server = await startServer(hello.root, "production", collectingLogger().logger);
    network = await openNetwork(server.url);
    browser = await startBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await network?.[Symbol.asyncDispose]();
    await server?.close();
    hello.remove();
  });

  test("every page works under the strict policy, and a page's code is loaded when it is visited", async () => {
    const { page, context, complaints } = await openPage(browser, server.url);
    const scripts: string[] = [];
    page.on("response", (response) => {
      if (response.url().endsWith(".js")) scripts.push(response.url());
    });
    await textOf(page, "count", "0");
    for (const name of ["Forms", "Story", "Clock", "Rows", "Effects", "Failures"]) {
      const before = scripts.length;
      await page.getByRole("navigation").getByRole("link", { name }).click();
      await page.getByRole("link", { name, exact: true }).and(page.locator("[aria-current]")).waitFor();
      await page.getByRole("heading", { level: 1 }).waitFor();
      expect(scripts.length, name).toBeGreaterThan(before);
    }
    expect(complaints).toEqual([]);
    const asset = await fetch(scripts[0] as string, { headers: { "accept-encoding": "br" } });
    expect(asset.headers.get("cache-control")).toContain("immutable");
    expect(asset.headers.get("content-encoding")).toBe("br");
    await context.close();
  });

  test("a connection that is killed and comes back loses nothing and repeats nothing", async () => {
    const { page, context } = await openPage(browser, network.url);
    const more = page.getByRole("button", { name: "One more" });
    await more.click();
    await textOf(page, "count", "1");
    await textOf(page, "opened", "1");
    network.cut();
    await more.click();
    await textOf(page, "count", "2");
    network.gone = true;
    try {
      network.cut();
      for (let click = 0; click < 5; click++) await more.click();
      await page.getByText("5 changes wait").waitFor();
      expect(await page.getByTestId("count").textContent()).toBe("2");
    } finally {
      network.gone = false;
    }
    await textOf(page, "count", "7");
    await page.getByRole("button", { name: "Say hello" }).click();
    const toast = page.locator(".antiphon-toast").filter({ hasText: "You have counted to 7" });
    await toast.first().waitFor();
    expect(await toast.count()).toBe(1);
    // onLoad ran once: a connection that comes back is no new visit.
    await textOf(page, "opened", "1");
    await context.close();
  });

  test("guards answer on the first request, an unknown path is 404, and the history works", async () => {
    const refused = await fetch(`${server.url}/secret`, { headers: { accept: "text/html" }, redirect: "manual" });
    expect(refused.status).toBe(403);
    const elsewhere = await fetch(`${server.url}/rows/abc`, { headers: { accept: "text/html" }, redirect: "manual" });
    expect([elsewhere.status, elsewhere.headers.get("location")]).toEqual([302, "/rows"]);
    const unknown = await fetch(`${server.url}/nowhere`, { headers: { accept: "text/html" } });
    expect(unknown.status).toBe(404);
    const { page, context } = await openPage(browser, `${server.url}/rows/3`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    expect(await page.title()).toBe("Row 3 · Hello");
    await page.getByRole("link", { name: "Clock", exact: true }).click();
    await expect.poll(() => page.title()).toBe("Clock · Hello");
    await page.goBack();
    await expect.poll(() => page.title()).toBe("Row 3 · Hello");
    await context.close();
  });
});
