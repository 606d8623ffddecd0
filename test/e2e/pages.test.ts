import { readFileSync } from "node:fs";
import { callCommand } from "antiphon";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  collectingLogger,
  copyOfHello,
  openPage,
  SKIP_REASON,
  startBrowser,
  startServer,
  textOf,
} from "../support/chromium.ts";

const PATHS = ["/", "/form", "/story", "/clock", "/rows", "/rows/7", "/effects", "/failures", "/secret?word=sesame"];

describe.skipIf(SKIP_REASON).each(["development", "production"] as const)(
  `The pages of the hello example in %s, in Chromium${SKIP_REASON}`,
  (mode) => {
    const hello = copyOfHello();
    let server: Awaited<ReturnType<typeof startServer>>;
    let browser: Browser;

    beforeAll(async () => {
      if (mode === "production") {
        await callCommand("build", [], { root: hello.root });
      }
      server = await startServer(hello.root, mode, collectingLogger().logger);
      browser = await startBrowser();
    });

    afterAll(async () => {
      await browser?.close();
      await server?.close();
      hello.remove();
    });

    const open = (path: string) => openPage(browser, server.url + path);
    const shown = (page: Page) => page.getByRole("heading", { level: 1 });

    test("every address answers by itself, under its policy, without a word in the console", async () => {
      const { page, context, complaints } = await open("/");
      for (const path of PATHS) {
        const response = await page.goto(server.url + path);
        expect([path, response?.status()]).toEqual([path, 200]);
        expect(response?.headers()["content-security-policy"]).toMatch(/script-src 'self'( 'nonce-|;)/);
        await shown(page).waitFor();
        expect(await page.title()).not.toBe("");
        expect(await page.locator("main").count()).toBe(1);
      }
      expect(complaints).toEqual([]);
      await context.close();
    });

    test("an address that no page has answers 404 and says so on a page", async () => {
      const { page, context } = await open("/");
      const response = await page.goto(`${server.url}/nowhere`);
      expect(response?.status()).toBe(404);
      await page.getByText("This page does not exist").waitFor();
      await page.getByRole("link", { name: "Go to the start page" }).click();
      await textOf(page, "count", "0");
      await context.close();
    });

    test("a page that its guard refuses is never shown, by its address or by a link", async () => {
      const { page, context } = await open("/");
      await textOf(page, "count", "0");
      await page.addInitScript(() => {
        new MutationObserver(() => {
          if (document.body?.textContent?.includes("You know the word")) Object.assign(window, { leaked: true });
        }).observe(document, { childList: true, subtree: true });
      });
      const response = await page.goto(`${server.url}/secret`);
      expect(response?.status()).toBe(403);
      await page.getByText("The page /secret is not open to you.").waitFor();
      await page.getByRole("link", { name: "Failures" }).click();
      await page.getByRole("link", { name: "A page that is not for you" }).click();
      await page.getByText("The page /secret is not open to you.").waitFor();
      expect(await page.evaluate(() => "leaked" in window)).toBe(false);
      await page.getByRole("link", { name: "Failures" }).click();
      await page.getByRole("link", { name: "The same with the word" }).click();
      await page.getByText("You know the word").waitFor();
      await context.close();
    });

    test("a guard that sends elsewhere does so for an address and for a link, and the way back skips it", async () => {
      const { page, context } = await open("/rows/nonsense");
      await page.getByText("1000 of 1000").waitFor();
      expect(new URL(page.url()).pathname).toBe("/rows");
      await page.goto(`${server.url}/failures`);
      await page.getByRole("link", { name: "A page that sends you elsewhere" }).click();
      await page.getByText("1000 of 1000").waitFor();
      expect(new URL(page.url()).pathname).toBe("/rows");
      await page.goBack();
      await expect.poll(() => new URL(page.url()).pathname).toBe("/failures");
      await context.close();
    });

    test("going back finds the page where it was left, going on begins at the top", async () => {
      const { page, context } = await open("/rows");
      await page.getByText("1000 of 1000").waitFor();
      await page.evaluate(() => window.scrollTo(0, 6000));
      const link = page.getByRole("link", { name: "Alan 151", exact: true });
      await link.scrollIntoViewIfNeeded();
      const place = await page.evaluate(() => window.scrollY);
      expect(place).toBeGreaterThan(3000);
      await link.click();
      await textOf(page, "amount", String((151 * 37) % 500));
      expect(await page.title()).toBe("Row 151 · Hello");
      expect(await page.evaluate(() => window.scrollY)).toBe(0);
      await page.goBack();
      await page.getByText("1000 of 1000").waitFor();
      await expect.poll(() => page.evaluate(() => window.scrollY)).toBeCloseTo(place, -1);
      expect(await page.title()).toBe("Rows · Hello");
      await page.goForward();
      await expect.poll(() => page.title()).toBe("Row 151 · Hello");
      await context.close();
    });

    test("a page that breaks while it renders says so, and can be tried again", async () => {
      const { page, context, complaints } = await open("/failures");
      await page.getByRole("button", { name: "Break this page" }).click();
      await page.getByText("Something went wrong").waitFor();
      await page.getByText("CLIENT_PAGE_CRASHED").first().waitFor();
      expect(complaints.join("\n")).toContain("CLIENT_PAGE_CRASHED");
      await page.getByRole("navigation").getByRole("link", { name: "Clock" }).click();
      await textOf(page, "seconds", "0:00");
      await context.close();
    });

    test("a handler that throws tells the page a code and a reference, and in production nothing else", async () => {
      const { page, context } = await open("/failures");
      await page.getByRole("button", { name: "Succeed" }).click();
      await textOf(page, "successes", "1");
      await page.getByRole("button", { name: "Fail", exact: true }).click();
      const notice = page.locator('.antiphon-toast[data-level="error"]');
      await notice.waitFor();
      const said = (await notice.textContent()) ?? "";
      expect(said).toMatch(/\([\w-]{8}\)/);
      expect(said.includes("This event always fails.")).toBe(mode === "development");
      await textOf(page, "successes", "1");
      await page.getByRole("button", { name: "Succeed" }).click();
      await textOf(page, "successes", "2");
      await context.close();
    });

    test("effects reach the browser: notices, a file, the clipboard, focus, place, title and another page", async () => {
      const { page, context, complaints } = await open("/effects");
      await context.grantPermissions(["clipboard-read", "clipboard-write"]);
      const [file] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: "Download a file" }).click(),
      ]);
      expect(file.suggestedFilename()).toBe("hello.csv");
      expect(readFileSync(await file.path(), "utf8")).toBe("word,language\nhello,en\nmarhaba,ar\n");
      await page.getByRole("button", { name: "Copy a text" }).click();
      await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toContain("Copied by a handler");
      await page.getByRole("button", { name: "Focus the input" }).click();
      await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe("target");
      await page.getByRole("button", { name: "Rename the tab" }).click();
      await expect.poll(() => page.title()).toBe("Renamed by the server");
      await page.getByRole("button", { name: "Scroll to the end" }).click();
      await expect.poll(() => page.evaluate(() => window.scrollY)).toBeGreaterThan(100);
      await page.getByRole("button", { name: "several" }).click();
      await page.locator(".antiphon-toast").getByText("and it is done.").waitFor();
      await page.getByRole("button", { name: "Close notification" }).first().click();
      await page.getByRole("button", { name: "Go to the start page" }).click();
      await textOf(page, "count", "0");
      expect(await page.title()).toBe("Hello");
      expect(complaints).toEqual([]);
      await context.close();
    });

    test("a form names what is wrong beside each input and puts the focus there; what is right is taken", async () => {
      const { page, context } = await open("/form");
      const form = page.getByRole("form", { name: "Message" });
      await form.getByRole("button", { name: "Send" }).click();
      await form.getByText("Say what it is about.").waitFor();
      await form.getByText("Write at least ten characters.").waitFor();
      await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute("name"))).toBe("subject");
      await form.getByLabel("Subject").fill("A question");
      await form.getByLabel("Text").fill("Where does a state live?");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      await form.getByRole("listitem").getByText("A question").waitFor();
      expect(await form.getByLabel("Text").inputValue()).toBe("");

      const profile = page.getByRole("form", { name: "Profile" });
      await profile.getByLabel("E-mail").fill("nobody");
      await profile.getByRole("button", { name: "Save" }).click();
      await profile.getByText("This is not an e-mail address.").waitFor();
      await textOf(page, "saved", "0 times");
      await profile.getByLabel("E-mail").fill("ada@example.org");
      await profile.getByLabel("Name", { exact: true }).fill("Ada");
      await profile.getByLabel("Handle").fill("Ada Lovelace");
      // Enter sends what was typed before it calls the event.
      await page.keyboard.press("Enter");
      await textOf(page, "saved", "1 times");
      await expect.poll(() => profile.getByLabel("Handle").inputValue()).toBe("ada-lovelace");
      await context.close();
    });

    test("a reloaded tab finds its state again, in the form as well", async () => {
      const { page, context } = await open("/form");
      await page.getByLabel("Name", { exact: true }).fill("Grace");
      await textOf(page, "server-name", "Grace");
      await page.reload();
      await textOf(page, "server-name", "Grace");
      expect(await page.getByLabel("Name", { exact: true }).inputValue()).toBe("Grace");
      await context.close();
    });

    test("rows keep their elements when they are put in another order, and a removed one goes alone", async () => {
      const { page, context } = await open("/rows");
      await page.getByText("1000 of 1000").waitFor();
      const row = page.locator('[data-row="5"]');
      await row.evaluate((element) => Object.assign(element, { mark: true }));
      await page.getByRole("button", { name: "Reverse" }).click();
      await expect.poll(() => page.locator("tbody tr").first().getAttribute("data-row")).toBe("1000");
      await page.getByRole("button", { name: "Remove Alan 1", exact: true }).click();
      await page.getByText("999 of 999").waitFor();
      expect(await row.evaluate((element) => "mark" in element)).toBe(true);
      expect(await row.getByTestId("renders").textContent()).toBe("1");
      await page.getByLabel("Filter").fill("ada 1");
      await page.getByText("12 of 999").waitFor();
      await context.close();
    });
  },
);
