import { callCommand } from "antiphon";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { appFolder } from "../support/app-folder.ts";
import { collectingLogger, openPage, SKIP_REASON, startBrowser, startServer } from "../support/chromium.ts";
import { type Network, openNetwork } from "../support/network.ts";

const STATE = `import { event, log, State } from "antiphon/state";
import { z } from "zod";

export class PageState extends State {
  static fields = { title: z.string() };
  title = "";
}
export class DetailsState extends State {
  static events = { change: event() };
  static fields = { note: z.string() };
  text = "first";
  note = "";
  get length() {
    return this.text.length;
  }
  change() {
    this.text = "changed";
  }
}
export class GuardedState extends State {
  static guard = () => true;
  rows = ["secret row"];
}
export class RefusedState extends State {
  static guard = () => false;
  text = "";
}
export class LoadState extends State {
  static events = { load: event(), fail: event() };
  id = "";
  async *load() {
    const id = String(this.router.params.id);
    yield log(id + " begins");
    const { signal } = this;
    if (id === "slow") await new Promise((_done, fail) => signal.addEventListener("abort", () => fail(signal.reason)));
    this.id = id;
  }
  fail() {
    throw new Error("no such row");
  }
}
`;

const APP = `import { createApp, Link, on, useField, useServerState } from "antiphon/react";
import { useState } from "react";
import { DetailsState, GuardedState, LoadState, PageState, RefusedState } from "./page.state.ts";

function Details() {
  const details = useServerState(DetailsState);
  const note = useField(DetailsState, "note");
  return (
    <section>
      <p id="details">{details.text} {details.length}</p>
      <input id="note" {...note.input} />
      <button type="button" id="change" onClick={() => details.change()}>Change</button>
    </section>
  );
}
function Rows() {
  return <ul id="rows">{useServerState(GuardedState).rows.map((row) => <li key={row}>{row}</li>)}</ul>;
}
function Refused() {
  return <p>{useServerState(RefusedState).text}</p>;
}
function Page() {
  const title = useField(PageState, "title");
  const [open, setOpen] = useState("");
  return (
    <main>
      <h1>Page</h1>
      <input id="title" {...title.input} />
      <button type="button" id="open" onClick={() => setOpen("details")}>Open</button>
      <button type="button" id="guarded" onClick={() => setOpen("guarded")}>Guarded</button>
      <button type="button" id="refused" onClick={() => setOpen("refused")}>Refused</button>
      {open === "details" && <Details />}
      {open === "guarded" && <Rows />}
      {open === "refused" && <Refused />}
      <Link href="/load/slow" id="slow">Slow</Link>
      <Link href="/load/quick" id="quick">Quick</Link>
    </main>
  );
}
function Loaded() {
  return <h1>Loaded {useServerState(LoadState).id}</h1>;
}

export default createApp()
  .addPage(Page, { route: "/" })
  .addPage(Loaded, { route: "/load/[id]", onLoad: on(LoadState, "load") })
  .addPage(() => <h1>Never</h1>, { route: "/fails", onLoad: on(LoadState, "fail") });
`;

describe.skipIf(SKIP_REASON).each(["development", "production"] as const)(
  `A page and what is added to it in %s, in Chromium${SKIP_REASON}`,
  (mode) => {
    const folder = appFolder("empty", { "src/page.state.ts": STATE, "src/app.tsx": APP });
    let server: Awaited<ReturnType<typeof startServer>>;
    let network: Network;
    let browser: Browser;
    beforeAll(async () => {
      if (mode === "production") {
        await callCommand("build", [], { root: folder.root });
      }
      server = await startServer(folder.root, mode, collectingLogger().logger);
      network = await openNetwork(server.url);
      browser = await startBrowser();
    });
    afterAll(async () => {
      await browser?.close();
      await network?.[Symbol.asyncDispose]();
      await server?.close();
      folder[Symbol.dispose]();
    });

    async function open(path: string) {
      network.delay = 0;
      return await openPage(browser, network.url + path);
    }
    const click = (page: Page, id: string) => page.evaluate((name) => document.getElementById(name)?.click(), id);
    const focused = (page: Page) => page.evaluate(() => document.activeElement?.id);

    test("a part that reads a new state neither hides the page nor takes the focus or a letter from an input", async () => {
      const { page, context, complaints } = await open("/");
      await page.locator("#title").click();
      await page.keyboard.type("ab");
      network.delay = 300;
      await page.evaluate(() => {
        const noted = window as unknown as { hidden: number };
        noted.hidden = 0;
        const look = () => {
          if (!document.querySelector("#title")?.checkVisibility()) noted.hidden++;
          requestAnimationFrame(look);
        };
        look();
      });
      await click(page, "open");
      await page.keyboard.type("cd");
      await page.locator("#details", { hasText: "first 5" }).waitFor();
      await click(page, "change");
      await page.keyboard.type("ef");
      await page.locator("#details", { hasText: "changed 7" }).waitFor();
      expect([await focused(page), await page.locator("#title").inputValue()]).toEqual(["title", "abcdef"]);
      expect(await page.evaluate(() => (window as unknown as { hidden: number }).hidden)).toBe(0);
      await page.locator("#note").fill("typed");
      expect(await page.locator("#note").inputValue()).toBe("typed");
      expect(complaints).toEqual([]);
      await context.close();
    });

    test("of a state with a guard the part shows nothing before the guard has let it through", async () => {
      const { page, context } = await open("/");
      await page.locator("#title").waitFor();
      network.delay = 300;
      await click(page, "guarded");
      await page.locator("#rows").waitFor({ state: "attached" });
      expect(await page.locator("#rows li").count()).toBe(0);
      await page.locator("#rows li", { hasText: "secret row" }).waitFor();
      await context.close();
    });

    test("a part whose state the server refuses ends in the error page", async () => {
      const { page, context } = await open("/");
      await page.locator("#title").waitFor();
      await click(page, "refused");
      await page.getByText("Something went wrong").waitFor();
      await context.close();
    });

    test("a link that is clicked while another page loads leads there at once, and back leads to the first page", async () => {
      const { page, context } = await open("/");
      const begun = page.waitForEvent("console", (message) => message.text() === "slow begins");
      await page.locator("#slow").click();
      await begun;
      await page.locator("#quick").dblclick();
      await page.locator("h1", { hasText: "Loaded quick" }).waitFor();
      expect(new URL(page.url()).pathname).toBe("/load/quick");
      await page.goBack();
      await page.locator("h1", { hasText: "Page" }).waitFor();
      await context.close();
    });

    test("a first load that fails shows the error page, which can be tried again", async () => {
      const { page, context } = await open("/fails");
      await page.getByText("Something went wrong").first().waitFor();
      expect(await page.getByText("Never").count()).toBe(0);
      await page.getByRole("button", { name: "Try again" }).click();
      await page.getByText("Something went wrong").first().waitFor();
      await context.close();
    });
  },
);
