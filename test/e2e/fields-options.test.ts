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

describe.skipIf(SKIP_REASON)(`Selects and forms that others render, in Chromium${SKIP_REASON}`, () => {
  const app = copyOfFixture("fields-app");
  let server: Awaited<ReturnType<typeof startServer>>;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;

  beforeAll(async () => {
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

  async function state(wanted: { readonly [name: string]: unknown }): Promise<void> {
    const shown = async () => JSON.parse((await page.locator("#state").textContent()) ?? "{}") as object;
    await expect.poll(shown, { timeout: 15_000 }).toMatchObject(wanted);
  }

  const chosen = (id: string) =>
    page.locator(`#${id}`).evaluate((select) => [...(select as HTMLSelectElement).selectedOptions].map((o) => o.value));
  const offered = (id: string, count: number) => expect.poll(() => page.locator(`#${id} option`).count()).toBe(count);
  const control = (id: string, option: string) =>
    page.locator(`#${id} option`, { hasText: option }).click({ modifiers: ["Control"] });

  test("options that another component adds, removes and changes show the choice, and none of it is lost", async () => {
    await open("/late-options");
    await state({ size: "m", many: ["m", "l"], floors: [2, 3] });
    await page.locator("#all").click();
    await offered("many", 3);
    expect(await Promise.all(["size", "many", "floors"].map(chosen))).toEqual([["m"], ["m", "l"], ["2", "3"]]);
    await control("many", "s");
    await state({ many: ["s", "m", "l"] });
    await page.locator("#some").click();
    await offered("many", 2);
    expect(await Promise.all(["size", "many", "floors"].map(chosen))).toEqual([[], ["s", "l"], ["3"]]);
    await control("many", "s");
    await control("floors", "Floor 4");
    await state({ size: "m", many: ["m", "l"], floors: [2, 3, 4] });
    await page.locator("#all").click();
    await offered("many", 3);
    expect(await Promise.all(["size", "many", "floors"].map(chosen))).toEqual([["m"], ["m", "l"], ["2", "3"]]);
    await page.locator("#choose").click();
    await state({ many: ["s"] });
    expect(await chosen("many")).toEqual(["s"]);
  });

  test("inputs that are named like members of a form are inputs like others", async () => {
    await open("/named");
    const inputs = page.locator('input[id^="named-"]');
    const names = ["elements", "submit", "reset", "length", "action"];
    for (const name of names) if (name !== "reset") await page.locator(`#named-${name}`).fill(`of ${name}`);
    await page.locator("#go").click();
    await page.locator("#errors", { hasText: "Fill it in" }).waitFor();
    await page.locator("#named-reset:focus").fill("of reset");
    await page.locator("#go").click();
    await state({ taken: Object.fromEntries(names.map((name) => [name, `of ${name}`])) });
    await expect
      .poll(() => inputs.evaluateAll((all) => all.map((i) => (i as HTMLInputElement).value).join("")))
      .toBe("");
  });
});
