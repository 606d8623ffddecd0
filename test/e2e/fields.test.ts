import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  collectingLogger,
  copyOfFixture,
  openPage,
  SKIP_REASON,
  startBrowser,
  startServer,
} from "../support/chromium.ts";

describe.skipIf(SKIP_REASON)(`Bound inputs, in Chromium${SKIP_REASON}`, () => {
  const app = copyOfFixture("fields-app");
  let server: Awaited<ReturnType<typeof startServer>>;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    // In development React says what is wrong with the props of an input.
    server = await startServer(app.root, "development", collectingLogger().logger);
    browser = await startBrowser();
  });
  afterEach(() => context?.close());
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    app.remove();
  });

  async function open(path: string): Promise<void> {
    ({ page, context, complaints } = await openPage(browser, server.url + path));
  }

  /** Waits until the vars that the page shows are as wanted. */
  async function state(wanted: { readonly [name: string]: unknown }): Promise<void> {
    const shown = async () => JSON.parse((await page.locator("#state").textContent()) ?? "{}") as object;
    await expect.poll(shown, { timeout: 10_000 }).toMatchObject(wanted);
  }

  const value = (id: string) => page.locator(`#${id}`).inputValue();
  const checked = (...ids: string[]) => Promise.all(ids.map((id) => page.locator(`#${id}`).isChecked()));
  const chosen = (id: string) =>
    page.locator(`#${id}`).evaluate((select) => [...(select as HTMLSelectElement).selectedOptions].map((o) => o.value));

  describe("text", () => {
    test("an event runs with the text that an input method is composing, which stays composed", async () => {
      await open("/");
      await page.locator("#note").focus();
      const client = await context.newCDPSession(page);
      await client.send("Input.imeSetComposition", { text: "hel", selectionStart: 3, selectionEnd: 3 });
      // Not by the mouse: a click would end the composition.
      await page.locator("#peek").evaluate((button) => (button as HTMLElement).click());
      await state({ got: "peeked hel" });
      await client.send("Input.imeSetComposition", { text: "hello", selectionStart: 5, selectionEnd: 5 });
      expect(await value("note")).toBe("hello");
      await client.send("Input.insertText", { text: "hello " });
      expect(await value("note")).toBe("hello ");
      await page.locator("#peek").click();
      await state({ got: "peeked hello" });
    });

    test("a search finds what is being composed, letter by letter, and the composition goes on", async () => {
      await open("/");
      await page.locator("#query").focus();
      const client = await context.newCDPSession(page);
      for (const text of ["m", "mi", "mil", "milk"]) {
        await client.send("Input.imeSetComposition", { text, selectionStart: text.length, selectionEnd: text.length });
        await state({ found: `found ${text}` });
        expect(await value("query")).toBe(text);
      }
      await client.send("Input.insertText", { text: "milk" });
      await client.send("Input.imeSetComposition", { text: "s", selectionStart: 1, selectionEnd: 1 });
      await state({ found: "found milks" });
      expect(await value("query")).toBe("milks");
    });

    test("composed text is sent after a pause, without an event", async () => {
      await open("/");
      await page.locator("#title").focus();
      const client = await context.newCDPSession(page);
      await client.send("Input.imeSetComposition", { text: "milk", selectionStart: 4, selectionEnd: 4 });
      await state({ title: "milk" });
      expect(await value("title")).toBe("milk");
    });

    test("an event that assigns a field empties the input of refused text, though the var stays the same", async () => {
      await open("/");
      for (const button of ["#clear", "#restore"]) {
        await page.locator("#title").fill("much too long");
        await page.locator("#tags").selectOption(["a", "b"]);
        await page.locator("#title-error", { hasText: "At most 8" }).waitFor();
        await page.locator("#tags-error", { hasText: "One tag" }).waitFor();
        await page.locator(button).click();
        await expect.poll(() => value("title")).toBe("");
        await expect.poll(() => chosen("tags")).toEqual([]);
        expect(await page.locator("#title-error").textContent()).toBe("");
        expect(await page.locator("#tags-error").textContent()).toBe("");
      }
    });

    test("an event called from the input itself empties it too, of refused text and of mere spaces", async () => {
      await open("/");
      for (const text of ["much too long", "   "]) {
        await page.locator("#title").fill(text);
        await page.keyboard.press("Escape");
        await expect.poll(() => value("title")).toBe("");
        expect(await page.locator("#title-error").textContent()).toBe("");
        expect(await page.evaluate(() => document.activeElement?.id)).toBe("title");
      }
    });

    test("an event sees the fields of every state, those that wait for the input to be left among them", async () => {
      await open("/");
      await page.locator("#note").fill("a note");
      await page.locator("#peek").evaluate((button) => (button as HTMLElement).click());
      await state({ got: "peeked a note" });
    });

    test("a submit waits for the fields of other states: a refused one in the form stops it", async () => {
      await open("/");
      await page.locator("#title2").fill("short");
      await page.keyboard.press("Enter");
      await state({ got: "submitted short" });
      await page.locator("#title2").fill("much too long");
      await page.keyboard.press("Enter");
      await page.locator("#title-error", { hasText: "At most 8" }).waitFor();
      await state({ got: "submitted short" });
      expect(await value("title2")).toBe("much too long");
    });

    test("text that is put into an input without an event, as by a password manager, is sent before the next event", async () => {
      await open("/");
      await page.locator("#note").evaluate((note) => {
        const { set } = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value") as PropertyDescriptor;
        set?.call(note, "filled in");
      });
      await page.locator("#peek").click();
      await state({ got: "peeked filled in" });
      expect(await value("note")).toBe("filled in");
    });

    test("undo works after the server has answered", async () => {
      await open("/");
      await page.locator("#title").pressSequentially("ab");
      await state({ title: "ab" });
      await page.keyboard.press("Control+z");
      await state({ title: "" });
      expect(await value("title")).toBe("");
      await page.keyboard.press("Control+Shift+z");
      await state({ title: "ab" });
    });

    test("going to another site and back shows the text that was typed last", async () => {
      await open("/");
      await page.locator("#title").pressSequentially("ab");
      await page.locator("#query").pressSequentially("cd");
      await page.goto(`${server.url}/_health`);
      await page.goBack();
      await expect.poll(() => value("title")).toBe("ab");
      await expect.poll(() => value("query")).toBe("cd");
      await page.locator("#title").pressSequentially("c");
      await state({ title: await value("title"), query: "cd" });
    });

    test("a reset of the form shows the values of the server again", async () => {
      await open("/");
      await page.locator("#title2").fill("kept");
      await state({ title: "kept" });
      await page.locator("#title2").fill("much too long");
      await page.locator("#title-error", { hasText: "At most 8" }).waitFor();
      await page.locator("#reset").click();
      await expect.poll(() => value("title2")).toBe("kept");
      expect(await page.locator("#title-error").textContent()).toBe("");
    });

    test("an element that React takes to another field, or out of the page with the focus, leaves no text behind", async () => {
      await open("/steps");
      await page.locator("#first").pressSequentially(" one ");
      await page.keyboard.press("Enter");
      await page.locator("#step", { hasText: "2" }).waitFor();
      expect(await value("first")).toBe("");
      await page.locator("#first").pressSequentially(" two ");
      await page.keyboard.press("Enter");
      await state({ title: "one", note: "two" });
      await expect.poll(() => value("third")).toBe("one");
      await page.locator("#third").pressSequentially(" x ");
      await page.keyboard.press("Enter");
      await state({ title: "one x" });
      await page.locator("#fill").click();
      await state({ title: "server" });
      await page.locator("#back").click();
      expect(await value("third")).toBe("server");
      expect(await page.evaluate(() => document.activeElement?.id)).toBe("third");
    });

    test("in a shadow root an input with the focus keeps its spelling until it is left", async () => {
      await open("/shadow");
      await page.locator("#title").pressSequentially("ab ");
      await state({ title: "ab" });
      await page.locator("#title").pressSequentially("c");
      await state({ title: "ab c" });
      await page.locator("#title").pressSequentially(" ");
      await page.locator("#title").blur();
      await expect.poll(() => value("title")).toBe("ab c");
    });
  });

  describe("a form", () => {
    async function fill(): Promise<void> {
      await open("/order");
      await page.locator("#city").fill("Bonn");
      await page.locator("#name-2").fill("Tea");
      await page.locator("#qty-2").fill("2");
      await page.locator("#name-5").fill("Cups");
      await page.locator("#qty-5").fill("6");
      await page.locator("#tags").selectOption(["new"]);
    }

    test("gives an event its values as objects and lists, and is emptied when that has succeeded", async () => {
      await fill();
      await page.locator("#gift-2").check();
      await page.locator("#order").click();
      const items = [
        { name: "Tea", qty: 2, gift: "on" },
        { name: "Cups", qty: 6 },
      ];
      await state({ orders: [{ address: { city: "Bonn" }, items, tags: ["new"] }] });
      await expect.poll(() => value("city")).toBe("Ulm");
      expect(await Promise.all(["name-2", "qty-2", "name-5", "qty-5"].map(value))).toEqual(["", "", "", ""]);
      expect([await checked("gift-2"), await chosen("tags")]).toEqual([[false], []]);
    });

    test("keeps its values when the event refuses them, and puts the focus on the wrong input of a list with gaps", async () => {
      await fill();
      await page.locator("#qty-5").fill("12");
      await page.locator("#order").click();
      await expect
        .poll(async () => JSON.parse((await page.locator("#errors").textContent()) ?? "") as object)
        .toMatchObject({ "items.1.qty": "At most 9", "items[5].qty": "At most 9", items: "At most 9" });
      await page.waitForFunction(() => document.activeElement?.id === "qty-5");
      expect(await Promise.all(["city", "name-2", "qty-5"].map(value))).toEqual(["Bonn", "Tea", "12"]);
    });

    test("keeps what was typed while its event ran, when it empties the other inputs", async () => {
      await fill();
      // The answer waits for the page, which types first.
      await page.locator("#order").evaluate((button) => {
        (button as HTMLElement).click();
        const name = document.querySelector("#name-5") as HTMLInputElement;
        name.value = "Saucers";
      });
      await expect.poll(() => value("city")).toBe("Ulm");
      expect(await Promise.all(["name-2", "name-5"].map(value))).toEqual(["", "Saucers"]);
    });
  });

  describe("every kind of control", () => {
    test("shows the value of its var at the first render, without a complaint of React or the browser", async () => {
      await open("/kinds");
      await page.locator("#due").waitFor();
      expect(await checked("agreed", "maybe", "red", "blue", "box-1", "box-2")).toEqual([
        ...[false, false, true, false, true, false],
      ]);
      expect(await checked("plan-a", "plan-b", "level-1", "level-2")).toEqual([false, true, false, true]);
      expect(await Promise.all(["size", "shops", "sizes", "none"].map(chosen))).toEqual([[], ["b"], ["1"], []]);
      const dates = ["due", "month", "week", "time", "birthday", "day"];
      expect(await Promise.all(dates.map(value))).toEqual([
        "2024-01-05",
        "2024-02",
        "2024-W10",
        "10:20",
        "",
        "2024-01-05",
      ]);
      expect(new Date(await value("at")).toISOString()).toBe("2024-01-05T10:20:00.000Z");
      expect(complaints).toEqual([]);
    });

    test("writes values of the var's type", async () => {
      await open("/kinds");
      await page.locator("#agreed").check();
      await page.locator("#maybe").check();
      await page.locator("#blue").check();
      await page.locator("#plan-a").check();
      await page.locator("#level-1").check();
      await page.locator("#box-2").check();
      await page.locator("#box-1").uncheck();
      await page.locator("#size").selectOption("large");
      await page.locator("#shops").selectOption(["a", "b"]);
      await page.locator("#sizes").selectOption(["1", "2"]);
      await page.locator("#none").selectOption(["2"]);
      await page.locator("#amount").fill("2.5");
      await page.locator("#due").fill("2024-03-04");
      await page.locator("#at").fill("2024-03-04T12:30");
      await page.locator("#month").fill("2024-12");
      await page.locator("#week").fill("2024-W01");
      await page.locator("#time").fill("23:59");
      await page.locator("#birthday").fill("2000-02-29");
      await page.locator("#day").fill("2024-02-29");
      const at = await page.evaluate(() => new Date("2024-03-04T12:30").toISOString());
      await state({
        ...{ agreed: true, maybe: true, colours: ["red", "not shown", "blue"], plan: "a", level: 1, boxes: [2] },
        ...{ size: "large", shops: ["a", "b"], sizes: [1, 2], none: [2], amount: 2.5, at },
        ...{ due: "2024-03-04T00:00:00.000Z", month: "2024-12-01T00:00:00.000Z", week: "2024-01-01T00:00:00.000Z" },
        ...{ time: "2024-01-05T23:59:00.000Z", birthday: "2000-02-29T00:00:00.000Z", day: "2024-02-29" },
      });
      expect(await value("due")).toBe("2024-03-04");
      expect(complaints).toEqual([]);
    });

    test("follows what an event assigns, and shows null as nothing", async () => {
      await open("/kinds");
      await page.locator("#change").click();
      await state({ size: "small" });
      expect(await checked("agreed", "maybe", "red", "blue")).toEqual([true, true, false, true]);
      expect(await checked("plan-a", "plan-b", "level-1", "level-2")).toEqual([true, false, true, false]);
      expect(await checked("box-1", "box-2")).toEqual([false, true]);
      expect(await Promise.all(["size", "shops", "sizes"].map(chosen))).toEqual([["small"], ["a"], ["2"]]);
      expect(await value("due")).toBe("2024-12-24");
      await page.locator("#empty").click();
      await state({ plan: null });
      expect(await checked("agreed", "maybe", "red", "blue", "plan-a", "plan-b")).toEqual(Array(6).fill(false));
      expect(await value("due")).toBe("");
      expect(complaints).toEqual([]);
    });

    test("an emptied number or date is null, and a var that takes no null keeps its value and says why", async () => {
      await open("/kinds");
      await page.locator("#amount").fill("3");
      await state({ amount: 3 });
      await page.locator("#amount").fill("");
      await page.locator("#due").fill("");
      await state({ amount: null, due: null });
      await page.locator("#age").fill("");
      await page.locator("#age-error", { hasText: "Enter your age" }).waitFor();
      expect(await value("age")).toBe("");
      await state({ age: 30 });
    });

    test("a half-typed date is not sent", async () => {
      await open("/kinds");
      await page.locator("#due").focus();
      await page.keyboard.press("Delete");
      await page.locator("#due-error", { hasText: "Enter a full date." }).waitFor();
      await state({ due: "2024-01-05T00:00:00.000Z" });
    });

    test("a reset of the form shows the values of the server again", async () => {
      await open("/kinds");
      await page.locator("#change").click();
      await state({ size: "small" });
      await page.locator("#reset").click();
      // What the browser resets is put right after it.
      await expect.poll(() => checked("agreed", "maybe", "red", "blue")).toEqual([true, true, false, true]);
      await expect.poll(() => checked("plan-a", "level-1", "box-1")).toEqual([true, true, false]);
      await expect.poll(() => Promise.all(["size", "shops", "sizes"].map(chosen))).toEqual([["small"], ["a"], ["2"]]);
      await state({ agreed: true, colours: ["blue"], plan: "a" });
    });

    test.each([
      "text-on-checkbox",
      "text-on-number",
      "text-on-date",
      "flag-on-text",
      "flag-on-radio",
      "flag-on-select",
      "list-on-text",
      "empty-list-on-text",
      "list-on-textarea",
      "list-on-select",
      "numbers-on-number",
      "number-on-date",
      "number-on-checkbox",
      "number-out-of-range",
      "date-on-text",
      "object-on-text",
      "null-on-checkbox",
    ])("refuses a value that it cannot show at the first render: %s", async (what) => {
      await open(`/misfit/${what}`);
      await page.locator("code", { hasText: "CLIENT_FIELD_CONTROL" }).waitFor();
    });

    test("refuses a file at the first render", async () => {
      await open("/misfit/null-on-file");
      await page.locator("code", { hasText: "CLIENT_FIELD_FILE" }).waitFor();
    });
  });
});
