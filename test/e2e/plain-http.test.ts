import { callCommand, createServer } from "antiphon";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { appFolder } from "../support/app-folder.ts";
import { collectingLogger, openPage, PRODUCTION, SKIP_REASON } from "../support/chromium.ts";

const FILES = {
  "antiphon.config.ts": `export default { backendPrefix: "/api" };\n`,
  "src/page.state.ts": `import { AppState } from "antiphon/auth";
import { event } from "antiphon/state";
export class PageState extends AppState {
  static events = { remember: event() };
  done = 0;
  remember() {
    this.session.set("theme", "dark");
    this.done++;
  }
}
`,
  "src/routes.ts": `export default async function routes(app) {
  app.post("/remember", async ({ session }) => { session.set("theme", "dark"); return {}; });
}
`,
  "src/app.tsx": `import { createApp, useServerState } from "antiphon/react";
import { PageState } from "./page.state.ts";
function Page() {
  const page = useServerState(PageState);
  return <button type="button" onClick={() => page.remember()}>Done {page.done}</button>;
}
export default createApp().addPage(Page, { route: "/" });
`,
};

describe.skipIf(SKIP_REASON)(`A production server that is opened over plain HTTP, in Chromium${SKIP_REASON}`, () => {
  const folder = appFolder("empty", FILES);
  const log = collectingLogger();
  let server: Awaited<ReturnType<typeof createServer>>;
  let browser: Browser;

  beforeAll(async () => {
    await callCommand("build", [], { root: folder.root });
    const { secretKey } = PRODUCTION;
    const config = { secretKey, allowedHosts: ["notes.lan", "localhost"], backendPrefix: "/api" };
    const options = { root: folder.root, mode: "production", port: 0, host: "127.0.0.1", config } as const;
    server = await createServer({ ...options, logger: log.logger });
    await server.listen();
    browser = await chromium.launch({
      executablePath: "/usr/bin/chromium",
      args: ["--headless", "--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP notes.lan 127.0.0.1"],
    });
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    folder[Symbol.dispose]();
  });

  const warnings = () => log.lines.filter((line) => line.includes("The browser dropped the session cookie"));

  test("by localhost keeps its cookie, as browsers allow, and says nothing", async () => {
    const { page, context } = await openPage(browser, `http://localhost:${server.port}/`);
    await page.getByRole("button").click();
    await page.getByText("Done 1").waitFor();
    expect((await context.cookies()).map(({ name }) => name)).toContain("__Host-sessionid");
    expect(await page.locator(".antiphon-toast").count()).toBe(0);
    expect(warnings()).toEqual([]);
    await context.close();
  });

  test("by a name of the network says on the page and in the log that the cookie was dropped, and what to set", async () => {
    const { page, context } = await openPage(browser, `http://notes.lan:${server.port}/`);
    await page.getByRole("button").click();
    await page.locator("p", { hasText: "The browser did not keep the session cookie" }).waitFor();
    expect(await page.locator("p", { hasText: "allowInsecure: true" }).count()).toBe(1);
    // The event itself has succeeded.
    await page.getByText("Done 1").waitFor();
    // The cookie of the time zone needs no HTTPS.
    expect((await context.cookies()).map(({ name }) => name)).toEqual(["antiphon_zone"]);
    expect(warnings()).toEqual([
      expect.stringMatching(/http:\/\/notes\.lan:\d+.*session: \{ secure: false, allowInsecure: true \}/),
    ]);
    expect(await page.evaluate(async () => (await fetch("/api/remember", { method: "POST" })).status)).toBe(200);
    // Once a minute, whatever brings the cookie.
    expect(warnings().length).toBe(1);
    await context.close();
  });
});
