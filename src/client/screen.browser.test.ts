import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BrowserBench, chromiumPath, openBrowserBench } from "./browser.fixture.ts";
import type { FakeEngine } from "./engine/fake-engine.fixture.ts";

interface TestWindow {
  antiphonTest: {
    engine: FakeEngine;
    network: { offline: boolean };
    arrive(): void;
    heal(): void;
    goOnline(): void;
    change(vars: object): void;
  };
  seen: string[];
}
declare const window: Window & TestWindow;

if (!chromiumPath) console.log("Skipped: no Chromium found (set CHROMIUM_PATH).");

describe.skipIf(!chromiumPath)("what is on screen, in Chromium", { timeout: 60_000 }, () => {
  let bench: BrowserBench;
  beforeAll(async () => {
    bench = await openBrowserBench();
  }, 120_000);
  afterAll(() => bench?.close());

  async function openReady(path: string): Promise<Page> {
    const { page } = await bench.open(path);
    await page.evaluate(() => window.antiphonTest.arrive());
    await page.locator("h1").waitFor();
    return page;
  }
  const setTitle = (page: Page, title: string) =>
    page.evaluate((text) => window.antiphonTest.engine.effects({ effect: "setTitle", title: text }), title);
  const place = (page: Page) => page.evaluate(() => window.scrollY);

  test("a layout that waits for its state leaves room for the word that there is no connection", async () => {
    const { page, errors } = await bench.open("/status?layout=waiting");
    await page.evaluate(() => window.antiphonTest.engine.setConnection({ status: "connecting" }));
    await page.locator(".antiphon-banner", { hasText: "Connecting…" }).waitFor();
    expect(await page.locator("#shell").count()).toBe(0);
    await page.evaluate(() => {
      window.antiphonTest.engine.setConnection({ status: "online" });
      window.antiphonTest.engine.change("shell.ShellState", { user: "Ada" });
    });
    await page.locator("#shell", { hasText: "Ada" }).waitFor();
    await page.locator("#status", { hasText: "online" }).waitFor();
    expect(errors).toEqual([]);
  });

  test("a layout that waits for nothing is on screen while its page waits", async () => {
    const { page } = await bench.open("/?layout=failing");
    await page.evaluate(() => window.antiphonTest.heal());
    await page.getByRole("button", { name: "Try again" }).click();
    await page.locator("#shell .antiphon-loading").waitFor({ state: "attached" });
    await page.evaluate(() => window.antiphonTest.arrive());
    await page.locator("#shell h1", { hasText: "Inputs" }).waitFor();
  });

  test("a state of the layout that the server refuses ends in the error page, which can be tried again", async () => {
    const { page } = await bench.open("/status?layout=waiting");
    await page.locator(".antiphon-loading").waitFor({ state: "attached" });
    await page.evaluate(() =>
      window.antiphonTest.engine.refuse("shell.ShellState", "STATE_FORBIDDEN", "You may not see this."),
    );
    await page.getByText("You may not see this.").waitFor();
    await page.getByRole("button", { name: "Try again" }).click();
    await page.evaluate(() => window.antiphonTest.engine.change("shell.ShellState", { user: "Ada" }));
    await page.locator("#status").waitFor();
  });

  test.each(["", "&errors=failing"])(
    "a layout that throws ends in an error page that can be tried again (%s)",
    async (errorPage) => {
      const { page, errors } = await bench.open(`/status?layout=failing${errorPage}`);
      await page.locator("h1", { hasText: "Something went wrong" }).waitFor();
      expect(errors.join("\n")).toContain("[antiphon] CLIENT_PAGE_CRASHED (app)");
      await page.evaluate(() => window.antiphonTest.engine.setConnection({ status: "reconnecting" }));
      await page.locator(".antiphon-banner").waitFor();
      await page.evaluate(() => window.antiphonTest.heal());
      await page.getByRole("button", { name: "Try again" }).click();
      await page.locator("#shell #status").waitFor();
    },
  );

  test("an alert box opens when the changes that it came with are drawn; what follows it waits for it", async () => {
    const page = await openReady("/");
    await page.evaluate(() => {
      const { engine, change } = window.antiphonTest;
      const note = (text: string) => window.seen.push(`${text}: ${document.querySelector("#saved")?.textContent}`);
      window.seen = [];
      window.alert = note;
      console.info = note;
      change({ saved: ["Milk"] });
      requestAnimationFrame(() => note("drawn"));
      engine.effects({ effect: "log", level: "info", message: "before" }, { effect: "alert", message: "alert" });
      engine.effects({ effect: "log", level: "info", message: "after" });
    });
    await page.waitForFunction(() => window.seen.length === 4);
    expect(await page.evaluate(() => window.seen)).toEqual([
      "before: Milk",
      "drawn: Milk",
      "alert: Milk",
      "after: Milk",
    ]);
  });

  test("the focus goes to an input that appears with the same frame", async () => {
    const page = await openReady("/");
    await page.evaluate(() => {
      window.antiphonTest.change({ other: 1 });
      window.antiphonTest.engine.effects({ effect: "focus", target: "late" });
    });
    await page.waitForFunction(() => document.activeElement?.id === "late");
  });

  test("a title that onLoad sets stands when the first page is shown, and goes with the next navigation", async () => {
    const { page } = await bench.open("/");
    await page.locator(".antiphon-loading").waitFor({ state: "attached" });
    await setTitle(page, "3 new");
    await page.evaluate(() => window.antiphonTest.arrive());
    await page.locator("#title").waitFor();
    expect(await page.title()).toBe("3 new");
    await page.locator("#to-list").click();
    await page.waitForFunction(() => document.title === "List");
  });

  test("a title that onLoad sets stands when the page is shown that the navigation leads to", async () => {
    const page = await openReady("/list");
    await setTitle(page, "Of the page that is left");
    await page.evaluate(() => {
      window.antiphonTest.network.offline = true;
    });
    await page.locator("#to-item").click();
    await setTitle(page, "Item one, 2 new");
    await page.evaluate(() => window.antiphonTest.goOnline());
    await page.locator("h1", { hasText: "Item 1" }).waitFor();
    await page.waitForFunction(() => document.querySelector("#antiphon-announcer")?.textContent === "Item one, 2 new");
    expect(await page.title()).toBe("Item one, 2 new");
    await page.locator("#tab").click();
    await page.waitForFunction(() => document.title === "Item 1 b");
  });

  test("a title of index.html stands again on a page that has none, whatever an effect had set", async () => {
    const { page } = await bench.open("/status");
    await page.locator("#status").waitFor();
    await setTitle(page, "1 new");
    await page.evaluate(() => history.pushState(null, "", "/list"));
    await page.evaluate(() => dispatchEvent(new PopStateEvent("popstate")));
    await page.waitForFunction(() => document.title === "List");
    await page.goBack();
    await page.waitForFunction(() => document.title === "Default");
  });

  test("another path in place of the present one begins at the top, another query stays where it is", async () => {
    const page = await openReady("/long");
    await page.locator("#query-instead").scrollIntoViewIfNeeded();
    const before = await place(page);
    await page.locator("#query-instead").click();
    await page.waitForURL(`${bench.url}/long?q=1`);
    await page.waitForFunction(() => document.querySelector("[aria-current]") !== null);
    expect(await place(page)).toBe(before);
    expect(before).toBeGreaterThan(1000);
    await page.locator("#list-instead").click();
    await page.locator("h1", { hasText: "List" }).waitFor();
    expect(await place(page)).toBe(0);
  });

  test("a link to a part of the page leads there each time, and asks the server nothing", async () => {
    const page = await openReady("/long");
    const entries = await page.evaluate(() => history.length);
    for (let click = 0; click < 2; click++) {
      await page.evaluate(() => window.scrollTo(0, 0));
      await page.locator("#to-part").click();
      await page.waitForFunction(() => window.scrollY > 1000);
      expect(page.url()).toBe(`${bench.url}/long#part`);
    }
    expect(await page.evaluate(() => history.length)).toBe(entries + 1);
    expect(await page.evaluate(() => window.antiphonTest.engine.log)).toEqual([]);
  });
});
