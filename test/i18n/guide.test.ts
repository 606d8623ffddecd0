import { readFileSync } from "node:fs";
import { join } from "node:path";
import { callCommand } from "antiphon";
import { testApp } from "antiphon/testing";
import { afterAll, describe, expect, it, test } from "vitest";
import { appFolder } from "../support/app-folder.ts";
import { collectingLogger, SKIP_REASON, startBrowser, startServer } from "../support/chromium.ts";

/** Writes the files of a text of the docs into a folder of their own. */
function appOf(text: string) {
  const files = [...text.matchAll(/```\w+ file=(\S+)\n(.*?)```/gs)].map(([, file = "", code = ""]) => [file, code]);
  return appFolder("empty", Object.fromEntries(files));
}

const guideOf = (name: string) => readFileSync(join(import.meta.dirname, `../../docs/guides/${name}.md`), "utf8");
const [steps = "", checks = ""] = guideOf("translate").split("## Which language a visitor gets");
const folder = appOf(steps);
const { root } = folder;
afterAll(() => folder[Symbol.dispose]());

const catalogue = (language: string) =>
  JSON.parse(readFileSync(join(root, `locales/${language}.json`), "utf8")) as object;
const HTML = { accept: "text/html" };

describe("The app of the guide on translating", () => {
  it("has exactly the catalogues that makemessages writes, and all of their texts", async () => {
    const shown = [catalogue("en"), catalogue("ar")];
    const out = await callCommand("makemessages", [], { root });
    expect([catalogue("en"), catalogue("ar")]).toEqual(shown);
    expect(out).toBe("locales/en.json: 2 texts, 0 new\nlocales/ar.json: 11 texts, 0 new\n");
    await callCommand("compilemessages", ["--strict"], { root });
  });

  it("may write the text of an error by its code, as the guide does", async () => {
    const [, recipe = ""] = /```json\n(\{.*?)```/s.exec(checks) ?? [];
    const before = catalogue("en");
    const texts = { ...before, ...(JSON.parse(recipe) as object) };
    folder.write("locales/en.json", JSON.stringify(texts));
    expect(await callCommand("makemessages", [], { root })).not.toContain("not used");
    await callCommand("compilemessages", ["--strict"], { root });
    expect(catalogue("en")).toEqual(texts);
    folder.write("locales/en.json", JSON.stringify(before));
  });

  test.each([
    ["/", "de", 200, "en", "Notes"],
    ["/", "ar", 200, "ar", "الملاحظات"],
    ["/ar", "de", 200, "ar", "الملاحظات"],
    ["/en", "ar", 200, "en", "Notes"],
    ["/zz", "de", 404, "en", undefined],
    ["/zz/notes", "ar", 404, "ar", undefined],
  ])("answers %s for a browser in %s with %i in %s", async (path, accepted, status, language, title) => {
    await using app = await testApp({ root });
    const response = await app.fetch(path, { headers: { ...HTML, "accept-language": accepted } });
    const html = await response.text();
    expect([response.status, /<html lang="(\w+)"/.exec(html)?.[1]]).toEqual([status, language]);
    if (title !== undefined) expect(/<title>(.*)<\/title>/.exec(html)?.[1]).toBe(title);
  });

  it("sends the texts of states that the page chooses by a value of the server", async () => {
    await using app = await testApp({ root });
    const html = await (await app.fetch("/ar", { headers: HTML })).text();
    expect(html).toContain('"Done":"تم"');
  });
});

test.skipIf(SKIP_REASON)(
  `the app of the guide in Chromium: states, languages and addresses${SKIP_REASON}`,
  async () => {
    const { lines, logger } = collectingLogger();
    const server = await startServer(root, "development", logger);
    const browser = await startBrowser();
    try {
      const page = await (await browser.newContext({ locale: "de" })).newPage();
      await page.goto(`${server.url}/ar`);
      await page.getByText("لا ملاحظات").waitFor();
      await page.getByRole("button").click();
      await page.getByText("ملاحظة جديدة: مفتوحة").waitFor();
      await page.locator("select").selectOption("en");
      await page.getByText("1 note", { exact: true }).waitFor();
      expect(new URL(page.url()).pathname).toBe("/en");
      expect((await page.goto(`${server.url}/zz`))?.status()).toBe(404);
      await page.getByText("This page does not exist").waitFor();
      expect(await page.locator("select").count()).toBe(0);
      expect(lines.filter((line) => line.includes("has no text"))).toEqual([]);
    } finally {
      await browser.close();
      await server.close();
    }
  },
);

test("the view of the guide on formats answers under the prefix that the guide sets", async () => {
  using formats = appOf(guideOf("formats"));
  await using app = await testApp({ root: formats.root });
  const response = await app.fetch("/api/due", { headers: { "accept-language": "en" } });
  expect(await response.json()).toEqual({ text: "Due on Mar 1, 2026" });
});

test.skipIf(SKIP_REASON)(`the app of the guide on shared values in Chromium${SKIP_REASON}`, async () => {
  using shared = appOf(guideOf("shared-values"));
  const { lines, logger } = collectingLogger();
  const server = await startServer(shared.root, "development", logger);
  const browser = await startBrowser();
  try {
    const page = await (await browser.newContext()).newPage();
    await page.goto(server.url);
    await page.getByText("Hello, guest.").waitFor();
    await page.getByText("The theme is light.").waitFor();
    await page.getByRole("button", { name: "Change the theme" }).click();
    await page.getByText("The theme is dark.").waitFor();
    await page.reload();
    await page.getByText("The theme is dark.").waitFor();
    expect(lines).toEqual([]);
  } finally {
    await browser.close();
    await server.close();
  }
});

test("an error of the app, as the guide on translating writes it, is in the reader's language", async () => {
  using app = appOf(guideOf("translate"));
  app.edit("antiphon.config.ts", (text) => text.replace("i18n:", 'backendPrefix: "/api", i18n:'));
  app.write(
    "src/routes.ts",
    `import { noteLocked } from "./note-errors.ts";
export default async (app) => {
  app.get("/locked", async () => {
    throw noteLocked("One");
  });
};
`,
  );
  app.edit("locales/ar.json", (text) => text.replace("{", '{ "NOTE_LOCKED": "{{0}} مقفلة",'));
  await callCommand("compilemessages", [], { root: app.root });
  await using running = await testApp({ root: app.root });
  const response = await running.fetch("/api/locked", { headers: { "accept-language": "ar" } });
  expect(await response.text()).toContain("One مقفلة");
});
