import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { appFolder } from "../support/app-folder.ts";
import { collectingLogger, SKIP_REASON, startBrowser, startServer } from "../support/chromium.ts";

const FILES = {
  "antiphon.config.ts": `export default {};\n`,
  "src/due.state.ts": `import { formats } from "antiphon/i18n";
import { event, State } from "antiphon/state";
export class DueState extends State {
  static override events = { load: event() };
  text = "";
  load() {
    this.text = formats().dateTime("2026-03-01T23:30:00Z");
  }
}
`,
  "src/app.tsx": `import { createApp, on, useFormat, useServerState } from "antiphon/react";
import { DueState } from "./due.state.ts";
function Due() {
  const { text } = useServerState(DueState);
  return <p>{useFormat().dateTime("2026-03-01T23:30:00Z")} and {text}</p>;
}
export default createApp().addPage(Due, { route: "/", onLoad: on(DueState, "load") });
`,
};

describe.skipIf(SKIP_REASON)(`An app in English alone, in Chromium${SKIP_REASON}`, () => {
  const folder = appFolder("empty", FILES);
  let server: Awaited<ReturnType<typeof startServer>>;
  let browser: Awaited<ReturnType<typeof startBrowser>>;
  beforeAll(async () => {
    server = await startServer(folder.root, "development", collectingLogger().logger);
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    folder[Symbol.dispose]();
  });

  test("shows the same date on both ends, in the time zone of the browser", async () => {
    const page = await (await browser.newContext({ locale: "en", timezoneId: "Asia/Tokyo" })).newPage();
    await page.goto(server.url);
    const text = await page.locator("p").textContent();
    const shown = "Mar 2, 2026, 8:30 AM";
    expect(text).toBe(`${shown} and ${shown}`);
  });
});
