import { execFile } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  collectingLogger,
  copyOfHello,
  openPage,
  SKIP_REASON,
  startBrowser,
  startServer,
} from "../support/chromium.ts";

const run = promisify(execFile);
const program = join(import.meta.dirname, "../../bin/antiphon.js");
const TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

/** A web server of another origin that serves the files of a folder below `/notes/`, as nginx would. */
async function cdn(
  folder: string,
): Promise<{ readonly server: Server; readonly url: string; readonly asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "/";
    asked.push(path);
    const file = join(folder, path.replace(/^\/notes/, ""));
    if (!path.startsWith("/notes/") || !existsSync(file)) return response.writeHead(404).end();
    const type = TYPES[extname(file)] ?? "application/octet-stream";
    return response
      .writeHead(200, { "content-type": type, "access-control-allow-origin": "*" })
      .end(readFileSync(file));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/notes/` };
}

const filesOf = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => statSync(join(folder, name)).isFile())
    .toSorted();

describe("antiphon collectstatic", () => {
  const hello = copyOfHello();
  const output = join(mkdtempSync(join(tmpdir(), "antiphon-static-")), "files");
  let assets: Awaited<ReturnType<typeof cdn>>;
  const collect = async (folder = output, assetsUrl = assets.url) => {
    const env = { ...process.env, NO_COLOR: "1", NODE_ENV: "", ANTIPHON_ASSETS_URL: assetsUrl };
    if (assetsUrl === "") delete (env as Partial<typeof env>).ANTIPHON_ASSETS_URL;
    const args = [program, "collectstatic", "--output", folder];
    return await run(process.execPath, args, { cwd: hello.root, env }).then(
      ({ stdout, stderr }) => stderr + stdout,
      (error: { stderr: string }) => error.stderr,
    );
  };

  beforeAll(async () => {
    mkdirSync(output, { recursive: true });
    assets = await cdn(output);
    await collect();
  }, 60_000);
  afterAll(async () => {
    await new Promise((resolve) => assets.server.close(resolve));
    hello.remove();
    rmSync(output, { recursive: true, force: true });
  });

  test("copies the built files, their compressed copies and those of public/, and nothing else of the app", () => {
    const files = filesOf(output);
    expect(files).toContain("favicon.svg");
    for (const pattern of [/^_assets\/[\w.-]+\.js$/, /^_assets\/[\w.-]+\.css$/, /\.js\.br$/, /\.js\.gz$/]) {
      expect(files.filter((name) => pattern.test(name)).length).toBeGreaterThan(0);
    }
    expect(files.filter((name) => !/^(?:favicon\.svg(?:\.br|\.gz)?$|_assets\/)/.test(name))).toEqual([]);
  });

  test("keeps files of earlier builds, replaces what has changed, and copies nothing twice", async () => {
    writeFileSync(join(output, "_assets/older-0123.js"), "export {};");
    writeFileSync(join(output, "favicon.svg"), "<svg/>");
    const before = filesOf(output);
    expect(await collect()).toMatch(
      /Copied \d+ files? to .*, \d+ unchanged\.\nPages load these files from http:.*\/notes\/\n$/s,
    );
    expect(filesOf(output)).toEqual(before);
    expect(readFileSync(join(output, "favicon.svg"))).toEqual(readFileSync(join(hello.root, "public/favicon.svg")));
  });

  test("builds again when the address has changed, and not when it has not", async () => {
    const folder = join(output, "../other");
    expect(await collect(folder, "https://cdn.example.org/")).toContain("assetsUrl has changed since the last build");
    expect(await collect(folder, "https://cdn.example.org/")).not.toContain("built again");
    expect(await collect(folder, "")).toMatch(/assetsUrl has changed.*Pages load these files from the app itself/s);
    expect(await collect()).toContain("assetsUrl has changed");
  }, 90_000);

  test.each(["", ".", "..", "src/static", "public", ".antiphon/x"])(
    "does not copy into the app's own folders: %j",
    async (folder) => {
      expect(await collect(folder)).toMatch(
        folder === "" ? /^CLI_USAGE.*--output is missing/s : /cannot be copied to "/,
      );
    },
  );

  test.each([
    ["src", "static"],
    ["public", ""],
    ["", "."],
    ["src/not/there", "deeper"],
  ])("does not copy into them through a link: to %j, into %j of it", async (target, within) => {
    const link = join(output, "../link");
    symlinkSync(join(hello.root, target), link);
    try {
      expect(await collect(join(link, within))).toMatch(/cannot be copied to "/);
    } finally {
      unlinkSync(link);
    }
  });

  test.each([
    "cdn.example.org/",
    "https://cdn.example.org/notes",
    "//cdn.example.org/",
    "https://a.example/;x/",
    "https://a.example/?a/",
    "/a/../b/",
    "javascript:/",
  ])("takes no address that is not one of a folder: %s", async (address) => {
    expect(await collect(output, address)).toMatch(/ANTIPHON_ASSETS_URL.*ends with "\/"/s);
  });

  test.skipIf(SKIP_REASON)(
    `a page loads everything from there, under its policy, and its lazy pages too${SKIP_REASON}`,
    async () => {
      const server = await startServer(hello.root, "production", collectingLogger().logger);
      const browser: Browser = await startBrowser();
      const own: string[] = [];
      const { page, context, complaints } = await openPage(browser, "about:blank");
      page.on(
        "request",
        (request) => void (request.url().startsWith(server.url) && own.push(new URL(request.url()).pathname)),
      );
      const response = await page.goto(server.url);
      expect(response?.headers()["content-security-policy"]).toContain(`script-src 'self' ${assets.url};`);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.getByRole("link", { name: "Failures" }).click();
      await page.getByRole("heading", { name: "When something fails" }).waitFor();
      expect(own.filter((path) => path.startsWith("/_assets/"))).toEqual([]);
      for (const pattern of [/^\/notes\/_assets\/failures-[\w-]+\.js$/, /^\/notes\/_assets\/[\w-]+\.css$/]) {
        expect(assets.asked.filter((path) => pattern.test(path)).length).toBeGreaterThan(0);
      }
      expect(complaints).toEqual([]);
      await context.close();
      await browser.close();
      await server.close();
    },
  );
});
