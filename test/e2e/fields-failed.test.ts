import { callCommand } from "antiphon";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  collectingLogger,
  copyOfFixture,
  openPage,
  SKIP_REASON,
  startBrowser,
  startServer,
} from "../support/chromium.ts";
import { openNetwork } from "../support/network.ts";

/** What the schemas of the fixture ask. */
interface World {
  isDown: boolean;
  taken: string[];
}

describe.skipIf(SKIP_REASON)(`Bound inputs whose writes fail, in Chromium${SKIP_REASON}`, () => {
  const app = copyOfFixture("fields-app");
  const world: World = { isDown: false, taken: [] };
  let server: Awaited<ReturnType<typeof startServer>>;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    (globalThis as { fieldsWorld?: World }).fieldsWorld = world;
    await callCommand("build", [], { root: app.root });
    server = await startServer(app.root, "production", collectingLogger().logger);
    browser = await startBrowser();
  });
  beforeEach(() => Object.assign(world, { isDown: false, taken: [] }));
  afterEach(() => context?.close());
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    app.remove();
  });

  async function open(url = server.url): Promise<void> {
    ({ page, context } = await openPage(browser, `${url}/refusing`));
  }

  async function state(wanted: { readonly [name: string]: unknown }): Promise<void> {
    const shown = async () => JSON.parse((await page.locator("#state").textContent()) ?? "{}") as object;
    await expect.poll(shown, { timeout: 15_000 }).toMatchObject(wanted);
  }

  test("what could not be decided during an outage is saved by a submit after it, and by an event", async () => {
    await open();
    world.isDown = true;
    await page.locator("#name").fill("Ada");
    await page.locator("#name-error:not(:empty)").waitFor();
    await page.locator("#save").click();
    await page.locator('[aria-busy="true"]').waitFor({ state: "detached" });
    world.isDown = false;
    await page.locator("#save").click();
    await state({ saved: ["Ada"] });
    expect(await page.locator("#name-error").textContent()).toBe("");
    world.isDown = true;
    await page.locator("#name").fill("Eve");
    await page.locator("#name-error:not(:empty)").waitFor();
    world.isDown = false;
    await page.locator("#plain").click();
    await state({ saved: ["Ada", "Eve"] });
  });

  test("what was taken and is free by now is saved", async () => {
    await open();
    world.taken = ["Bob"];
    await page.locator("#name").fill("Bob");
    await page.locator("#name-error", { hasText: "Taken" }).waitFor();
    await page.locator("#save").click();
    await state({ saved: [] });
    world.taken = [];
    await page.locator("#save").click();
    await state({ name: "Bob", saved: ["Bob"] });
  });

  test("what found no room among the calls that wait for the connection is sent when they are answered", async () => {
    await using network = await openNetwork(server.url);
    await open(network.url);
    await page.locator("#status", { hasText: "online" }).waitFor();
    network.gone = true;
    network.cut();
    await page.locator("#status", { hasText: "reconnecting" }).waitFor();
    await page.locator("#many").click();
    await page.locator("#name").fill("typed offline");
    await page.locator("#name-error:not(:empty)").waitFor();
    network.gone = false;
    await page.evaluate(() => dispatchEvent(new Event("online")));
    await state({ name: "typed offline", ticks: 150 });
    await page.locator("#name-error:empty").waitFor({ state: "attached" });
    await page.locator("#save").click();
    await state({ saved: ["typed offline"] });
  });
});
