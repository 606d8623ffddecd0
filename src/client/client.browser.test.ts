import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BrowserBench, chromiumPath, openBrowserBench } from "./browser.fixture.ts";
import type { FakeEngine } from "./engine/fake-engine.fixture.ts";

interface TestWindow {
  antiphonTest: {
    engine: FakeEngine;
    network: { latency: number; offline: boolean };
    renders: { saved: number; inputs: number };
    arrive(): void;
    heal(): void;
    goOnline(): void;
    change(vars: object): void;
  };
}
declare const window: Window & TestWindow;

if (!chromiumPath) console.log("Skipped: no Chromium found (set CHROMIUM_PATH).");

describe.skipIf(!chromiumPath)("in Chromium", { timeout: 60_000 }, () => {
  let bench: BrowserBench;
  beforeAll(async () => {
    bench = await openBrowserBench();
  }, 120_000);
  afterAll(() => bench?.close());

  async function openReady(path = "/"): Promise<{ page: Page; errors: string[] }> {
    const opened = await bench.open(path);
    await opened.page.evaluate(() => window.antiphonTest.arrive());
    return opened;
  }
  const log = (page: Page) => page.evaluate(() => window.antiphonTest.engine.log);

  test("a page waits for its state and is shown when it arrives", async () => {
    const { page } = await bench.open("/");
    await page.locator(".antiphon-loading").waitFor({ state: "attached" });
    expect(await page.locator("#title").count()).toBe(0);
    await page.evaluate(() => window.antiphonTest.arrive());
    await page.locator("#title").waitFor();
    expect(await page.title()).toBe("Inputs");
  });

  test("fast typing with 250 ms of latency loses and reorders no character", async () => {
    const { page } = await openReady();
    const text = "The quick brown fox jumps over the lazy dog, twice 1234567890";
    await page.locator("#title").pressSequentially(text, { delay: 25 });
    expect(await page.inputValue("#title")).toBe(text);
    await page.locator("#title-state", { hasText: "clean" }).waitFor();
    expect(await page.inputValue("#title")).toBe(text);
    expect((await log(page)).at(-1)).toBe(`write title ${text}`);
  });

  test("typing with pauses longer than the debounce, while answers arrive late, keeps every character", async () => {
    const { page } = await openReady();
    const text = "slow and steady typing";
    await page.locator("#title").pressSequentially(text, { delay: 170 });
    expect(await page.inputValue("#title")).toBe(text);
    await page.locator("#title-state", { hasText: "clean" }).waitFor();
    expect((await log(page)).at(-1)).toBe(`write title ${text}`);
  });

  test("text that the server turns into capitals keeps the caret in its middle", async () => {
    const { page } = await openReady();
    await page.locator("#upper").pressSequentially("abcdef");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    await page.waitForFunction(() => (document.querySelector("#upper") as HTMLInputElement).value === "ABCDEF");
    expect(await page.evaluate(() => (document.querySelector("#upper") as HTMLInputElement).selectionStart)).toBe(4);
    await page.keyboard.type("xy");
    await page.waitForFunction(() => (document.querySelector("#upper") as HTMLInputElement).value === "ABCDXYEF");
    expect(await page.evaluate(() => (document.querySelector("#upper") as HTMLInputElement).selectionStart)).toBe(6);
  });

  test("typing in the middle of a text leaves the caret there", async () => {
    const { page } = await openReady();
    await page.evaluate(() => window.antiphonTest.change({ title: "Hello world" }));
    await page.locator("#title").focus();
    await page.evaluate(() => (document.querySelector("#title") as HTMLInputElement).setSelectionRange(5, 5));
    await page.keyboard.type(", dear", { delay: 60 });
    await page.locator("#title-state", { hasText: "clean" }).waitFor();
    expect(await page.inputValue("#title")).toBe("Hello, dear world");
    expect(await page.evaluate(() => (document.querySelector("#title") as HTMLInputElement).selectionStart)).toBe(11);
  });

  test("an event sees the text that was typed just before it", async () => {
    const { page } = await openReady();
    await page.locator("#title").pressSequentially("Milk");
    await page.locator("#save").click();
    await page.locator("#saved li", { hasText: "Milk" }).waitFor();
    await page.waitForFunction(() => (document.querySelector("#title") as HTMLInputElement).value === "");
    expect((await log(page)).slice(-2)).toEqual(["write title Milk", "call save"]);
  });

  test("Enter in a form sends the text, then the event, once; the focused input is emptied", async () => {
    const { page } = await openReady();
    await page.locator("#title").pressSequentially("Bread");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Enter");
    expect(await page.locator("#form").getAttribute("aria-busy")).toBe("true");
    await page.locator("#saved li", { hasText: "Bread" }).waitFor();
    await page.waitForFunction(() => (document.querySelector("#title") as HTMLInputElement).value === "");
    expect((await log(page)).filter((line) => line === "call save").length).toBe(1);
    expect(await page.locator("#form").getAttribute("aria-busy")).toBe(null);
    expect(page.url()).toBe(`${bench.url}/`);
  });

  test("a refused text stops the form, keeps what was typed and says why", async () => {
    const { page } = await openReady();
    await page.locator("#title").pressSequentially("bad");
    await page.locator("#submit").click();
    await page.locator("#title-error", { hasText: "Not this word" }).waitFor();
    await page.waitForFunction(() => document.activeElement?.id === "title");
    expect(await page.inputValue("#title")).toBe("bad");
    expect(await page.locator("#title").getAttribute("aria-invalid")).toBe("true");
    expect(await log(page)).not.toContain("call save");
  });

  test("half-typed numbers, ticks and choices reach the server as values", async () => {
    const { page } = await openReady();
    await page.locator("#count").fill("");
    await page.locator("#count").pressSequentially("2.5", { delay: 200 });
    await page.locator("#done").check();
    await page.locator("#size").selectOption("large");
    await page.waitForFunction(() => window.antiphonTest.engine.states.get("notes.NotesState")?.size === "large");
    expect(await page.inputValue("#count")).toBe("2.5");
    expect(await page.evaluate(() => window.antiphonTest.engine.states.get("notes.NotesState"))).toMatchObject({
      count: 2.5,
      done: true,
      size: "large",
    });
    expect(await page.isChecked("#done")).toBe(true);
  });

  test("text typed while the connection is down stays and is sent when it is back", async () => {
    const { page } = await openReady();
    await page.evaluate(() => {
      window.antiphonTest.network.offline = true;
      window.antiphonTest.engine.setConnection({ status: "reconnecting", pending: 1 });
    });
    await page.locator("#title").pressSequentially("offline text", { delay: 20 });
    const banner = page.locator(".antiphon-banner");
    await banner.waitFor();
    expect(await banner.textContent()).toContain("1 change waits");
    await banner.getByRole("button", { name: "Try now" }).click();
    expect(await page.evaluate(() => window.antiphonTest.engine.retries)).toBe(1);
    await page.evaluate(() => {
      window.antiphonTest.engine.setConnection({ status: "online", pending: 0 });
      window.antiphonTest.goOnline();
    });
    await page.locator("#title-state", { hasText: "clean" }).waitFor();
    expect(await page.inputValue("#title")).toBe("offline text");
    expect(await page.locator(".antiphon-banner").count()).toBe(0);
  });

  test("a component renders again only for vars that it read", async () => {
    const { page } = await openReady();
    await page.locator("#saved").waitFor({ state: "attached" });
    const before = await page.evaluate(() => window.antiphonTest.renders.saved);
    await page.evaluate(() => window.antiphonTest.change({ other: 1 }));
    await page.evaluate(() => window.antiphonTest.change({ other: 2 }));
    await page.evaluate(() => new Promise(requestAnimationFrame));
    expect(await page.evaluate(() => window.antiphonTest.renders.saved)).toBe(before);
    await page.evaluate(() => window.antiphonTest.change({ saved: ["a"] }));
    await page.locator("#saved li").waitFor();
    expect(await page.evaluate(() => window.antiphonTest.renders.saved)).toBe(before + 1);
  });

  test.each(["#unhandled", "#unhandled-async"])(
    "a failed event that nobody catches (%s) becomes a notice, not an uncaught error",
    async (button) => {
      const { page, errors } = await openReady();
      await page.locator(button).click();
      const toast = page.locator(".antiphon-toast");
      await toast.waitFor();
      expect(await toast.textContent()).toContain("It failed on the server.");
      expect(errors.filter((line) => line.startsWith("uncaught"))).toEqual([]);
      expect(errors.join("\n")).toContain("[antiphon] EVENT_FAILED (app)");
      await page.getByRole("button", { name: "Close notification" }).click();
      await toast.waitFor({ state: "detached" });
    },
  );

  test("a failed event that the caller catches, or that useEvent shows, makes no notice", async () => {
    const { page, errors } = await openReady();
    await page.locator("#caught").click();
    await page.waitForFunction(() => document.title === "EVENT_FAILED");
    await page.locator("#handle").click();
    await page.locator("#handle", { hasText: "…" }).waitFor();
    await page.locator("#handle").click();
    await page.locator("#handle", { hasText: "EVENT_FAILED" }).waitFor();
    expect((await log(page)).filter((line) => line.startsWith("call fail")).length).toBe(2);
    expect(await page.locator(".antiphon-toast").count()).toBe(0);
    expect(errors).toEqual([]);
  });

  test("going to another page sets title, meta, focus and scroll, and going back restores them", async () => {
    const { page } = await openReady("/list");
    await page.locator("#to-item").scrollIntoViewIfNeeded();
    const left = await page.evaluate(() => window.scrollY);
    expect(left).toBeGreaterThan(1000);
    await page.locator("#to-item").click();
    await page.locator("h1", { hasText: "Item 1" }).waitFor();
    expect(await page.title()).toBe("Item 1");
    expect(page.url()).toBe(`${bench.url}/items/1?tab=a`);
    expect(await page.evaluate(() => window.scrollY)).toBe(0);
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("H1");
    expect(await page.locator("#antiphon-announcer").textContent()).toBe("Item 1");
    expect(await page.locator("meta[name=description]").getAttribute("content")).toBe("default");
    await page.goBack();
    await page.locator("#tall").waitFor();
    expect(await page.evaluate(() => window.scrollY)).toBe(left);
    expect(await page.locator("meta[name=description]").getAttribute("content")).toBe("All");
    expect(await log(page)).toEqual(["navigate /items/1?tab=a", "navigate /list"]);
  });

  test("other parameters of the same route render the page again without mounting it again", async () => {
    const { page } = await openReady("/items/1");
    await page.locator("#next").click();
    await page.locator("#where", { hasText: "/items/2" }).waitFor();
    expect(await page.locator("#where").textContent()).toContain("mount 1");
    expect(await page.locator("#self").getAttribute("aria-current")).toBe("page");
    await page.locator("#tab").click();
    await page.waitForFunction(() => document.title === "Item 2 b");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("tab");
    expect(await page.locator("#next").getAttribute("aria-current")).toBe(null);
  });

  test("a page with a guard is not shown when the server redirects elsewhere", async () => {
    const { page } = await openReady("/list");
    await page.locator("#to-secret").click();
    await page.waitForURL(`${bench.url}/`);
    await page.locator("h1", { hasText: "Inputs" }).waitFor();
    await page.goBack();
    await page.locator("h1", { hasText: "List" }).waitFor();
  });

  test("a lazy page is loaded when its link is pointed at", async () => {
    const { page } = await openReady("/list");
    const loaded = page.waitForRequest((request) => request.url().includes("lazy"));
    await page.locator("#to-lazy").hover();
    await loaded;
    await page.locator("#to-lazy").click();
    await page.locator("h1", { hasText: "Lazy notes" }).waitFor();
    expect(await page.title()).toBe("Lazy");
  });

  test("a link to a path of the back end loads the document", async () => {
    const { page } = await openReady("/list");
    await page.locator("#to-api").click();
    await page.locator("h1", { hasText: "From the back end" }).waitFor();
  });

  test("a page that throws is replaced by an error page that can be tried again", async () => {
    const { page, errors } = await openReady("/list");
    await page.locator("#to-crash").click();
    await page.locator("h1", { hasText: "Something went wrong" }).waitFor();
    expect(await page.locator("code").textContent()).toBe("CLIENT_PAGE_CRASHED");
    expect(errors.join("\n")).toContain("[antiphon] CLIENT_PAGE_CRASHED (app)");
    await page.evaluate(() => window.antiphonTest.heal());
    await page.getByRole("button", { name: "Try again" }).click();
    await page.locator("h1", { hasText: "Recovered" }).waitFor();
  });

  test("an unknown path shows the page for it", async () => {
    const { page, errors } = await bench.open("/nothing/here");
    await page.locator("h1", { hasText: "This page does not exist" }).waitFor();
    expect(await page.title()).toBe("Page not found");
    expect(errors).toEqual([]);
  });

  test("a state that the server refuses shows the error with its reference", async () => {
    const { page } = await bench.open("/");
    await page.locator(".antiphon-loading").waitFor({ state: "attached" });
    await page.evaluate(() =>
      window.antiphonTest.engine.refuse("notes.NotesState", "STATE_FORBIDDEN", "You may not see this."),
    );
    await page.getByText("You may not see this.").waitFor();
    expect(await page.locator("code").textContent()).toBe("STATE_FORBIDDEN · e-1");
    await page.getByRole("button", { name: "Try again" }).click();
    await page.evaluate(() => window.antiphonTest.arrive());
    await page.locator("#title").waitFor();
  });

  test("composed text is not replaced before it is finished, and finished text is written", async () => {
    const { page } = await openReady();
    await page.locator("#upper").focus();
    const client = await page.context().newCDPSession(page);
    for (const text of ["k", "ka", "kan"]) {
      await client.send("Input.imeSetComposition", { text, selectionStart: text.length, selectionEnd: text.length });
      await page.waitForFunction(
        (upper) => window.antiphonTest.engine.states.get("notes.NotesState")?.upper === upper,
        text.toUpperCase(),
      );
      expect(await page.inputValue("#upper")).toBe(text);
    }
    await client.send("Input.insertText", { text: "漢a" });
    await page.waitForFunction(() => (document.querySelector("#upper") as HTMLInputElement).value === "漢A");
    expect((await log(page)).at(-1)).toBe("write upper 漢a");
  });
});
