import { join } from "node:path";
import { Writable } from "node:stream";
import { AntiphonError, type AntiphonServer, createServer, type ServerOptions } from "antiphon";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { copyApp } from "../support/app-copy.ts";
import { openSocket } from "../support/raw-page.ts";

const fixture = join(import.meta.dirname, "../fixtures/server-app");
const html = { headers: { accept: "text/html" }, redirect: "manual" } as const;

/** Starts a server on a free port; it stops at the end of the block. */
async function start(options: Partial<ServerOptions> = {}) {
  const lines: string[] = [];
  const waiting: { text: string; seen: () => void }[] = [];
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      for (const one of waiting) if (String(chunk).includes(one.text)) one.seen();
      done();
    },
  });
  const server: AntiphonServer = await createServer({
    root: fixture,
    mode: "test",
    port: 0,
    logger: pino({ level: "info" }, destination),
    ...options,
  });
  await server.listen();
  return {
    server,
    lines,
    get: (path: string, init: RequestInit = html) => fetch(server.url + path, init),
    logged: (text: string) => new Promise<void>((seen) => waiting.push({ text, seen })),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

describe("A server of an app", () => {
  it("row 3: answers pages by their table and guards, views under their prefix, and its health", async () => {
    await using app = await start();
    const home = await app.get("/");
    expect([home.status, home.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    expect(await home.text()).toContain("<title>Home</title>");
    expect(await (await app.get("/notes/a%2Fb?x=1")).text()).toContain("<title>Note a/b</title>");
    expect((await app.get("/nowhere")).status).toBe(404);
    const secret = await app.get("/secret");
    expect(secret.status).toBe(403);
    expect(await secret.text()).not.toContain("<title>Secret");
    const moved = await app.get("/moved");
    expect([moved.status, moved.headers.get("location")]).toEqual([302, "/login"]);
    expect(await (await app.get("/api/me")).json()).toEqual({ name: "ada" });
    expect((await app.get("/billing/3")).status).toBe(404);
    expect(await (await app.get("/_health")).json()).toMatchObject({ status: "ok", tabs: 0, connected: 0 });
    expect(app.server.counts).toEqual({ pages: 5, states: 1, routes: 1 });
  });

  it("carries the socket on the same port, counts its tabs, and stops while they are connected", async () => {
    await using app = await start();
    const auth = { protocol: 1, build: "test", page: "p".repeat(22), path: "/", watch: ["counter.CounterState"] };
    const socket = openSocket(app.server.url, { origin: app.server.url }, auth);
    const welcome = await new Promise((resolve, reject) => {
      socket.once("welcome", resolve).once("connect_error", reject);
    });
    expect(JSON.stringify(welcome)).toContain("counter.CounterState");
    expect(await (await app.get("/_health")).json()).toMatchObject({ tabs: 1, connected: 1 });
    const gone = new Promise((resolve) => socket.once("disconnect", resolve));
    await app.server.close();
    await gone;
  });

  it("answers a missing file with a plain 404 and never with a document", async () => {
    await using app = await start();
    const missing = await app.get("/assets/app.js", { headers: { accept: "*/*" } });
    expect([missing.status, missing.headers.get("content-type")]).toEqual([404, "text/plain; charset=utf-8"]);
    expect((await app.get("/", { method: "POST" })).status).toBe(405);
  });

  it("logs the error of a guard that throws and goes on", async () => {
    await using app = await start();
    expect((await app.get("/broken")).status).toBe(500);
    expect(app.lines.join("")).toContain("no such table: secret_table");
    expect((await app.get("/")).status).toBe(200);
  });

  it("refuses settings that nothing reads, before it does anything else", async () => {
    const config = { prot: 3 } as object;
    await expect(createServer({ root: fixture, mode: "test", config })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
    });
  });

  it("refuses views that have no place, and says which line to add", async () => {
    await expect(createServer({ root: fixture, mode: "test", config: {} })).rejects.toSatisfy(
      (error) =>
        error instanceof AntiphonError &&
        error.code === "SERVER_BACKEND_PREFIX_MISSING" &&
        /backendPrefix: "\/api"/.test(error.message),
    );
  });
});

describe("A server in development", () => {
  it("row 15: takes changed views and pages in, and keeps the old ones when a change is broken", async () => {
    await using files = await copyApp();
    await using app = await start({ root: files.root, mode: "development" });
    expect(await (await app.get("/")).text()).toContain("<title>Home</title>");

    const changed = app.logged("Reloaded src/routes.ts");
    await files.edit("src/routes.ts", '"ada"', '"grace"');
    await changed;
    expect(await (await app.get("/api/me")).json()).toEqual({ name: "grace" });

    const broken = app.logged("could not be loaded");
    await files.edit("src/routes.ts", "async function", "async functio");
    await broken;
    expect(await (await app.get("/api/me")).json()).toEqual({ name: "grace" });

    const mended = app.logged("Reloaded src/routes.ts");
    await files.edit("src/routes.ts", "async functio", "async function");
    await mended;
    const shadowed = app.logged("SERVER_PAGE_SHADOWED");
    await files.edit("src/app.tsx", 'route: "/moved"', 'route: "/api/moved"');
    await shadowed;
    expect((await app.get("/moved")).status).toBe(302);
  }, 20_000);

  it("says that a file which the settings import counts after a restart", async () => {
    await using files = await copyApp();
    await files.write("src/deeper.ts", 'export const theme = "dark";\n');
    await files.write(
      "src/processors.ts",
      'import { theme } from "./deeper.ts";\nexport const themed = () => ({ theme });\n',
    );
    await files.edit(
      "antiphon.config.ts",
      "export default",
      'import { themed } from "./src/processors.ts";\nexport default',
    );
    await files.edit("antiphon.config.ts", "extraPrefixes", "contextProcessors: [themed], extraPrefixes");
    await using app = await start({ root: files.root, mode: "development" });
    for (const [file, from] of [
      ["src/processors.ts", "theme }"],
      ["src/deeper.ts", '"dark"'],
    ] as const) {
      const warned = app.logged(`${file} has changed. The settings import it`);
      await files.edit(file, from, `${from} /* changed */`);
      await warned;
    }
  }, 20_000);

  it("puts the policy's nonce on the document's inline scripts", async () => {
    await using files = await copyApp();
    await using app = await start({ root: files.root, mode: "development" });
    const response = await app.get("/");
    const nonce = /script-src 'self' 'nonce-([^']+)'/.exec(response.headers.get("content-security-policy") ?? "")?.[1];
    expect(nonce).toBeTruthy();
    const scripts = (await response.text()).match(/<script[^>]*>/g) ?? [];
    const inline = scripts.filter((tag) => !tag.includes("src="));
    expect(inline.length).toBeGreaterThan(0);
    for (const tag of inline) expect(tag).toContain(`nonce="${nonce}"`);
  }, 20_000);
});
