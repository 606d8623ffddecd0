import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { callCommand, createServer } from "antiphon";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { collectingLogger, copyOfHello, openPage, PRODUCTION, SKIP_REASON, startBrowser } from "../support/chromium.ts";

const STATE = (list: string) => `import { event, State } from "antiphon/state";
export class ShopState extends State {
  static override events = { ${list === "items" ? "add" : "put"}: event() };
  ${list}: string[] = ["${list}"];
  ${list === "items" ? "add" : "put"}() {
    this.${list}.push("more");
  }
}
`;

const APP = (list: string) => `import { createApp, useServerState } from "antiphon/react";
import { ShopState } from "./shop.state.ts";
function Shop() {
  const shop = useServerState(ShopState);
  return (
    <main>
      <p data-testid="list">{shop.${list}.map((each) => each).join()}</p>
      <label>Name <input name="name" /></label>
      <label>Password <input name="password" type="password" /></label>
      <label>Agree <input name="agree" type="checkbox" /></label>
    </main>
  );
}
function Plain() {
  return <main><h1>Plain</h1></main>;
}
const app = createApp();
app.addPage(Shop, { route: "/" });
app.addPage(Plain, { route: "/plain" });
export default app;
`;

/** Starts a server on the same port again and again, each time with what the app's folder holds then. */
describe.skipIf(SKIP_REASON)(`a page that is older than its server, in Chromium${SKIP_REASON}`, () => {
  const hello = copyOfHello();
  let server: Awaited<ReturnType<typeof createServer>> | undefined;
  let browser: Browser;
  let port = 0;

  async function build(list: string): Promise<void> {
    writeFileSync(join(hello.root, "src/shop.state.ts"), STATE(list));
    writeFileSync(join(hello.root, "src/app.tsx"), APP(list));
    await callCommand("build", [], { root: hello.root });
  }

  async function start(): Promise<void> {
    await server?.close();
    const { logger } = collectingLogger();
    const options = { root: hello.root, mode: "production", host: "127.0.0.1", logger, config: PRODUCTION } as const;
    server = await createServer({ ...options, port });
    await server.listen();
    port = Number(new URL(server.url).port);
  }

  const list = (page: Page) => page.getByTestId("list");
  const url = (path = "/") => `http://127.0.0.1:${port}${path}`;
  const pointer = () => readFileSync(join(hello.root, ".antiphon/build.json"), "utf8");
  let pointers: { readonly items: string; readonly goods: string };

  beforeAll(async () => {
    await build("items");
    const items = pointer();
    await build("goods");
    pointers = { items, goods: pointer() };
    browser = await startBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    hello.remove();
  });

  beforeEach(async () => {
    await deploy("items");
  });

  /** Both builds lie there: a server serves the one that the pointer names, with the code of that version. */
  async function deploy(version: "items" | "goods"): Promise<void> {
    writeFileSync(join(hello.root, "src/shop.state.ts"), STATE(version));
    writeFileSync(join(hello.root, "src/app.tsx"), APP(version));
    writeFileSync(join(hello.root, ".antiphon/build.json"), pointers[version]);
    await start();
  }

  test("reads a var that was renamed: it loads itself again, without an error page, and keeps what is typed", async () => {
    const { page, context, complaints } = await openPage(browser, url());
    await list(page).getByText("items", { exact: true }).waitFor();
    await page.getByLabel("Name").pressSequentially("Ada");
    await page.getByLabel("Password").pressSequentially("secret");
    await page.getByLabel("Agree").check();
    let loads = 0;
    page.on("load", () => loads++);
    await deploy("goods");
    await list(page).getByText("goods", { exact: true }).waitFor();
    await expect.poll(() => page.getByLabel("Name").inputValue()).toBe("Ada");
    expect(await page.getByLabel("Agree").isChecked()).toBe(true);
    expect(await page.getByLabel("Password").inputValue()).toBe("");
    expect(await page.evaluate(() => JSON.stringify(sessionStorage))).not.toMatch(/secret|Ada/);
    expect(loads).toBe(1);
    expect(complaints.filter((line) => /TypeError|CRASHED/.test(line))).toEqual([]);
    await context.close();
  });

  test("still fits: it stays, and offers the new version", async () => {
    const { page, context } = await openPage(browser, url("/plain"));
    await page.getByRole("heading", { name: "Plain" }).waitFor();
    await page.evaluate(() => Object.assign(window, { isSame: true }));
    await deploy("goods");
    await page.getByText("A new version is ready.").waitFor();
    expect(await page.evaluate(() => "isSame" in window)).toBe(true);
    await context.close();
  });
});
