import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  collectingLogger,
  copyOfHello,
  openPage,
  SKIP_REASON,
  secondsOf,
  startBrowser,
  startServer,
  textOf,
} from "../support/chromium.ts";

describe.skipIf(SKIP_REASON)(`The hello example while it is edited, in Chromium${SKIP_REASON}`, () => {
  const hello = copyOfHello();
  let server: Awaited<ReturnType<typeof startServer>>;
  let browser: Browser;

  beforeAll(async () => {
    server = await startServer(hello.root, "development", collectingLogger().logger);
    browser = await startBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    hello.remove();
  });

  /** Changes a file of the app; what it returns puts the file back. */
  function edit(file: string, from: string, to: string): () => void {
    const path = join(hello.root, file);
    const before = readFileSync(path, "utf8");
    if (!before.includes(from)) throw new Error(`${file} does not hold ${from}`);
    writeFileSync(path, before.replace(from, to));
    return () => writeFileSync(path, before);
  }

  test("a mistake in a state class lies over the page until it is put right, and the old class goes on", async () => {
    const { page, context } = await openPage(browser, server.url);
    const overlay = page.locator("vite-error-overlay");
    await page.getByRole("button", { name: "Ten more" }).click();
    await textOf(page, "count", "10");
    const restore = edit("src/hello.state.ts", "this.count++", "this.count+++;");
    await overlay.waitFor({ state: "attached" });
    const text = await overlay.evaluate((element) => element.shadowRoot?.textContent ?? "");
    expect(text).toContain("hello.state.ts");
    // By keyboard: the mistake lies over the page.
    await page.getByRole("button", { name: "One more" }).evaluate((button) => (button as HTMLElement).click());
    await textOf(page, "count", "11");
    restore();
    await overlay.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "One more" }).click();
    await textOf(page, "count", "12");
    await textOf(page, "opened", "1");
    await context.close();
  });

  test("an edited page is put in place of the old one: state, text that is being typed, focus and caret stay", async () => {
    const { page, context, complaints } = await openPage(browser, `${server.url}/form`);
    let loads = 0;
    page.on("load", () => loads++);
    const subject = page.getByLabel("Subject");
    await page.getByLabel("Name", { exact: true }).fill("Ada");
    await subject.click();
    await page.keyboard.type("A questio");
    await page.keyboard.press("Home");
    const restore = edit("src/pages/form.tsx", "Sent as a whole", "Sent in one piece");
    await page.getByRole("heading", { name: "Sent in one piece" }).waitFor();
    await page.keyboard.type("Is it ");
    expect(await subject.inputValue()).toBe("Is it A questio");
    expect(await page.getByLabel("Name", { exact: true }).inputValue()).toBe("Ada");
    restore();
    await page.getByRole("heading", { name: "Sent as a whole" }).waitFor();
    expect(await subject.inputValue()).toBe("Is it A questio");
    expect(await page.evaluate(() => document.activeElement?.getAttribute("name"))).toBe("subject");
    expect([loads, complaints]).toEqual([0, []]);
    await context.close();
  });

  test("a mistake in a page lies over it until it is put right, without a reload", async () => {
    const { page, context } = await openPage(browser, `${server.url}/clock`);
    await secondsOf(page, 0);
    let loads = 0;
    page.on("load", () => loads++);
    const overlay = page.locator("vite-error-overlay");
    const restore = edit("src/pages/clock.tsx", "<Page", "<<Page");
    await overlay.waitFor({ state: "attached" });
    restore();
    await overlay.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Start" }).click();
    await secondsOf(page, 1);
    expect(loads).toBe(0);
    await context.close();
  });

  test("a new var of a state class can be used by the page at once, and old vars keep their values", async () => {
    const { page, context } = await openPage(browser, server.url);
    await page.getByRole("button", { name: "Ten more" }).click();
    await textOf(page, "count", "10");
    const state = edit("src/hello.state.ts", "  opened = 0;", '  opened = 0;\n  mood = "calm";');
    const view = edit(
      "src/pages/hello.tsx",
      "{hello.count}",
      "{[hello.count, (hello as { mood?: string }).mood].join(' ')}",
    );
    await textOf(page, "count", "10 calm");
    view();
    state();
    await textOf(page, "count", "10");
    await context.close();
  });

  test("an edited style is shown without a reload", async () => {
    const { page, context } = await openPage(browser, server.url);
    await textOf(page, "count", "0");
    let loads = 0;
    page.on("load", () => loads++);
    const size = () => page.getByTestId("count").evaluate((element) => getComputedStyle(element).fontSize);
    const restore = edit("src/style.css", "font-size: 4.5rem", "font-size: 100px");
    await expect.poll(size).toBe("100px");
    restore();
    await expect.poll(size).toBe("72px");
    expect(loads).toBe(0);
    await context.close();
  });

  test("a clock that ticks when its class is edited ticks on with the new class", async () => {
    const { page, context } = await openPage(browser, `${server.url}/clock`);
    await page.getByRole("button", { name: "Start" }).click();
    await secondsOf(page, 1);
    const restore = edit("src/clock.state.ts", "this.seconds++", "this.seconds += 1000");
    await page.waitForFunction(() => {
      const [minutes] = (document.querySelector('[data-testid="seconds"]')?.textContent ?? "").split(":");
      return Number(minutes) >= 16;
    });
    restore();
    await context.close();
  });
});
