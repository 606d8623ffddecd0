import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type AntiphonServer, createServer } from "antiphon";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  collectingLogger,
  copyOfFixture,
  openPage,
  PRODUCTION,
  SKIP_REASON,
  startBrowser,
  textOf,
} from "../support/chromium.ts";
import { startPathProxy } from "../support/path-proxy.ts";

const run = promisify(execFile);
const program = join(import.meta.dirname, "../../bin/antiphon.js");
const BASE = "/team/app";
const CONFIG = {
  appName: "places",
  basePath: BASE,
  backendPrefix: "/api",
  i18n: { languages: { en: "English", de: "Deutsch" } },
};

describe.skipIf(SKIP_REASON !== "")(`an app under basePath${SKIP_REASON}`, { timeout: 120_000 }, () => {
  const app = copyOfFixture("places-app");
  const log = collectingLogger();
  let browser: Browser;
  const servers = {} as { production: AntiphonServer; development: AntiphonServer };
  const start = async (mode: "production" | "development") => {
    const config = mode === "production" ? { ...CONFIG, ...PRODUCTION } : CONFIG;
    const server = await createServer({ root: app.root, mode, port: 0, host: "127.0.0.1", logger: log.logger, config });
    await server.listen();
    return server;
  };

  beforeAll(async () => {
    writeFileSync(
      join(app.root, "antiphon.config.ts"),
      `import { defineConfig } from "antiphon";\nexport default defineConfig(${JSON.stringify(CONFIG)});\n`,
    );
    writeFileSync(
      join(app.root, "index.html"),
      `<!doctype html><html lang="en"><head><link rel="icon" href="/mark.svg"></head><body><div id="root"></div></body></html>\n`,
    );
    await run(process.execPath, [program, "build"], { cwd: app.root, env: { ...process.env, NODE_ENV: "" } });
    servers.production = await start("production");
    servers.development = await start("development");
    browser = await startBrowser();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await servers.production?.close();
    await servers.development?.close();
    app.remove();
  });

  describe.each(["production", "development"] as const)("in %s", (mode) => {
    test.each([
      ["removes it", true],
      ["keeps it", false],
    ])(
      "works behind a proxy that %s: pages, files, socket, views, cookies, links and redirects",
      async (_, removes) => {
        await using proxy = await startPathProxy(servers[mode].url, BASE, removes);
        const { page, context, complaints } = await openPage(browser, `${proxy.url}tickets/1`);
        await textOf(page, "text", "The printer is out of paper");
        await textOf(page, "path", "/tickets/1");
        expect(await page.locator("h1").evaluate((node) => getComputedStyle(node).color)).toBe("rgb(1, 2, 3)");
        // The event begins a session, whose cookie comes by the endpoint.
        await page.getByRole("button", { name: "Remember" }).click();
        await textOf(page, "remembered", "The printer is out of paper");
        await page.waitForFunction(() => document.cookie.includes("antiphon_identity"));
        const view = await page.evaluate(async () => {
          const answer = await fetch("/team/app/api/me");
          return (await answer.json()) as unknown;
        });
        expect(view).toEqual({ url: "/api/me", remembered: "The printer is out of paper" });
        await page.getByRole("button", { name: "Push" }).click();
        await textOf(page, "path", "/tickets/3");
        expect(new URL(page.url()).pathname).toBe(`${BASE}/tickets/3`);
        // An effect of the server.
        await page.getByRole("button", { name: "Leave" }).click();
        await textOf(page, "path", "/about");
        expect(new URL(page.url()).pathname).toBe(`${BASE}/about`);
        await page.waitForFunction(
          () => document.querySelector<HTMLImageElement>('[data-testid="logo"]')?.naturalWidth === 8,
        );
        const home = page.getByRole("link", { name: "Home" });
        expect(await home.getAttribute("href")).toBe(`${BASE}/`);
        expect(await page.getByRole("link", { name: "About" }).getAttribute("aria-current")).toBe("page");
        await home.click();
        await page.getByRole("button", { name: "Deutsch" }).click();
        await textOf(page, "language", "de");
        await page.reload();
        await textOf(page, "language", "de");
        await page.goBack();
        await textOf(page, "path", "/about");
        const cookies = await context.cookies();
        expect(cookies.map(({ name }) => name).toSorted()).toEqual([
          "antiphon_identity",
          "antiphon_language",
          "antiphon_zone",
          "sessionid",
        ]);
        for (const { name, path } of cookies) expect([name, path]).toEqual([name, BASE]);
        expect([complaints, proxy.strayed]).toEqual([[], []]);
        const missing = await fetch(`${proxy.url}tickets/2`, { headers: { accept: "text/html" } });
        expect(missing.status).toBe(404);
        await context.close();
      },
    );
  });

  test("redirects of views, pages and the language form lead below it", async () => {
    await using proxy = await startPathProxy(servers.production.url, BASE, true);
    const follow = async (path: string, init: RequestInit = {}) => {
      const answer = await fetch(proxy.url + path, { redirect: "manual", ...init });
      return [answer.status, answer.headers.get("location")];
    };
    expect(await follow("api/moved")).toEqual([302, `${BASE}/about`]);
    expect(await follow("api/away")).toEqual([302, "https://example.org/"]);
    expect(await follow("guarded", { headers: { accept: "text/html" } })).toEqual([302, `${BASE}/about`]);
    const form = { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" } };
    const { origin } = new URL(proxy.url);
    const headers = { ...form.headers, origin };
    for (const next of ["/about", `${BASE}/about`]) {
      const body = new URLSearchParams({ language: "de", next });
      expect(await follow("_language", { method: "POST", headers, body })).toEqual([303, `${BASE}/about`]);
    }
    // Below the base path two slashes do not begin a host.
    for (const next of [`${BASE}//other.example/x`, `${origin}${BASE}//other.example/x`]) {
      const body = new URLSearchParams({ language: "de", next });
      expect(await follow("_language", { method: "POST", headers, body })).toEqual([303, `${BASE}/other.example/x`]);
    }
    const body = new URLSearchParams({ language: "de" });
    const referer = `${proxy.url}about`;
    expect(await follow("_language", { method: "POST", headers: { ...headers, referer }, body })).toEqual([
      303,
      `${BASE}/about`,
    ]);
  });

  test("a server does not start with a build for another path", async () => {
    const config = { ...CONFIG, ...PRODUCTION, basePath: "/other" };
    await expect(
      createServer({ root: app.root, mode: "production", port: 0, logger: log.logger, config }),
    ).rejects.toMatchObject({ code: "SERVER_BUILD_ELSEWHERE" });
  });
});
