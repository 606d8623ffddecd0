import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { callCommand, createServer } from "antiphon";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { collectingLogger, copyOfHello, openPage, PRODUCTION, SKIP_REASON, startBrowser } from "../support/chromium.ts";

/** What the handlers of the app do; they run in this process. */
interface Switches {
  isSlow: boolean;
  isBroken: boolean;
  begun: () => void;
}
const switches: Switches = { isSlow: false, isBroken: false, begun: () => {} };
Object.assign(globalThis, { loadingSwitches: switches });

const STATE = `import { once } from "node:events";
import { event, redirect, State } from "antiphon/state";
export class SlowState extends State {
  static override events = { load: event(), move: event() };
  text = "";
  async load() {
    const switches = (globalThis as any).loadingSwitches;
    switches.begun();
    if (switches.isBroken) throw new Error("broken");
    if (switches.isSlow) {
      await once(this.signal, "abort");
      throw this.signal.reason;
    }
    this.text = this.router.path;
  }
  move() {
    return redirect("/slow/9");
  }
}
`;

const APP = `import { createApp, Link, on, useServerState } from "antiphon/react";
import { SlowState } from "./slow.state.ts";
function Slow() {
  return <main><h1 id="outcome">{useServerState(SlowState).text}</h1></main>;
}
function Start() {
  return <main><h1>Start</h1><Link href="/slow/1">Slow</Link><Link href="/guarded">Guarded</Link></main>;
}
const app = createApp();
app.setErrorPage(({ error }) => <p id="outcome">{error.code}</p>);
app.addPage(Start, { route: "/" });
app.addPage(Slow, { route: "/slow/[id]", onLoad: on(SlowState, "load") });
app.addPage(Slow, { route: "/guarded", guard: () => true, onLoad: on(SlowState, "load") });
app.addPage(Slow, { route: "/moved", onLoad: on(SlowState, "move") });
export default app;
`;

describe.skipIf(SKIP_REASON)(
  `Pages whose onLoad takes long, fails or leads elsewhere, in Chromium${SKIP_REASON}`,
  () => {
    const hello = copyOfHello();
    let server: Awaited<ReturnType<typeof createServer>> | undefined;
    let browser: Browser;
    let port = 0;

    async function restart(): Promise<void> {
      await server?.close();
      const { logger } = collectingLogger();
      const options = { root: hello.root, mode: "production", host: "127.0.0.1", logger, config: PRODUCTION } as const;
      server = await createServer({ ...options, port });
      await server.listen();
      port = Number(new URL(server.url).port);
    }

    /** Opens the page whose load does not end, restarts the server, and waits for the page. */
    async function across(page: Page, open: () => Promise<unknown>): Promise<string | null> {
      const begun = new Promise<void>((resolve) => {
        switches.begun = resolve;
      });
      switches.isSlow = true;
      await open();
      await begun;
      switches.isSlow = false;
      await restart();
      await page.evaluate(() => dispatchEvent(new Event("online")));
      const outcome = page.locator("#outcome", { hasText: /./ });
      await outcome.waitFor();
      return outcome.textContent();
    }

    beforeAll(async () => {
      writeFileSync(join(hello.root, "src/slow.state.ts"), STATE);
      writeFileSync(join(hello.root, "src/app.tsx"), APP);
      await callCommand("build", [], { root: hello.root });
      browser = await startBrowser();
      await restart();
    }, 120_000);

    afterAll(async () => {
      await browser?.close();
      await server?.close();
      hello.remove();
    });

    beforeEach(() => Object.assign(switches, { isSlow: false, isBroken: false, begun: () => {} }));

    const url = (path: string) => `http://127.0.0.1:${port}${path}`;

    test("a page that is loading when its server is started again is shown after a link, a guarded one, a way back, and an address", async () => {
      const { page, context } = await openPage(browser, url("/"));
      await page.getByRole("heading", { name: "Start" }).waitFor();
      expect(await across(page, () => page.getByRole("link", { name: "Slow" }).click())).toBe("/slow/1");
      await page.goBack();
      await page.getByRole("heading", { name: "Start" }).waitFor();
      expect(await across(page, () => page.getByRole("link", { name: "Guarded" }).click())).toBe("/guarded");
      await page.goBack();
      await page.getByRole("heading", { name: "Start" }).waitFor();
      expect(await across(page, () => page.evaluate(() => history.forward()))).toBe("/guarded");
      expect(await across(page, () => page.goto(url("/slow/2")))).toBe("/slow/2");
      await context.close();
    });

    test("a page recovers from an error of its own when the next server opens it without one", async () => {
      switches.isBroken = true;
      const { page, context } = await openPage(browser, url("/slow/1"));
      await page.locator("#outcome", { hasText: "EVENT_FAILED" }).waitFor();
      switches.isBroken = false;
      await restart();
      await page.evaluate(() => dispatchEvent(new Event("online")));
      await page.getByRole("heading", { name: "/slow/1" }).waitFor();
      await context.close();
    });

    test("a page whose onLoad leads elsewhere leaves no entry in the history when it was opened by its address", async () => {
      const { page, context } = await openPage(browser, url("/"));
      await page.getByRole("heading", { name: "Start" }).waitFor();
      const entries = await page.evaluate(() => history.length);
      await page.goto(url("/moved"));
      await page.getByRole("heading", { name: "/slow/9" }).waitFor();
      expect(await page.evaluate(() => history.length)).toBe(entries + 1);
      await page.goBack();
      await page.getByRole("heading", { name: "Start" }).waitFor();
      await context.close();
    });
  },
);
