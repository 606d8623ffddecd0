import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { createServer, type Logger } from "antiphon";
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from "playwright-core";

const CHROMIUM = "/usr/bin/chromium";

/** Why browser tests do not run here; empty where they do. */
export const SKIP_REASON = existsSync(CHROMIUM) ? "" : ` (skipped: no ${CHROMIUM})`;

const repository = join(import.meta.dirname, "../..");

/** A copy of the hello example, which a test may change. */
export function copyOfHello(): { readonly root: string; remove(): void } {
  return copyOfExample("hello");
}

/** A copy of an example, without what it has built and stored. */
export function copyOfExample(name: "hello" | "notes"): { readonly root: string; remove(): void } {
  return copyOfApp(join(repository, "examples", name));
}

/** A copy of an app under `test/fixtures`. */
export function copyOfFixture(name: string): { readonly root: string; remove(): void } {
  return copyOfApp(join(repository, "test/fixtures", name));
}

function copyOfApp(folder: string): { readonly root: string; remove(): void } {
  const root = mkdtempSync(join(import.meta.dirname, `tmp-${basename(folder)}-`));
  cpSync(folder, root, {
    recursive: true,
    filter: (path) => !/node_modules|\.antiphon$|\.sqlite3/.test(path),
  });
  symlinkSync(join(repository, "node_modules"), join(root, "node_modules"));
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) };
}

/** Warnings and errors that the server logged. */
export interface LogLines {
  readonly lines: string[];
  readonly logger: Logger;
}

export function collectingLogger(): LogLines {
  const lines: string[] = [];
  const take = (details: unknown, message?: string) => {
    lines.push(message ?? String(details));
  };
  const logger = {
    info: () => {},
    debug: () => {},
    trace: () => {},
    warn: take,
    error: take,
    fatal: take,
    level: "warn",
  };
  return { lines, logger: Object.assign(logger, { child: () => logger }) as unknown as Logger };
}

/** What production insists on, for plain HTTP on this machine. */
export const PRODUCTION = {
  secretKey: "for tests alone: k3Jx0VtZ9nLr5KcW7yPdE1aGhM8uSbFoTi2w",
  allowedHosts: ["127.0.0.1", "localhost"],
  session: { secure: false, allowInsecure: true },
};

export async function startServer(root: string, mode: "development" | "production", logger: Logger, port = 0) {
  const config = mode === "production" ? { config: PRODUCTION } : {};
  const server = await createServer({ root, mode, port, host: "127.0.0.1", logger, ...config });
  await server.listen();
  return server;
}

export async function startBrowser(): Promise<Browser> {
  return await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
    ],
  });
}

/** Opens a page in a browser of its own and notes what the console complains about. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; context: BrowserContext; complaints: string[] }> {
  const context = await browser.newContext(options);
  // Shorter than a test may take, so that what fails is the line that waited.
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(url);
  return { page, context, complaints };
}

/** Waits until the text of an element is as wanted. */
export async function textOf(page: Page, testId: string, wanted: string): Promise<void> {
  await page.waitForFunction(
    ([id, text]) => document.querySelector(`[data-testid="${id}"]`)?.textContent === text,
    [testId, wanted],
  );
}

/** Waits until the clock page shows at least so many seconds: it may be seen again only after some have passed. */
export async function secondsOf(page: Page, least: number): Promise<void> {
  await page.waitForFunction((wanted) => {
    const [minutes, seconds] = (document.querySelector('[data-testid="seconds"]')?.textContent ?? "").split(":");
    return Number(minutes) * 60 + Number(seconds) >= wanted;
  }, least);
}
