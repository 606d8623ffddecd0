import { describe, expect, test } from "vitest";
import { appFolder } from "../support/app-folder.ts";
import { FRAMEWORK_STATES, startDevApp } from "./dev-app.ts";

const HTML = { headers: { accept: "text/html" } };

/** Fetches a module and all that it imports, as a browser would. */
async function crawl(url: string, from: string): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  const open = [from];
  for (const path of open) {
    if (texts.has(path)) continue;
    const response = await fetch(url + path, { headers: { "sec-fetch-dest": "script" } });
    const text = await response.text();
    expect(response.status, `${path}\n${text}`).toBe(200);
    texts.set(path, text);
    if (!response.headers.get("content-type")?.includes("javascript")) continue;
    for (const [, , next] of text.matchAll(/(?:\bfrom|\bimport\(|\bimport)\s*(["'])(\/[^"']+)\1/g)) {
      if (next !== undefined) open.push(next);
    }
  }
  return texts;
}

describe("the front end in development", { timeout: 60_000 }, () => {
  test("a page's first load brings every module, no server code, and no reload because of a package found late", async () => {
    using folder = appFolder("tiny-app");
    await using app = await startDevApp(folder.root);
    using socket = await app.openReloadSocket();
    const html = await (await fetch(`${app.url}/`, HTML)).text();
    const entry = /<script type="module"[^>]* src="(\/@id\/[^"]+)"/.exec(html)?.[1] ?? "";
    const modules = await crawl(app.url, entry);
    const paths = [...modules.keys()];
    expect(paths).toContain("/src/app.tsx");
    expect(paths).toContain("/src/hello.state.ts");
    expect(paths.filter((path) => path.includes("/deps/react")).length).toBeGreaterThan(0);
    expect([...modules.values()].join("\n")).not.toContain("server-only");
    expect(modules.get("/src/hello.state.ts")).toMatch(/"id":\s*"hello\.HelloState"/);
    const reload = app.nextReload();
    folder.edit("src/hello.state.ts", (text) => text.replace('"world"', '"everyone"'));
    await reload;
    expect(socket.messages.map((message) => message.type)).toEqual(["connected"]);
  });

  test("a document carries the page's escaped title, the build's name and the nonce on every script", async () => {
    using folder = appFolder("tiny-app");
    await using app = await startDevApp(folder.root);
    const response = await fetch(`${app.url}/`, HTML);
    const html = await response.text();
    expect(response.status).toBe(200);
    expect(html).toContain("<title>Tiny &amp; small</title>");
    expect(html).toContain('<meta name="antiphon-build" content="development"');
    const scripts = html.match(/<script\b[^>]*>/g) ?? [];
    expect(scripts.length).toBeGreaterThan(1);
    for (const script of scripts) expect(script).toContain('nonce="n0nce"');
    expect(html).not.toContain("placeholder");
    expect((await fetch(`${app.url}/secret`, HTML)).status).toBe(403);
    expect((await fetch(`${app.url}/nowhere`, HTML)).status).toBe(404);
    expect((await fetch(`${app.url}/missing.png`)).status).toBe(404);
    expect(await (await fetch(`${app.url}/robots.txt`)).text()).toContain("User-agent");
  });

  test("no server source can be fetched, whatever the spelling", async () => {
    using folder = appFolder("tiny-app", { ".env": "KEY=server-only", "db.sqlite3": "server-only rows" });
    await using app = await startDevApp(folder.root);
    await crawl(app.url, "/@id/__x00__virtual:antiphon/client-entry");
    const files = [
      "/src/models.ts",
      "/src/routes.ts",
      "/src/greetings.server.ts",
      "/antiphon.config.ts",
      "/.env",
      "/db.sqlite3",
      "/package.json",
      "/src/hello.state.ts",
    ];
    const spellings = (file: string) => [
      file,
      `${file}?raw`,
      `${file}?url`,
      `${file}?import&raw`,
      `${file}?raw&t=1`,
      `${file}?inline`,
      `${file}?worker_file&type=module`,
      `${file}?worker`,
      `${file}?sharedworker&inline`,
      `${file}?html-proxy&index=0.js`,
      `${file}.map`,
      `${file}/`,
      `${file}#x`,
      `/@fs${folder.root}${file}`,
      `/@fs${folder.root}${file}?raw`,
      `/@fs//${folder.root}${file}?raw`,
      `/@fs${folder.root}${file}?import&raw??`,
      `/@id${folder.root}${file}`,
      `/@id/__x00__${file}`,
      file.replace("/src/", "/src/./"),
      file.replace("/src/", "/src%2F"),
      file.replace("/src/", "/%73rc/"),
      file.replace(".ts", "%2Ets"),
      file.toUpperCase(),
      `/public/..${file}`,
    ];
    for (const file of files) {
      for (const path of spellings(file)) {
        for (const destination of ["script", "document", "empty"]) {
          const response = await fetch(app.url + path, { headers: { "sec-fetch-dest": destination } });
          const text = await response.text();
          expect(text, `${destination} ${path}`).not.toMatch(/server-only|tiny-app|secretGreeting|readFileSync/);
          const isStub = text.includes("stateStub") && !text.includes("class ");
          expect(response.status === 403 || response.status === 404 || isStub, `${response.status} ${path}`).toBe(true);
        }
      }
    }
  });

  test("a changed page updates in place and its server side is loaded again", async () => {
    using folder = appFolder("tiny-app");
    await using app = await startDevApp(folder.root);
    await crawl(app.url, "/@id/__x00__virtual:antiphon/client-entry");
    using socket = await app.openReloadSocket();
    const [reload, update] = [app.nextReload(), socket.next("update")];
    folder.edit("src/app.tsx", (text) => text.replace('route: "/secret"', 'route: "/hidden"'));
    const routes = (await reload).pages.entries.map((entry) => entry.page.route);
    expect(routes).toContain("/hidden");
    expect((await update).updates?.map(({ path }) => path)).toContain("/src/app.tsx");
    expect(socket.messages.map(({ type }) => type)).not.toContain("full-reload");
  });

  test("a state whose stub changed reaches the browser", async () => {
    using folder = appFolder("tiny-app");
    await using app = await startDevApp(folder.root);
    await crawl(app.url, "/@id/__x00__virtual:antiphon/client-entry");
    using socket = await app.openReloadSocket();
    const [reload, update] = [app.nextReload(), socket.next("update")];
    folder.edit("src/hello.state.ts", (text) => text.replace("_calls = 0;", "_calls = 0;\n  mood = 1;"));
    expect((await reload).states.info("hello.HelloState")?.vars).toEqual(["name", "mood"]);
    await update;
    expect(await (await fetch(`${app.url}/src/hello.state.ts`)).text()).toContain('"mood"');
  });

  test("a syntax error keeps what was loaded, is shown in the page, and the save that mends it is taken", async () => {
    using folder = appFolder("tiny-app");
    await using app = await startDevApp(folder.root);
    await crawl(app.url, "/@id/__x00__virtual:antiphon/client-entry");
    using socket = await app.openReloadSocket();
    const [failure, overlay] = [app.nextReload(), socket.next("error")];
    folder.edit("src/models.ts", (text) => `${text}\nexport const = ;\n`);
    await expect(failure).rejects.toThrow(/models\.ts|Unexpected/);
    expect((await overlay).err?.message).toMatch(/Unexpected|Expected|expected/);
    using late = await app.openReloadSocket();
    expect(late.messages.map(({ type }) => type)).toContain("error");
    const [second, cleared] = [app.nextReload(), socket.next("custom")];
    folder.edit("src/models.ts", (text) => text.replace("export const = ;", "export const mended = 1;"));
    expect((await second).states.ids()).toEqual(["hello.HelloState", ...FRAMEWORK_STATES]);
    expect(await cleared).toMatchObject({ event: "antiphon:loaded" });
    const third = app.nextReload();
    folder.edit("src/models.ts", (text) => `${text}\nexport const again = 2;\n`);
    await third;
  });

  test("a new state module is found, and one that is removed is gone", async () => {
    using folder = appFolder("tiny-app");
    await using app = await startDevApp(folder.root);
    const added = app.nextReload();
    folder.write(
      "src/admin/users.state.ts",
      `import { State } from "antiphon/state";\nexport class UsersState extends State { total = 0; }\n`,
    );
    expect((await added).states.ids().sort()).toEqual(
      ["admin/users.UsersState", "hello.HelloState", ...FRAMEWORK_STATES].sort(),
    );
    const removed = app.nextReload();
    folder.remove("src/admin/users.state.ts");
    expect((await removed).states.ids()).toEqual(["hello.HelloState", ...FRAMEWORK_STATES]);
  });

  test("the messages of a module that is created after it is imported are found, and those of one that takes its place", async () => {
    using folder = appFolder("tiny-app");
    await using app = await startDevApp(folder.root);
    const keys = async () => (await app.source.development?.messageKeys())?.pages["/"];
    expect(await keys()).toEqual(["Tiny & small"]);
    const failed = app.nextReload();
    folder.edit("src/app.tsx", (text) =>
      text.replace("<h1>Tiny</h1>", "<Late />").replace("import logo", 'import { Late } from "./late";\nimport logo'),
    );
    await expect(failed).rejects.toThrow(/late/);
    expect(await keys()).toEqual(["Tiny & small"]);
    const created = app.nextReload();
    folder.write(
      "src/late/index.tsx",
      'import { useI18n } from "antiphon/react";\nexport const Late = () => useI18n().t("Late");\n',
    );
    await created;
    expect(await keys()).toEqual(["Late", "Tiny & small"]);
    const seen = Promise.withResolvers<string>();
    app.source.development?.watch(["src/late.tsx"], seen.resolve);
    folder.write(
      "src/late.tsx",
      'import { useI18n } from "antiphon/react";\nexport const Late = () => useI18n().t("Later");\n',
    );
    await seen.promise;
    expect(await keys()).toEqual(["Later", "Tiny & small"]);
  });

  test("SEC-29: a file is opened in the editor for a page of the app alone", async () => {
    using folder = appFolder("tiny-app");
    await using app = await startDevApp(folder.root);
    const ask = async (site?: string) =>
      (await fetch(`${app.url}/__open-in-editor`, { headers: site === undefined ? {} : { "sec-fetch-site": site } }))
        .status;
    for (const site of ["cross-site", "same-site", "none", undefined])
      expect([site, await ask(site)]).toEqual([site, 404]);
    // Vite itself misses the name of the file.
    expect(await ask("same-origin")).toBe(500);
  });

  test("server code that a page imports is refused with the chain of imports", async () => {
    using folder = appFolder("tiny-app");
    await using app = await startDevApp(folder.root);
    await crawl(app.url, "/@id/__x00__virtual:antiphon/client-entry");
    using socket = await app.openReloadSocket();
    const [overlay, reload] = [socket.next("error"), app.nextReload()];
    folder.edit(
      "src/pages/about.tsx",
      (text) => `import { tableNames } from "../models.ts";\nconsole.log(tableNames);\n${text}`,
    );
    await reload;
    const about = await (await fetch(`${app.url}/src/pages/about.tsx`)).text();
    expect(about).not.toContain("/src/models.ts");
    const refused = /from "(\/@id\/__x00__antiphon:refused[^"]+)"/.exec(about)?.[1];
    const response = await fetch(`${app.url}${refused}`, { headers: { "sec-fetch-dest": "script" } });
    expect(response.status).toBe(500);
    expect(await response.text()).toContain("models are server code");
    expect((await overlay).err?.message).toMatch(/src\/app\.tsx\s+→ src\/pages\/about\.tsx:1\s+→ src\/models\.ts/);
  });
});
