import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { appFolder } from "../support/app-folder.ts";
import { collectingLogger, openPage, SKIP_REASON, startBrowser, startServer } from "../support/chromium.ts";

const STATE = `import { event, State, toast } from "antiphon/state";

export class PageState extends State {
  static override events = { say: event() };
  say() {
    return toast.success("Saved", { duration: 0 });
  }
}
`;

const APP = `import { createApp, useServerState } from "antiphon/react";
import { PageState } from "./page.state.ts";

function Page() {
  const page = useServerState(PageState);
  return (
    <>
      <header style={{ position: "fixed", insetBlockStart: 0, insetInline: 0, blockSize: 56, textAlign: "end" }}>
        <button type="button" id="say" onClick={() => page.say()}>Say</button>
      </header>
      <main><h1>Page</h1></main>
    </>
  );
}

export default createApp().addPage(Page, { route: "/" });
`;

describe.skipIf(SKIP_REASON)(`Notices in Chromium${SKIP_REASON}`, () => {
  const folder = appFolder("empty", { "src/page.state.ts": STATE, "src/app.tsx": APP });
  let server: Awaited<ReturnType<typeof startServer>>;
  let browser: Browser;
  beforeAll(async () => {
    server = await startServer(folder.root, "development", collectingLogger().logger);
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    folder[Symbol.dispose]();
  });

  test.each([
    ["light", "light", "dark"],
    ["dark", "dark", "light"],
    ["light", "light dark", "light"],
    ["dark", "light dark", "dark"],
  ] as const)("are %s on a page of the scheme %s while the system is %s", async (shown, page, system) => {
    const { page: tab, context } = await openPage(browser, server.url);
    await tab.emulateMedia({ colorScheme: system });
    await tab.evaluate((scheme) => {
      document.documentElement.style.colorScheme = scheme;
    }, page);
    await tab.locator("#say").click();
    const toast = tab.locator(".antiphon-toast");
    await toast.waitFor();
    const colours = await toast.evaluate((node) => {
      const { backgroundColor, color } = getComputedStyle(node);
      return [backgroundColor, color];
    });
    expect(colours).toEqual(
      shown === "dark" ? ["rgb(31, 34, 38)", "rgb(237, 238, 240)"] : ["rgb(255, 255, 255)", "rgb(28, 32, 36)"],
    );
    await context.close();
  });

  test("leave the header of the page free", async () => {
    const { page, context } = await openPage(browser, server.url);
    for (let left = 5; left > 0; left--) await page.locator("#say").click();
    const header = await page.locator("header").boundingBox();
    const toast = page.locator(".antiphon-toast").first();
    await toast.waitFor();
    // While a notice is replaced by the next one there is none to measure.
    await expect
      .poll(async () => (await toast.boundingBox())?.y ?? 0)
      .toBeGreaterThan((header?.y ?? 0) + (header?.height ?? 0));
    await context.close();
  });
});
