import { callCommand, createServer } from "antiphon";
import { objects, withDatabase } from "antiphon/models";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Folder, Item, Tag } from "../fixtures/forms-app/src/models.ts";
import { seriousFaults } from "../support/accessibility.ts";
import { collectingLogger, copyOfFixture, openPage, SKIP_REASON, startBrowser } from "../support/chromium.ts";

const LANGUAGES = { languages: { en: "English", de: "Deutsch" }, defaultLanguage: "en" };

describe.skipIf(SKIP_REASON)(`Forms of data states, in Chromium${SKIP_REASON}`, () => {
  const app = copyOfFixture("forms-app");
  const log = collectingLogger();
  let server: Awaited<ReturnType<typeof createServer>>;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    await callCommand("makemigrations", [], { root: app.root });
    server = await createServer({
      root: app.root,
      // In development React says what is wrong with the props of an input.
      mode: "development",
      port: 0,
      host: "127.0.0.1",
      logger: log.logger,
      config: { database: { url: "sqlite::memory:" }, i18n: LANGUAGES },
      prepareDatabase: async (database) => void (await callCommand("migrate", [], { root: app.root, database })),
    });
    await server.listen();
    browser = await startBrowser();
    await inDatabase(async () => {
      for (const name of ["Archive", "Bills", "Inbox"]) await objects(Folder).create({ name });
      await objects(Folder).create({ name: "Closed", isOpen: false });
      for (const name of ["blue", "green", "red"]) await objects(Tag).create({ name });
    });
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    app.remove();
  });
  beforeEach(async () => {
    await inDatabase(() => objects(Item).delete());
    ({ page, context, complaints } = await openPage(browser, server.url, { timezoneId: "Asia/Tokyo" }));
    await label("Title").waitFor();
  });
  afterEach(() => context.close());

  const inDatabase = <T>(work: () => Promise<T>) => withDatabase(server.database as never, work);
  const vars = async (tab = page) => JSON.parse((await tab.locator("#state").textContent()) ?? "{}") as object;
  const form = (tab = page) => tab.getByRole("form", { name: "Item" });
  const label = (text: string, tab = page) => form(tab).getByLabel(text, { exact: true });
  const save = (tab = page) => tab.getByRole("button", { name: /^(Create|Save)$/ }).click();
  const options = (field: string) => page.getByRole("listbox", { name: field }).getByRole("option");
  const option = (field: string, name: string) => options(field).filter({ hasText: name });
  const focused = (tab = page) => tab.evaluate(() => document.activeElement?.getAttribute("name"));

  async function edit(title: string, tab = page): Promise<void> {
    await tab.getByRole("button", { name: `Edit ${title}` }).click();
    await expect.poll(() => label("Title", tab).inputValue()).toBe(title);
    // The keyboard goes on in the form.
    await expect.poll(() => focused(tab)).toBe("title");
  }

  /** The texts that a screen reader reads with an input. */
  async function description(input: Locator): Promise<string> {
    return await input.evaluate((element) =>
      (element.getAttribute("aria-describedby") ?? "")
        .split(" ")
        .map((id) => (id === "" ? "" : (document.getElementById(id)?.textContent ?? `no element ${id}`)))
        .join(" "),
    );
  }

  test("FRM-1: every kind of control shows its field and saves its value, and times are in the visitor's zone", async () => {
    await label("Title").fill("Everything");
    await label("Subtitle").fill("of a kind");
    await label("Email").fill("ada@example.org");
    await label("Content").fill("Two\nlines");
    await label("Status").selectOption("Published");
    await label("M").check();
    await label("Priority").fill("3");
    await label("Ratio").fill("0.25");
    await label("Price").fill("12.50");
    await label("Serial").fill("9007199254740993");
    await label("Pinned").check();
    await label("Agreed").selectOption("No");
    await label("Due").fill("2026-03-01");
    await label("Opens at").fill("08:30");
    await label("Remind at").fill("2026-03-01T09:00");
    await label("Meta").fill('{ "color": "red" }');
    await label("Folder").click();
    await option("Folder", "Inbox").click();
    await label("Shelf").selectOption("Bills");
    for (const name of ["red", "blue"]) {
      await page.getByRole("combobox", { name: "Tags" }).click();
      await option("Tags", name).click();
    }
    await page.getByRole("group", { name: "Topics" }).getByLabel("green").check();
    await label("Groups").selectOption(["blue", "green"]);
    await save();
    await page.getByRole("button", { name: "Edit Everything" }).waitFor();
    const [row] = await inDatabase(() => objects(Item).related("tags", "topics", "groups").rows());
    const named = (rows: readonly { readonly name: string }[] | undefined) => rows?.map(({ name }) => name).sort();
    expect({ ...row, tags: named(row?.tags), topics: named(row?.topics), groups: named(row?.groups) }).toMatchObject({
      title: "Everything",
      subtitle: "of a kind",
      email: "ada@example.org",
      content: "Two\nlines",
      status: "published",
      size: "M",
      priority: 3,
      ratio: 0.25,
      price: "12.50",
      serial: "9007199254740993",
      pinned: true,
      agreed: false,
      due: "2026-03-01",
      opensAt: "08:30:00",
      remindAt: "2026-03-01T00:00:00.000Z",
      meta: { color: "red" },
      tags: ["blue", "red"],
      topics: ["green"],
      groups: ["blue", "green"],
    });
    // The form is empty again, and the same row fills it.
    await expect.poll(() => label("Title").inputValue()).toBe("");
    expect(await page.getByRole("button", { name: "Remove red" }).count()).toBe(0);
    await edit("Everything");
    expect(await label("Remind at").inputValue()).toBe("2026-03-01T09:00");
    expect(await label("Opens at").inputValue()).toBe("08:30:00");
    expect(await label("Folder").inputValue()).toBe("Inbox");
    await expect.poll(() => label("Shelf").inputValue()).not.toBe("");
    expect(await label("Agreed").inputValue()).toBe("false");
    expect(await page.getByRole("button", { name: /^Remove/ }).count()).toBe(2);
    await expect.poll(() => page.getByLabel("green").isChecked()).toBe(true);
    expect(complaints).toEqual([]);
  });

  test("FRM-2: a refused save keeps the text, shows each message beside its input, and puts the focus on the first wrong one", async () => {
    await label("Title").fill("forbidden");
    await label("Price").fill("-1");
    await label("Meta").fill("{ no json");
    await label("Due").focus();
    await save();
    await form().getByText("Choose another title.").waitFor();
    await expect.poll(() => focused()).toBe("title");
    expect(await label("Title").getAttribute("aria-invalid")).toBe("true");
    expect(await description(label("Title"))).toBe("Shown in the list Choose another title.");
    for (const name of ["Price", "Meta"]) {
      expect(await label(name).getAttribute("aria-invalid")).toBe("true");
      expect((await description(label(name))).trim()).not.toBe("");
    }
    expect(await label("Due").getAttribute("aria-invalid")).toBe(null);
    expect(await label("Price").inputValue()).toBe("-1");
    expect(await label("Meta").inputValue()).toBe("{ no json");
    // A message goes when its input is changed; the others stay.
    await label("Title").fill("allowed");
    await expect.poll(() => label("Title").getAttribute("aria-invalid")).toBe(null);
    expect(await label("Price").getAttribute("aria-invalid")).toBe("true");
    await save();
    await expect.poll(() => focused()).toBe("price");
    await label("Price").fill("1");
    await label("Meta").fill("");
    await save();
    await page.getByRole("button", { name: "Edit allowed" }).waitFor();
    expect(await page.locator("[aria-invalid]").count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test("a form that is emptied takes the focus from nothing, and none where there was none", async () => {
    await label("Title").fill("Half");
    const cancel = page.getByRole("button", { name: "Cancel" });
    await cancel.click();
    await expect.poll(() => label("Title").inputValue()).toBe("");
    expect(await cancel.evaluate((element) => element === document.activeElement)).toBe(true);
    await label("Title").fill("Half");
    await expect.poll(() => page.locator("#unsaved").textContent()).toBe("true");
    await cancel.evaluate((element: HTMLElement) => {
      (document.activeElement as HTMLElement | null)?.blur();
      element.click();
    });
    await expect.poll(() => label("Title").inputValue()).toBe("");
    expect(await page.evaluate(() => document.activeElement === document.body)).toBe(true);
    expect(complaints).toEqual([]);
  });

  test("FRM-3: a row of a relation is found and chosen by the keyboard, among those that the user may have", async () => {
    await label("Folder").focus();
    await page.keyboard.press("ArrowDown");
    await expect.poll(() => options("Folder").allTextContents()).toEqual(["Archive", "Bills", "Inbox"]);
    await page.keyboard.type("bi");
    await expect.poll(() => options("Folder").allTextContents()).toEqual(["Bills"]);
    await page.keyboard.press("ArrowDown");
    const folder = page.getByRole("combobox", { name: "Folder" });
    const active = await folder.getAttribute("aria-activedescendant");
    expect(await page.locator(`[id="${active}"]`).textContent()).toBe("Bills");
    await page.keyboard.press("Enter");
    await expect.poll(() => folder.inputValue()).toBe("Bills");
    expect(await options("Folder").count()).toBe(0);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.type("nothing of this name");
    await form().getByText("Nothing found.").waitFor();
    await page.keyboard.press("Escape");
    expect(await folder.inputValue()).toBe("Bills");
    // Enter in the open list takes the only match, at once or when its rows have come, and never submits the form.
    await folder.fill("arch");
    await page.keyboard.press("Enter");
    await expect.poll(() => folder.inputValue()).toBe("Archive");
    await folder.fill("i");
    await expect.poll(() => options("Folder").count()).toBe(3);
    await page.keyboard.press("Enter");
    expect(await options("Folder").count()).toBe(3);
    await page.keyboard.press("Escape");
    expect(await folder.inputValue()).toBe("Archive");
    // Leaving the input takes the row of that name too; any other text is not a choice, and says so.
    await folder.fill("inbox");
    await page.keyboard.press("Tab");
    await expect.poll(() => folder.inputValue()).toBe("Inbox");
    await folder.fill("Nowhere");
    await page.keyboard.press("Tab");
    await form().getByText('"Nowhere" matches no single entry. Choose one from the list.').waitFor();
    expect(await folder.inputValue()).toBe("");
    expect(await description(folder)).toContain('"Nowhere" matches no single entry.');
    await expect.poll(async () => (await vars()) as object).toMatchObject({ folder: null, items: [], fieldErrors: {} });
    const tags = page.getByRole("combobox", { name: "Tags" });
    for (const count of [1, 2]) {
      await tags.focus();
      await page.keyboard.press("ArrowUp");
      await expect.poll(() => options("Tags").count()).toBe(4 - count);
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Enter");
      await expect.poll(() => page.getByRole("button", { name: /^Remove/ }).count()).toBe(count);
    }
    await page.getByRole("button", { name: "Remove blue" }).press("Enter");
    await expect.poll(() => page.getByRole("button", { name: /^Remove/ }).count()).toBe(1);
    expect(await tags.evaluate((element) => element === document.activeElement)).toBe(true);
    expect(complaints).toEqual([]);
  });

  test("FRM-4: before a form with unsaved values is left or filled with another row, the page asks", async () => {
    await label("Title").fill("First");
    await expect.poll(() => page.locator("#unsaved").textContent()).toBe("true");
    await save();
    await page.getByRole("button", { name: "Edit First" }).waitFor();
    await expect.poll(() => page.locator("#unsaved").textContent()).toBe("false");
    const asked: string[] = [];
    let answer = false;
    page.on("dialog", async (dialog) => {
      asked.push(dialog.type() === "confirm" ? dialog.message() : dialog.type());
      await (answer ? dialog.accept() : dialog.dismiss());
    });
    const question = "You have unsaved changes. Leave without saving them?";
    await label("Title").fill("Half");
    await page.getByRole("link", { name: "Folders" }).click();
    await page.getByRole("button", { name: "Edit First" }).click();
    await page.evaluate(() => location.reload());
    await expect.poll(() => asked.length).toBe(3);
    expect(asked).toEqual([question, question, "beforeunload"]);
    expect(await label("Title").inputValue()).toBe("Half");
    answer = true;
    await edit("First");
    await page.getByRole("link", { name: "Folders" }).click();
    await page.getByRole("heading", { name: "Folders" }).waitFor();
    expect(asked.length).toBe(4);
    // Also on the way back, and without a question when all is saved.
    answer = false;
    await page.getByLabel("Name").fill("New folder");
    await page.goBack();
    await expect.poll(() => asked.length).toBe(5);
    expect(new URL(page.url()).pathname).toBe("/folders");
    await page.getByRole("button", { name: "Create" }).click();
    await page.getByRole("button", { name: "Save" }).waitFor();
    expect(await page.locator("#unsaved").textContent()).toBe("false");
    await page.getByRole("link", { name: "Items" }).click();
    await page.getByRole("heading", { name: "Items" }).waitFor();
    expect(asked.length).toBe(5);
    expect(complaints).toEqual([]);
  });

  test("FRM-5, W21: two tabs that edit one row: the second save shows what has changed, and the user chooses", async () => {
    await label("Title").fill("Shared");
    await save();
    const other = await context.newPage();
    await other.goto(server.url);
    for (const [choice, theirs, mine] of [
      ["Save my changes", "M", "L"],
      ["Use their version", "S", "M"],
    ] as const) {
      await edit("Shared");
      await edit("Shared", other);
      await label("Subtitle").fill(`theirs: ${choice}`);
      await label(theirs).check();
      await save();
      await expect.poll(() => label("Title").inputValue()).toBe("");
      await label("Content", other).fill(`mine: ${choice}`);
      await label(mine, other).check();
      await save(other);
      const conflict = other.getByRole("region", { name: "Save your changes on top of theirs, or use their version?" });
      await conflict.waitFor();
      expect(await conflict.evaluate((element) => element === document.activeElement)).toBe(true);
      const cells = (name: string) => conflict.getByRole("row", { name }).getByRole("cell").allTextContents();
      // The other user alone has changed it: no choice is to be made.
      expect(await conflict.getByRole("row", { name: "Subtitle" }).count()).toBe(0);
      await conflict.getByText("Their changes stay either way: Subtitle").waitFor();
      await form(other).getByText("Another user has saved this row. Choose which version to keep.").waitFor();
      expect(await cells("Size")).toEqual([mine, theirs]);
      expect(await label("Content", other).inputValue()).toBe(`mine: ${choice}`);
      await conflict.getByRole("button", { name: choice }).click();
      await conflict.waitFor({ state: "detached" });
      // The button that had the focus is gone.
      await expect.poll(() => focused(other)).toBe("title");
      if (choice === "Save my changes") {
        await expect.poll(() => label("Title", other).inputValue()).toBe("");
      } else {
        await expect.poll(() => label("Subtitle", other).inputValue()).toBe(`theirs: ${choice}`);
        expect(await label("Content", other).inputValue()).toBe("mine: Save my changes");
      }
      const [row] = await inDatabase(() => objects(Item).rows());
      const size = choice === "Save my changes" ? mine : theirs;
      expect(row).toMatchObject({ subtitle: `theirs: ${choice}`, content: "mine: Save my changes", size });
    }
    expect(complaints).toEqual([]);
  });

  test("FRM-7: axe finds nothing serious on any kind of control, with messages and with an open list of rows", async () => {
    await label("Price").fill("-1");
    await label("Agreed").selectOption("Yes");
    await save();
    await expect.poll(() => focused()).toBe("title");
    await page.getByRole("combobox", { name: "Tags" }).click();
    await options("Tags").filter({ hasText: "red" }).click();
    await page.getByRole("button", { name: "Remove red" }).waitFor();
    await page.getByRole("combobox", { name: "Tags" }).click();
    await expect.poll(() => options("Tags").count()).toBe(2);
    await page.keyboard.press("ArrowDown");
    expect(await seriousFaults(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test("FRM-6: labels, help, choices and the framework's own texts are in the language of the page", async () => {
    await page.getByRole("button", { name: "Deutsch" }).click();
    await label("Titel").waitFor();
    expect(await description(label("Titel"))).toBe("Steht in der Liste");
    expect(await label("Status").locator("option").allTextContents()).toEqual(["Entwurf", "Veröffentlicht"]);
    expect(await label("Agreed").locator("option").allTextContents()).toEqual(["Keine Auswahl", "Ja", "Nein"]);
    expect(complaints.filter((line) => !line.includes("has no translation"))).toEqual([]);
  });

  test("a state without a form, and a relation without choices, are errors that name the cure", async () => {
    await page.goto(`${server.url}/without`);
    await expect.poll(() => complaints.join()).toContain("useModelForm() got TagsState, which has no form");
    await page.goto(`${server.url}/bare`);
    await expect.poll(() => complaints.join()).toContain('relations: { folder: { label: "name" } }');
  });
});
