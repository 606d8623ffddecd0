import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { collectingLogger, copyOfFixture, SKIP_REASON, startBrowser, startServer } from "../support/chromium.ts";

describe.skipIf(SKIP_REASON)(`Catalogues that are changed in development, in Chromium${SKIP_REASON}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser?.close());

  async function start(broken?: string) {
    const copy = copyOfFixture("languages-app");
    const file = join(copy.root, "locales/de.json");
    const texts = JSON.parse(readFileSync(file, "utf8")) as Record<string, string>;
    if (broken !== undefined) writeFileSync(file, broken);
    const log = collectingLogger();
    const server = await startServer(copy.root, "development", log.logger);
    const context = await browser.newContext({ locale: "de" });
    const page = await context.newPage();
    await page.goto(server.url);
    await page.locator("#hello").waitFor();
    let loads = 0;
    page.on("load", () => loads++);
    return {
      page,
      log,
      loads: () => loads,
      save: (changed: object) => writeFileSync(file, JSON.stringify({ ...texts, ...changed })),
      write: (text: string) => writeFileSync(file, text),
      edit(name: string, change: (code: string) => string) {
        const source = join(copy.root, name);
        writeFileSync(source, change(readFileSync(source, "utf8")));
      },
      shown: (selector: string, text: string) => page.locator(selector, { hasText: text }).waitFor(),
      async [Symbol.asyncDispose]() {
        await context.close();
        await server.close();
        copy.remove();
      },
    };
  }

  it("an open page shows the changed texts, also those that all pages share, without a reload", async () => {
    await using app = await start();
    app.save({ Hello: "Neu", Languages: "Neue Sprachen", "Other page": "Neue andere Seite" });
    await app.shown("#hello", "Neu");
    await app.shown("h1", "Neue Sprachen");
    await app.page.locator("header a").click();
    await app.page.locator("#other").waitFor();
    await app.shown("h1", "Neue Sprachen");
    expect(app.loads()).toBe(0);
  });

  it("no save is missed that soon follows another one", async () => {
    await using app = await start();
    for (const delay of [5, 10, 20, 30, 40]) {
      app.save({ Hello: `First ${delay}` });
      await pause(delay);
      app.save({ Hello: `Second ${delay}` });
      await app.shown("#hello", `Second ${delay}`);
    }
  });

  it("a text that a hot reload adds is translated", async () => {
    await using app = await start();
    app.save({ "Brand new": "Ganz neu" });
    app.edit("src/pages/start.tsx", (code) => code.replace('{t("Hello")}', '{t("Hello")} {t("Brand new")}'));
    await app.shown("#hello", "Ganz neu");
    expect(app.loads()).toBe(0);
  });

  it("a page keeps its texts while its source cannot be parsed", async () => {
    await using app = await start();
    const messages = async () => {
      const url = new URL("/_messages?route=/&language=de", app.page.url());
      return (await (await fetch(url)).json()) as { tables: { texts: Record<string, string> }[] };
    };
    const before = await messages();
    expect(before.tables[0]?.texts).toHaveProperty("Hello");
    app.edit("src/pages/start.tsx", (code) => `${code}\nconst broken = ;\n`);
    await app.page.locator("vite-error-overlay").waitFor();
    expect(await messages()).toEqual(before);
  });

  it("one that cannot be read is named in the page until it can, and the earlier texts stay", async () => {
    await using app = await start();
    const before = (await app.page.textContent("#hello")) ?? "";
    app.write("{");
    await app.shown("vite-error-overlay", "I18N_CATALOGUE_INVALID");
    expect(await app.page.textContent("#hello")).toBe(before);
    expect(app.log.lines.join("\n")).toContain("the earlier ones stay.\nI18N_CATALOGUE_INVALID: locales/de.json");
    app.save({ Hello: "Wieder gut" });
    await app.shown("#hello", "Wieder gut");
    await app.page.locator("vite-error-overlay").waitFor({ state: "detached" });
  });

  it("one that cannot be read at the start does not end it", async () => {
    await using app = await start("{");
    await app.shown("#hello", "Hello");
    await app.shown("vite-error-overlay", "I18N_CATALOGUE_INVALID");
    expect(app.log.lines.join("\n")).toContain("I18N_CATALOGUE_INVALID: locales/de.json");
    app.save({ Hello: "Nun gut" });
    await app.shown("#hello", "Nun gut");
    await app.page.locator("vite-error-overlay").waitFor({ state: "detached" });
  });
});
