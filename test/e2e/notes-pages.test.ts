import { callCommand, createServer } from "antiphon";
import { createUser } from "antiphon/auth";
import { objects, withDatabase } from "antiphon/models";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import config from "../../examples/notes/antiphon.config.ts";
import { Note } from "../../examples/notes/src/models.ts";
import { seriousFaults } from "../support/accessibility.ts";
import {
  collectingLogger,
  copyOfExample,
  openPage,
  PRODUCTION,
  SKIP_REASON,
  startBrowser,
} from "../support/chromium.ts";

const PASSWORD = "correct horse";
const TITLES = ["Ants", "Bees", "Cats", "Dogs", "Eels", "Foxes", "Goats"];

describe.skipIf(SKIP_REASON)(`The data pages of the notes example, in Chromium${SKIP_REASON}`, () => {
  const notes = copyOfExample("notes");
  let server: Awaited<ReturnType<typeof createServer>>;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let complaints: string[];
  let count = 0;

  beforeAll(async () => {
    await callCommand("build", [], { root: notes.root });
    server = await createServer({
      root: notes.root,
      mode: "production",
      port: 0,
      host: "127.0.0.1",
      logger: collectingLogger().logger,
      config: {
        ...config,
        ...PRODUCTION,
        database: { url: "sqlite::memory:" },
        auth: { ...config.auth, passwordHashing: { memory: 8, passes: 1 } },
      },
      prepareDatabase: async (database) => void (await callCommand("migrate", [], { root: notes.root, database })),
    });
    await server.listen();
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    notes.remove();
  });
  beforeEach(async () => {
    const username = `ada${++count}`;
    await withDatabase(server.database as never, async () => {
      const { id } = await createUser({ username, password: PASSWORD });
      for (const title of TITLES)
        await objects(Note).create({ user: Number(id), title, content: `All about ${title}` });
    });
    ({ page, context, complaints } = await openPage(browser, server.url));
    await page.evaluate(
      async (body) => {
        const headers = { "content-type": "application/json" };
        await fetch("/api/login", { method: "POST", headers, body: JSON.stringify(body) });
      },
      { username, password: PASSWORD },
    );
  });
  afterEach(() => context.close());

  const main = (tab: Page) => tab.getByRole("main");
  const titleOf = (tab: Page) => main(tab).getByLabel("Title", { exact: true });
  const textOf = (tab: Page) => main(tab).getByLabel("Text", { exact: true });
  const button = (name: string, tab = page) => main(tab).getByRole("button", { name, exact: true });
  const status = (tab = page) => main(tab).getByRole("status").filter({ hasText: "Page" });

  /** The titles that a list shows. */
  async function shown(wanted: readonly string[], tab = page): Promise<void> {
    const titles = main(tab).locator("section.list").locator("h2, th[scope=row]");
    await expect.poll(() => titles.allTextContents()).toEqual(wanted);
  }

  describe.each([
    ["/notes", [...TITLES].reverse()],
    ["/table", TITLES],
  ] as const)("%s", (path, all) => {
    beforeEach(async () => {
      await page.goto(server.url + path);
      await shown(all.slice(0, 5));
    });

    test("row 199: a note is created, edited and deleted, and the form is empty after each save", async () => {
      await titleOf(page).fill("Hens");
      await textOf(page).fill("All about hens");
      await button("Save").click();
      await page.getByRole("paragraph").filter({ hasText: "Created." }).waitFor();
      await expect.poll(() => titleOf(page).inputValue()).toBe("");
      expect(await textOf(page).inputValue()).toBe("");
      await expect.poll(() => status().textContent()).toBe("Page 1 of 2 · 8 notes");
      await main(page).getByLabel("Search").fill("hens");
      await shown(["Hens"]);
      await button("Edit Hens").click();
      await expect.poll(() => titleOf(page).inputValue()).toBe("Hens");
      expect(await textOf(page).inputValue()).toBe("All about hens");
      await page.getByRole("heading", { name: "Edit note" }).waitFor();
      await titleOf(page).fill("Geese and hens");
      await button("Save").click();
      await shown(["Geese and hens"]);
      await expect.poll(() => titleOf(page).inputValue()).toBe("");
      await page.getByRole("heading", { name: "New note" }).waitFor();
      page.once("dialog", (dialog) => dialog.accept());
      await button("Delete Geese and hens").click();
      await shown([]);
      await page.getByText("No note matches your search.").waitFor();
      expect(complaints).toEqual([]);
    });

    test("cancelling empties the form and changes nothing", async () => {
      await button(`Edit ${all[0]}`).click();
      await expect.poll(() => titleOf(page).inputValue()).toBe(all[0]);
      page.on("dialog", (dialog) => dialog.accept());
      await titleOf(page).fill("Never saved");
      await button("Cancel").click();
      await expect.poll(() => titleOf(page).inputValue()).toBe("");
      await page.getByRole("heading", { name: "New note" }).waitFor();
      await shown(all.slice(0, 5));
      expect(complaints).toEqual([]);
    });

    test("typing searches, and the list is paged and sorted", async () => {
      await button("Next").click();
      await shown(all.slice(5));
      expect(await button("Next").getAttribute("aria-disabled")).toBe("true");
      await main(page).getByLabel("Search").pressSequentially("oxe");
      await shown(["Foxes"]);
      await expect.poll(() => status().textContent()).toBe("Page 1 of 1 · 1 note");
      await main(page).getByLabel("Search").fill("");
      await shown(all.slice(0, 5));
      if (path === "/notes") await main(page).getByLabel("Sort by").selectOption("Title, Z to A");
      else await main(page).getByRole("columnheader", { name: "Title" }).getByRole("button").click();
      await shown(TITLES.toReversed().slice(0, 5));
      await button("Next").click();
      await shown(["Bees", "Ants"]);
      await button("Previous").click();
      await shown(TITLES.toReversed().slice(0, 5));
      expect(complaints).toEqual([]);
    });

    test("FRM-2: messages stand beside their inputs, and the first wrong one has the focus", async () => {
      await titleOf(page).fill("Same");
      await textOf(page).fill("Same");
      await button("Save").click();
      await main(page).getByText("The text must differ from the title.").waitFor();
      expect(await textOf(page).getAttribute("aria-invalid")).toBe("true");
      expect(await titleOf(page).getAttribute("aria-invalid")).not.toBe("true");
      await expect.poll(() => textOf(page).evaluate((element) => element === document.activeElement)).toBe(true);
      expect(await titleOf(page).inputValue()).toBe("Same");
      await titleOf(page).fill("");
      await button("Save").click();
      await main(page).getByText("This field is required.").waitFor();
      await expect.poll(() => titleOf(page).evaluate((element) => element === document.activeElement)).toBe(true);
      expect(complaints).toEqual([]);
    });
  });

  test("FRM-5: two tabs edit one note: the second is told what has changed, and chooses", async () => {
    await page.goto(`${server.url}/notes`);
    const other = await context.newPage();
    await other.goto(`${server.url}/notes`);
    for (const tab of [page, other]) {
      await button("Edit Goats", tab).click();
      await expect.poll(() => titleOf(tab).inputValue()).toBe("Goats");
    }
    await titleOf(page).fill("Goats and sheep");
    await button("Save").click();
    await main(page).getByRole("heading", { name: "Goats and sheep" }).waitFor();
    await textOf(other).fill("They climb.");
    await button("Save", other).click();
    const conflict = other.getByRole("region", { name: /Save your changes on top/ });
    await conflict.getByText("Their changes stay either way: Title").waitFor();
    expect(await seriousFaults(other)).toEqual([]);
    await conflict.getByRole("button", { name: "Save my changes" }).click();
    const note = main(other).getByRole("listitem").filter({ hasText: "Goats and sheep" });
    await note.getByText("They climb.").waitFor();
    expect(complaints).toEqual([]);
  });

  test("FRM-7: a note is created, edited and deleted by the keyboard alone", async () => {
    await page.goto(`${server.url}/notes`);
    await shown(TITLES.toReversed().slice(0, 5));
    const tabTo = async (name: string) => {
      for (let presses = 0; presses < 60; presses++) {
        await page.keyboard.press("Tab");
        const label = await page.evaluate(() => {
          const element = document.activeElement as HTMLInputElement | null;
          return element?.getAttribute("aria-label") ?? element?.labels?.[0]?.textContent ?? element?.textContent;
        });
        if (label === name) return;
      }
      throw new Error(`No way to ${name}`);
    };
    await tabTo("Title");
    await page.keyboard.type("By keys");
    await page.keyboard.press("Enter");
    await shown(["By keys", "Goats", "Foxes", "Eels", "Dogs"]);
    await tabTo("Edit By keys");
    await page.keyboard.press("Enter");
    await expect.poll(() => titleOf(page).evaluate((element) => element === document.activeElement)).toBe(true);
    await page.keyboard.press("End");
    await page.keyboard.type(" alone");
    await tabTo("Text");
    await page.keyboard.type("No mouse");
    await tabTo("Save");
    await page.keyboard.press("Enter");
    await shown(["By keys alone", "Goats", "Foxes", "Eels", "Dogs"]);
    page.once("dialog", (dialog) => dialog.accept());
    await tabTo("Delete By keys alone");
    await page.keyboard.press("Space");
    await shown(TITLES.toReversed().slice(0, 5));
    expect(complaints).toEqual([]);
  });

  test.each([
    ["light", "en"],
    ["dark", "ar"],
  ] as const)("FRM-7: axe finds nothing serious on the data pages, %s, in %s", async (colorScheme, language) => {
    await page.emulateMedia({ colorScheme });
    for (const path of ["/notes", "/table"]) {
      await page.goto(server.url + path);
      await page.getByRole("banner").getByRole("combobox").selectOption(language);
      await expect.poll(() => page.evaluate(() => document.documentElement.lang)).toBe(language);
      await main(page).locator("button[type=submit]").click();
      await main(page).locator("[aria-invalid=true]").waitFor();
      expect(await seriousFaults(page)).toEqual([]);
    }
    expect(complaints).toEqual([]);
  });
});
