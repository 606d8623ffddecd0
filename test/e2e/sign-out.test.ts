import { callCommand, createServer } from "antiphon";
import { createUser } from "antiphon/auth";
import { withDatabase } from "antiphon/models";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  collectingLogger,
  copyOfFixture,
  openPage,
  PRODUCTION,
  SKIP_REASON,
  startBrowser,
} from "../support/chromium.ts";

const PASSWORD = "correct horse";

describe.skipIf(SKIP_REASON)(`A page whose user signs out, in Chromium${SKIP_REASON}`, () => {
  const app = copyOfFixture("members-app");
  let server: Awaited<ReturnType<typeof createServer>>;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    await callCommand("build", [], { root: app.root });
    await callCommand("makemigrations", [], { root: app.root });
    server = await createServer({
      root: app.root,
      mode: "production",
      port: 0,
      host: "127.0.0.1",
      logger: collectingLogger().logger,
      config: {
        ...PRODUCTION,
        database: { url: "sqlite::memory:" },
        auth: { passwordHashing: { memory: 8, passes: 1 } },
      },
      prepareDatabase: async (database) => void (await callCommand("migrate", [], { root: app.root, database })),
    });
    await server.listen();
    await withDatabase(server.database as never, () => createUser({ username: "ada", password: PASSWORD }));
    browser = await startBrowser();
  });
  beforeEach(async () => {
    ({ page, context, complaints } = await openPage(browser, server.url));
  });
  afterEach(() => context?.close());
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    app.remove();
  });

  async function signIn(): Promise<void> {
    await page.getByLabel("Username").fill("ada");
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("Task of ada").waitFor();
  }

  /** Notes every text that the page shows from now on. */
  const watch = (watched: Page) =>
    watched.evaluate(() => {
      const seen: string[] = [];
      Object.assign(window, { seen });
      new MutationObserver(() => {
        const text = (document.getElementById("root")?.innerText ?? "").replace(/\s+/g, " ").trim();
        if (seen.at(-1) !== text) seen.push(text);
      }).observe(document.body, { subtree: true, childList: true, characterData: true });
    });
  const seen = (watched: Page) => watched.evaluate(() => (window as unknown as { seen: string[] }).seen);

  test("goes to the next page without showing its emptied states, here and in another tab", async () => {
    await signIn();
    const other = await context.newPage();
    other.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    await other.goto(server.url);
    await other.getByText("Task of ada").waitFor();
    for (const each of [page, other]) await watch(each);
    await page.getByRole("button", { name: "Sign out" }).click();
    for (const each of [page, other]) {
      await each.getByRole("heading", { name: "Sign in" }).waitFor();
      for (const text of await seen(each)) expect(text).toMatch(/^(1 open Task of ada Add Sign out|Sign in Sign in|)$/);
    }
    expect(complaints).toEqual([]);
    // What the next user does is theirs, and nothing of it was lost.
    await signIn();
    await page.getByRole("button", { name: "Add" }).click();
    await page.getByText("Another task").waitFor();
    expect(await page.locator(".antiphon-banner").count()).toBe(0);
  });

  test("loses the message of a refused form when the form succeeds, and when the page changes", async () => {
    const notice = page.locator(".antiphon-toast");
    await page.getByRole("button", { name: "Sign in" }).click();
    await notice.getByText("Enter your username").waitFor();
    await page.getByLabel("Username").fill("ada");
    await page.getByLabel("Password").fill("wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await notice.getByText("Invalid username or password.").waitFor();
    expect(await notice.count()).toBe(1);
    await signIn();
    expect(await notice.count()).toBe(0);
  });
});
