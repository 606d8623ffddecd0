import { callCommand } from "antiphon";
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

describe.skipIf(SKIP_REASON)(`Bound inputs and a server that is started anew, in Chromium${SKIP_REASON}`, () => {
  const app = copyOfFixture("fields-app");
  const rows = new Map<number, string>();
  let server: Awaited<ReturnType<typeof startServer>>;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    (globalThis as { fieldsRows?: Map<number, string> }).fieldsRows = rows;
    await callCommand("build", [], { root: app.root });
    server = await startServer(app.root, "production", collectingLogger().logger);
    browser = await startBrowser();
  });
  afterEach(() => context?.close());
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    app.remove();
  });

  async function open(path: string): Promise<void> {
    ({ page, context } = await openPage(browser, server.url + path));
  }

  async function restart(meanwhile: () => Promise<void>): Promise<void> {
    const port = Number(new URL(server.url).port);
    await server.close();
    await meanwhile();
    server = await startServer(app.root, "production", collectingLogger().logger, port);
    await page.evaluate(() => dispatchEvent(new Event("online")));
  }

  async function state(wanted: { readonly [name: string]: unknown }): Promise<void> {
    const shown = async () => JSON.parse((await page.locator("#state").textContent()) ?? "{}") as object;
    await expect.poll(shown, { timeout: 15_000 }).toMatchObject(wanted);
  }
  const value = (id: string) => page.locator(`#${id}`).inputValue();

  test("the fresh states get what the inputs show: accepted, refused, and typed while the server was away", async () => {
    await open("/");
    await page.locator("#title").fill("title");
    await page.locator("#note").fill("a note");
    await page.locator("#note").blur();
    await page.locator("#tags").selectOption(["a"]);
    await state({ title: "title", note: "a note", tags: ["a"] });
    await page.locator("#tags").selectOption(["a", "b"]);
    await page.locator("#tags-error", { hasText: "One tag" }).waitFor();
    await restart(() => page.locator("#query").pressSequentially("away"));
    await state({ title: "title", note: "a note", query: "away", tags: [] });
    expect(await Promise.all(["title", "note", "query"].map(value))).toEqual(["title", "a note", "away"]);
    await page.locator("#tags-error", { hasText: "One tag" }).waitFor();
  });

  test("a submit that was made before does not run, and the form says so and keeps its text", async () => {
    await open("/");
    await page.locator("#title2").fill("typed");
    await state({ title: "typed" });
    await restart(async () => {
      await page.locator("#title2").pressSequentially(" x");
      await page.locator("#submit").click();
    });
    await page.locator("#errors", { hasText: "CLIENT_STATE_GONE" }).waitFor();
    await state({ title: "typed x", got: "nothing" });
    expect(await value("title2")).toBe("typed x");
    await page.locator("#submit").click();
    await state({ got: "submitted typed x" });
  });

  test("controls of every kind keep what the user chose", async () => {
    await open("/kinds");
    await page.locator("#blue").check();
    await page.locator("#plan-a").check();
    await page.locator("#sizes").selectOption(["1", "2"]);
    await page.locator("#due").fill("2024-03-04");
    await page.locator("#amount").fill("2.5");
    const chosen = { colours: ["red", "not shown", "blue"], plan: "a", sizes: [1, 2], amount: 2.5 };
    await state({ ...chosen, due: "2024-03-04T00:00:00.000Z" });
    await restart(() => page.locator("#amount").fill("3"));
    await state({ ...chosen, amount: 3, due: "2024-03-04T00:00:00.000Z" });
    expect(await Promise.all(["red", "blue", "plan-a"].map((id) => page.locator(`#${id}`).isChecked()))).toEqual([
      ...[true, true, true],
    ]);
  });

  test("an input that nobody touched shows what the fresh state has read, and does not write over it", async () => {
    rows.set(3, "as loaded");
    await open("/rows/3");
    await state({ title: "as loaded", editingId: 3 });
    await restart(async () => void rows.set(3, "a colleague's newer title"));
    await state({ title: "a colleague's newer title" });
    expect(await value("title")).toBe("a colleague's newer title");
    await page.locator("#save").click();
    await state({ log: ["update 3 a colleague's newer title"] });
  });

  test.each([
    ["/rows", "its class names nothing"],
    ["/named-rows", "its class names the row"],
  ])("text for a row that is not open any more is not saved as a new one, and the user is told: %s", async (path) => {
    rows.set(3, "old title");
    await open(path);
    await page.locator("#edit").click();
    await state({ title: "old title", editingId: 3 });
    await page.locator("#title").fill("corrected");
    await state({ title: "corrected" });
    await restart(async () => {});
    await page.locator("#title-error", { hasText: "was not saved" }).waitFor();
    await page.locator("#save").click();
    await page.locator("#errors", { hasText: "CLIENT_TEXT_NOT_WRITTEN" }).waitFor();
    await state({ editingId: null, title: "", log: [] });
    expect(await value("title")).toBe("corrected");
    await page.locator("#edit").click();
    await state({ editingId: 3, title: "corrected" });
    await page.locator("#save").click();
    await state({ log: ["update 3 corrected"] });
  });

  test("text that was typed after its form had been emptied by a save is kept", async () => {
    await open("/rows");
    await page.locator("#title").fill("first");
    await page.locator("#save").click();
    await state({ log: ["insert first"], title: "" });
    await page.locator("#title").fill("second");
    await state({ title: "second" });
    await restart(async () => {});
    await state({ title: "second", log: [] });
    await page.locator("#save").click();
    await state({ log: ["insert second"] });
  });
});
