import { existsSync, readdirSync, readFileSync, statSync, utimesSync } from "node:fs";
import { createServer } from "node:http";
import { basename, join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadApp } from "../../dist/server/assembly/load-app.js";
import { createFrontendBuild } from "../../dist/server/views/frontend-build.js";
import { type BuildResult, buildApp } from "../../dist/vite/build.js";
import { currentBuild, keepBuild } from "../../dist/vite/build-folder.js";
import { type AppFolder, appFolder } from "../support/app-folder.ts";
import { FRAMEWORK_STATES, listen } from "./dev-app.ts";

const HTML = { headers: { accept: "text/html" } };

describe("a built app", { timeout: 60_000 }, () => {
  let folder: AppFolder;
  let result: BuildResult;
  const steps: string[] = [];
  const public_ = () => join(result.folder, "client");
  const assets = () => readdirSync(join(public_(), "_assets"));
  const read = (file: string) => readFileSync(join(result.folder, file), "utf8");

  beforeAll(async () => {
    folder = appFolder("tiny-app");
    result = await buildApp({ root: folder.root, onProgress: (step) => steps.push(step) });
  }, 60_000);
  afterAll(() => folder[Symbol.dispose]());

  test("tells its steps, its files and how long it took", () => {
    expect(steps.length).toBeGreaterThan(2);
    expect(result.client.files).toBeGreaterThan(2);
    expect(result.client.bytes).toBeGreaterThan(50_000);
    expect(result.server.files).toBeGreaterThan(0);
  });

  test("gives the browser no server code, and React as it is for production", () => {
    const text = assets()
      .filter((name) => /\.(?:js|css)$/.test(name))
      .map((name) => readFileSync(join(public_(), "_assets", name), "utf8"))
      .join("\n");
    expect(text).toContain("hello.HelloState");
    expect(text).not.toMatch(/server-only|node:fs|_calls|toUpperCase\(\)\s*\}\s*greet|jsxDEV/);
    expect(existsSync(join(public_(), "manifest.json"))).toBe(false);
    expect(existsSync(join(public_(), ".vite"))).toBe(false);
    expect(existsSync(join(public_(), "index.html"))).toBe(false);
  });

  test("splits off a lazily loaded page", () => {
    const about = assets().find((name) => /^about-.*\.js$/.test(name));
    expect(readFileSync(join(public_(), "_assets", about ?? ""), "utf8")).toContain("About this tiny app");
  });

  test("has a document without inline scripts that names the build", () => {
    const html = read("document.html");
    expect(html).toContain(`<meta name="antiphon-build" content="${result.build}">`);
    for (const [, attributes, body] of html.matchAll(/<script([^>]*)>(.*?)<\/script>/gs)) {
      expect(attributes).toMatch(/type="module".* src="\/_assets\/[\w-]+\.js"/);
      expect(body).toBe("");
    }
    expect(html).toMatch(/<link rel="stylesheet"[^>]* href="\/_assets\/[^"]+\.css">/);
    expect(currentBuild(folder.root)).toMatchObject({ build: result.build, folder: result.folder });
  });

  test("has a compressed copy of each text file that is worth it", () => {
    const script = assets().find((name) => /^client-entry-.*\.js$/.test(name)) ?? "";
    const plain = readFileSync(join(public_(), "_assets", script));
    expect(brotliDecompressSync(readFileSync(join(public_(), "_assets", `${script}.br`))).equals(plain)).toBe(true);
    expect(gunzipSync(readFileSync(join(public_(), "_assets", `${script}.gz`))).equals(plain)).toBe(true);
    expect(existsSync(join(public_(), "robots.txt.br"))).toBe(false);
  });

  test("is loaded by the server with its states, pages, guards and routes", async () => {
    const app = await loadApp({ root: folder.root, mode: "production" });
    expect(app.build).toBe(result.build);
    expect(app.states.ids()).toEqual(["hello.HelloState", ...FRAMEWORK_STATES]);
    expect(app.pages.entries.map(({ page }) => page.route).sort()).toEqual(["/", "/about", "/secret"]);
    expect(app.routes).toBeTypeOf("function");
    await app.close();
  });

  test("is served with the right caching, compression and statuses", async () => {
    const app = await loadApp({ root: folder.root, mode: "production" });
    const frontend = await createFrontendBuild({ folder: app.folder ?? "", appName: "tiny", app: () => app });
    const server = createServer((request, response) => void frontend.handle(request, response, {}));
    const url = await listen(server);
    try {
      const home = await fetch(`${url}/`, HTML);
      const html = await home.text();
      expect(home.status).toBe(200);
      expect(home.headers.get("cache-control")).toBe("no-cache");
      expect(html).toContain("<title>Tiny &amp; small</title>");
      const etag = home.headers.get("etag") ?? "";
      expect((await fetch(`${url}/`, { headers: { ...HTML.headers, "if-none-match": etag } })).status).toBe(304);
      const script = /src="([^"]+)"/.exec(html)?.[1] ?? "";
      const asset = await fetch(url + script, { headers: { "accept-encoding": "br" } });
      expect(asset.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
      expect(asset.headers.get("content-encoding")).toBe("br");
      expect((await asset.text()).length).toBeGreaterThan(10_000);
      const robots = await fetch(`${url}/robots.txt`);
      expect([robots.status, robots.headers.get("cache-control")]).toEqual([200, "no-cache"]);
      expect((await fetch(`${url}/secret`, HTML)).status).toBe(403);
      expect((await fetch(`${url}/nowhere`, HTML)).status).toBe(404);
      expect((await fetch(`${url}/about`, { method: "HEAD", ...HTML })).status).toBe(200);
      for (const path of ["/_assets/gone.js", "/document.html", "/build.json", "/manifest.json", "/server/entry.js"]) {
        const missing = await fetch(url + path);
        expect([path, missing.status, await missing.text()]).toEqual([path, 404, "Not found\n"]);
      }
    } finally {
      server.closeAllConnections();
      server.close();
      await app.close();
    }
  });

  test("stays as it was when a later build fails", async () => {
    folder.edit("src/pages/about.tsx", (text) => `import "node:fs";\n${text}`);
    const before = read("document.html");
    await expect(buildApp({ root: folder.root })).rejects.toMatchObject({ code: "VITE_SERVER_ONLY" });
    expect(read("document.html")).toBe(before);
    expect(currentBuild(folder.root)?.folder).toBe(result.folder);
    expect(readdirSync(join(folder.root, ".antiphon/builds"))).toEqual([basename(result.folder)]);
  });

  test("follows the author's own settings of Vite", async () => {
    using other = appFolder("tiny-app");
    other.edit("src/pages/about.tsx", (text) => text.replace("this tiny app", "{__NAME__}"));
    const built = await buildApp({ root: other.root, viteConfig: { define: { __NAME__: '"as configured"' } } });
    const files = join(built.folder, "client/_assets");
    const name = readdirSync(files).find((file) => file.startsWith("about")) ?? "";
    const about = readFileSync(join(files, name), "utf8");
    expect(about).toContain("as configured");
  });

  test("has the same id when nothing changed, and another one when the browser's files did", async () => {
    using other = appFolder("tiny-app");
    const first = await buildApp({ root: other.root });
    other.edit("src/greetings.server.ts", (text) => text.replace("server-only-secret", "server-only-other"));
    expect((await buildApp({ root: other.root })).build).toBe(first.build);
    other.edit("src/pages/about.tsx", (text) => text.replace("tiny", "small"));
    const changed = await buildApp({ root: other.root });
    expect(changed.build).not.toBe(first.build);
    const reloaded = await loadApp({ root: other.root, mode: "production" });
    expect(reloaded.build).toBe(changed.build);
  });
});

describe("builds that come after each other", { timeout: 60_000 }, () => {
  test("leave what is served alone, and remove what nobody has served for an hour but for the one before", async () => {
    using folder = appFolder("tiny-app");
    const age = (build: BuildResult) => utimesSync(build.folder, 0, 0);
    const [unused, served] = [await buildApp({ root: folder.root }), await buildApp({ root: folder.root })];
    const before = await buildApp({ root: folder.root });
    for (const build of [unused, served, before]) age(build);
    const end = keepBuild(served.folder);
    await expect.poll(() => statSync(served.folder).mtimeMs).toBeGreaterThan(0);
    const last = await buildApp({ root: folder.root });
    expect(readdirSync(join(folder.root, ".antiphon/builds")).sort()).toEqual(
      [served, before, last].map((build) => basename(build.folder)).sort(),
    );
    expect(currentBuild(folder.root)?.folder).toBe(last.folder);
    end();
    expect(readdirSync(join(folder.root, ".antiphon")).filter((name) => name.startsWith("build"))).toEqual([
      "build.json",
      "builds",
    ]);
  });
});

describe("an app under test", { timeout: 60_000 }, () => {
  test("is loaded anew each time, with classes of its own and with what was edited since", async () => {
    using folder = appFolder("tiny-app");
    const first = await loadApp({ root: folder.root, mode: "test" });
    const second = await loadApp({ root: folder.root, mode: "test" });
    expect(second.states.get("hello.HelloState")).not.toBe(first.states.get("hello.HelloState"));
    folder.edit("src/hello.state.ts", (text) => text.replace("_calls = 0;", "_calls = 0;\n  mood = 1;"));
    folder.write(
      "src/more.state.ts",
      `import { State } from "antiphon/state";\nexport class MoreState extends State {}\n`,
    );
    const third = await loadApp({ root: folder.root, mode: "test" });
    expect(third.states.info("hello.HelloState")?.vars).toEqual(["name", "mood"]);
    expect(third.states.ids().sort()).toEqual([...FRAMEWORK_STATES, "hello.HelloState", "more.MoreState"].sort());
    for (const app of [first, second, third]) await app.close();
  });
});
