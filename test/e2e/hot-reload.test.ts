import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { appFolder } from "../support/app-folder.ts";
import { collectingLogger, openPage, SKIP_REASON, startBrowser, startServer } from "../support/chromium.ts";

const STATE = `import { event, State } from "antiphon/state";

export class ListState extends State {
  static override events = { add: event(), addOne: event() };
  title = "Old title";
  items = ["a"];
  open = [];
  count = 0;
  add() {
    this.items = ["mine"];
    this.count++;
  }
  addOne() {
    this.open = ["mine"];
  }
}
`;

const APP = `import { createApp, useServerState } from "antiphon/react";
import { ListState } from "./list.state.ts";

function List() {
  const list = useServerState(ListState);
  return (
    <main>
      <h1>{list.title}</h1>
      <p id="items">{list.items.map((item) => item).join(" ")}</p>
      <p id="open">{list.open.map((item) => item).join(" ")}</p>
      <button type="button" id="add" onClick={() => list.add()}>{list.count}</button>
      <button type="button" id="one" onClick={() => list.addOne()}>One</button>
    </main>
  );
}

export default createApp().addPage(List, { route: "/" });
`;

describe.skipIf(SKIP_REASON)(`Code that is changed under an open page, in Chromium${SKIP_REASON}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser?.close());

  async function start() {
    const folder = appFolder("empty", { "src/list.state.ts": STATE, "src/app.tsx": APP });
    const log = collectingLogger();
    const server = await startServer(folder.root, "development", log.logger);
    const { page, context } = await openPage(browser, server.url);
    let loads = 0;
    page.on("load", () => loads++);
    await page.locator("h1", { hasText: "Old title" }).waitFor();
    return {
      folder,
      log,
      page,
      loads: () => loads,
      text: (id: string) => page.locator(id).textContent(),
      async [Symbol.asyncDispose]() {
        await context.close();
        await server.close();
        folder[Symbol.dispose]();
      },
    };
  }

  test("a var that nobody has written takes its new first value, and the others keep theirs", async () => {
    await using app = await start();
    await app.page.locator("#add").click();
    await app.page.locator("#items", { hasText: "mine" }).waitFor();
    app.folder.edit("src/list.state.ts", (text) => text.replace("Old title", "New title").replace('["a"]', '["b"]'));
    await app.page.locator("h1", { hasText: "New title" }).waitFor();
    expect([await app.text("#items"), await app.text("#add"), app.loads()]).toEqual(["mine", "1", 0]);
    expect(app.log.lines.filter((line) => line.includes("Reset"))).toEqual([]);
  });

  test("a value whose shape no longer fits is reset, with one line, and a page that failed in between is shown again", async () => {
    await using app = await start();
    await app.page.locator("#add").click();
    await app.page.locator("#items", { hasText: "mine" }).waitFor();
    // The page first: until the state follows it reads what is not there.
    app.folder.edit("src/app.tsx", (text) => text.replace("(item) => item)", "(item) => item.name.toUpperCase())"));
    await app.page.getByText("Something went wrong").waitFor();
    app.folder.edit("src/list.state.ts", (text) => text.replace('["a"]', '[{ id: 1, name: "one" }]'));
    await app.page.locator("#items", { hasText: "ONE" }).waitFor();
    expect([await app.text("#add"), app.loads()]).toEqual(["1", 0]);
    const lines = app.log.lines.filter((line) => line.includes("Reset"));
    expect(lines).toEqual([expect.stringContaining("Reset ListState.items: what they held does not fit")]);
    await app.page.reload();
    await app.page.locator("#items", { hasText: "ONE" }).waitFor();
    expect(await app.text("#add")).toBe("1");
  });

  test("a page that has crashed starts with fresh states when it is loaded again, and one that has not keeps them", async () => {
    await using app = await start();
    await app.page.locator("#one").click();
    await app.page.locator("#open", { hasText: "mine" }).waitFor();
    await app.page.reload();
    await app.page.locator("#open", { hasText: "mine" }).waitFor();
    app.folder.edit("src/app.tsx", (text) =>
      text.replace("list.open.map((item) => item)", "list.open.map((item) => item.name.first)"),
    );
    await app.page.getByText("Something went wrong").waitFor();
    await app.page.reload();
    await app.page.locator("h1", { hasText: "Old title" }).waitFor();
    expect(await app.text("#open")).toBe("");
  });
});
