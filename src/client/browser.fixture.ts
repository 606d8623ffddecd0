import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { build, type Plugin } from "vite";

const CANDIDATES = [
  process.env.CHROMIUM_PATH,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];

/** Path of a Chromium on this machine, if there is one. */
export const chromiumPath: string | undefined = CANDIDATES.find((path) => path !== undefined && existsSync(path));

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];
const POLICY = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'";
const HTML = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Default</title><meta name="description" content="default"></head><body><div id="root"></div><script type="module" src="/entry.js"></script></body></html>`;

/** The test app in a real browser. */
export interface BrowserBench {
  readonly url: string;
  /** Opens a path in a new window; its console errors are collected. */
  open(path: string): Promise<{ page: Page; errors: string[] }>;
  close(): Promise<void>;
}

/** Builds the test app, serves it under a strict content security policy, and starts Chromium. */
export async function openBrowserBench(): Promise<BrowserBench> {
  const folder = await mkdtemp(join(tmpdir(), "antiphon-client-"));
  await build({
    root: import.meta.dirname,
    configFile: false,
    logLevel: "error",
    plugins: [engineStandIn()],
    build: {
      outDir: folder,
      emptyOutDir: true,
      minify: false,
      rollupOptions: {
        input: join(import.meta.dirname, "browser-app.fixture.tsx"),
        output: { entryFileNames: "entry.js", chunkFileNames: "[name].js" },
      },
    },
  });
  const server = await serve(folder);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const browser: Browser = await chromium.launch({ executablePath: chromiumPath as string, args: FLAGS });
  return {
    url,
    async open(path) {
      const page = await (await browser.newContext()).newPage();
      const errors: string[] = [];
      page.on("console", (message) => {
        if (message.type() === "error") errors.push(message.text());
      });
      page.on("pageerror", (error) => errors.push(`uncaught: ${error.message}`));
      await page.goto(url + path);
      return { page, errors };
    },
    async close() {
      await browser.close();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true });
    },
  };
}

/** The app brings a fake engine: the real one, with its socket, stays out of the bundle. */
function engineStandIn(): Plugin {
  return {
    name: "engine-stand-in",
    enforce: "pre",
    resolveId: (id) => (id === "./engine.ts" ? "\0engine" : undefined),
    load: (id) => (id === "\0engine" ? "export function createEngine() { throw new Error('no engine'); }" : undefined),
  };
}

function serve(folder: string): Promise<Server> {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    response.setHeader("Content-Security-Policy", POLICY);
    if (path.endsWith(".js")) {
      response.setHeader("Content-Type", "text/javascript");
      response.end(await readFile(join(folder, path.slice(1))).catch(() => ""));
      return;
    }
    if (path === "/favicon.ico") {
      response.writeHead(204).end();
      return;
    }
    response.setHeader("Content-Type", "text/html");
    response.end(path.startsWith("/api/") ? "<h1>From the back end</h1>" : HTML);
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}
