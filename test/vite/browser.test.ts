import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { appFolder } from "../support/app-folder.ts";
import { startDevApp } from "./dev-app.ts";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const present = existsSync(CHROMIUM);
if (!present) console.warn(`Skipped: no browser at ${CHROMIUM}.`);

describe.skipIf(!present)("a page in development, in a browser,", { timeout: 60_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    const quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];
    const args = ["--headless", "--no-sandbox", "--disable-gpu", ...quiet];
    browser = await chromium.launch({ executablePath: CHROMIUM, args });
  }, 60_000);
  afterAll(() => browser.close());

  const overlay = (page: Page) => page.locator("vite-error-overlay");

  test("takes in edits of pages and states without a reload, and keeps what the user did", async () => {
    using folder = appFolder("tiny-app");
    await using app = await startDevApp(folder.root);
    const page = await browser.newPage();
    let loads = 0;
    page.on("load", () => loads++);
    await page.goto(`${app.url}/`);
    const button = page.locator("button", { hasText: "clicked" });
    await button.click();
    await button.click();
    await page.locator("button", { hasText: "clicked 2" }).waitFor();

    folder.edit("src/app.tsx", (text) => text.replace("<h1>Tiny</h1>", "<h1>Changed</h1>"));
    await page.locator("h1", { hasText: "Changed" }).waitFor();
    expect(await button.textContent()).toBe("clicked 2");

    const stub = page.waitForResponse((response) => response.url().includes("/src/hello.state.ts"));
    folder.edit("src/hello.state.ts", (text) => text.replace("_calls = 0;", "_calls = 0;\n  mood = 1;"));
    expect(await (await stub).text()).toContain('"mood"');

    const failure = app.nextReload().catch((error: unknown) => error);
    folder.edit("src/models.ts", (text) => `${text}\nconst = 1;\n`);
    expect(await failure).toBeInstanceOf(Error);
    await overlay(page).waitFor({ state: "attached" });
    folder.edit("src/models.ts", (text) => text.replace("const = 1;", ""));
    await overlay(page).waitFor({ state: "detached" });

    expect(loads).toBe(1);
    expect(await button.textContent()).toBe("clicked 2");
    await page.close();
  });

  test("shows what is wrong with an app that is broken at the start, and the app as soon as it is mended", async () => {
    using folder = appFolder("tiny-app");
    folder.edit("src/hello.state.ts", (text) => text.replace("class HelloState", "clas HelloState"));
    await using app = await startDevApp(folder.root);
    const page = await browser.newPage();
    await page.goto(`${app.url}/`);
    await page.locator("h1", { hasText: "The app cannot be loaded" }).waitFor();
    await overlay(page).waitFor({ state: "attached" });
    folder.edit("src/hello.state.ts", (text) => text.replace("clas HelloState", "class HelloState"));
    await page.locator("button", { hasText: "clicked" }).waitFor();
    expect(await overlay(page).count()).toBe(0);
    await page.close();
  });

  test("shows the chain of imports over the page when it imports server code", async () => {
    using folder = appFolder("tiny-app");
    await using app = await startDevApp(folder.root);
    const page = await browser.newPage();
    await page.goto(`${app.url}/about`);
    await page.locator("p", { hasText: "About this tiny app" }).waitFor();
    folder.edit(
      "src/pages/about.tsx",
      (text) => `import { tableNames } from "../models.ts";\nconsole.log(tableNames);\n${text}`,
    );
    await overlay(page).waitFor({ state: "attached" });
    const shown = await overlay(page).evaluate((node) => node.shadowRoot?.querySelector(".message")?.textContent ?? "");
    expect(shown).toContain("VITE_SERVER_ONLY");
    expect(shown).toMatch(/src\/app\.tsx\s+→ src\/pages\/about\.tsx:1\s+→ src\/models\.ts/);
    await page.close();
  });
});
