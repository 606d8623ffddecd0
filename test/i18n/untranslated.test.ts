import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { testApp } from "antiphon/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { collectingLogger, copyOfFixture, SKIP_REASON, startBrowser, startServer } from "../support/chromium.ts";

/** An app with a text that nobody has translated, and with one whose key is in no module of the page. */
const copy = copyOfFixture("languages-app");
beforeAll(() => {
  const page = join(copy.root, "src/pages/other.tsx");
  const text = readFileSync(page, "utf8");
  const more = '<p id="new">{t("Nobody has translated this")}</p><p id="late">{t(["Not", "found"].join(" "))}</p>';
  writeFileSync(page, text.replace('<p id="verb">', `${more}<p id="verb">`));
});
afterAll(() => copy.remove());

const HTML = { accept: "text/html", "accept-language": "de" };

describe("Keys that have no translation", () => {
  test("development logs each once, with its language", async () => {
    const { lines, logger } = collectingLogger();
    const server = await startServer(copy.root, "development", logger);
    try {
      const open = async (language: string) => {
        const response = await fetch(`${server.url}/other`, { headers: { ...HTML, "accept-language": language } });
        expect((await response.text()).includes('"keys":[')).toBe(language !== "en");
      };
      for (const language of ["en", "de", "de", "ar"]) await open(language);
      expect(lines.filter((line) => line.includes("has no text"))).toEqual(
        ["de", "ar"].map(
          (language) =>
            `locales/${language}.json has no text for "Nobody has translated this". Write it there. If the file lacks the key, run  antiphon makemessages.`,
        ),
      );
    } finally {
      await server.close();
    }
  });

  test("nothing of that outside of development", async () => {
    const { lines, logger } = collectingLogger();
    await using app = await testApp({ root: copy.root, logger });
    const html = await (await app.fetch("/other", { headers: HTML })).text();
    expect(html).toContain("antiphon-messages");
    expect(html).not.toContain('"keys":[');
    expect(lines.filter((line) => line.includes("has no text"))).toEqual([]);
  });

  test.skipIf(SKIP_REASON)(
    `the browser's console names a key that is in no module of the page${SKIP_REASON}`,
    async () => {
      const { logger } = collectingLogger();
      const server = await startServer(copy.root, "development", logger);
      const browser = await startBrowser();
      try {
        const page = await (await browser.newContext({ locale: "de" })).newPage();
        const reported: string[] = [];
        page.on("console", (line) => reported.push(line.text()));
        await page.goto(`${server.url}/other`);
        await page.getByText("Not found").waitFor();
        await page.getByText("Öffnen").waitFor();
        expect(reported.filter((line) => line.includes("CLIENT_KEY_UNKNOWN"))).toEqual([
          expect.stringContaining('t("Not found") has no translation into "de" here'),
        ]);
      } finally {
        await browser.close();
        await server.close();
      }
    },
  );
});
