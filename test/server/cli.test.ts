import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createServer as createAppServer } from "antiphon";
import { afterEach, describe, expect, it } from "vitest";
import { copyApp } from "../support/app-copy.ts";

const program = join(import.meta.dirname, "../../bin/antiphon.js");
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

/** What production insists on. */
const PRODUCTION = {
  ANTIPHON_SECRET_KEY: "for tests alone: k3Jx0VtZ9nLr5KcW7yPdE1aGhM8uSbFoTi2w",
  ANTIPHON_ALLOWED_HOSTS: "127.0.0.1",
};

/** Starts the program as a shell would. */
function antiphon(root: string, ...args: string[]) {
  return antiphonWith(args.includes("--prod") ? PRODUCTION : {}, root, ...args);
}

function antiphonWith(variables: Record<string, string>, root: string, ...args: string[]) {
  const env = { ...process.env, NO_COLOR: "1", NODE_ENV: undefined, ...variables };
  const child = spawn(process.execPath, [program, ...args], { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  const output = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => {
    output.out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    output.err += text;
  });
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, ...output }));
  return {
    child,
    ended,
    /** Waits until the output matches, and fails with all of it when the program ends before. */
    async printed(pattern: RegExp): Promise<RegExpExecArray> {
      for (;;) {
        const match = pattern.exec(output.out);
        if (match) return match;
        const over = await Promise.race([once(child.stdout, "data").then(() => false), ended.then(() => true)]);
        if (over) throw new Error(`${pattern} was not printed:\n${output.out}\n${output.err}`);
      }
    },
  };
}

describe("The antiphon program", () => {
  it("runs an app in development, says what it has, and ends with 0 on SIGTERM", async () => {
    await using app = await copyApp();
    const run = antiphon(app.root, "run", "--port", "0");
    const [, url] = await run.printed(
      /(http:\/\/127\.0\.0\.1:\d+)\/[\s\S]*5 pages, 1 state, 1 HTTP view[\s\S]*Ready in \d+ ms/,
    );
    expect(await (await fetch(`${url}/api/me`)).json()).toEqual({ name: "ada" });
    run.child.kill("SIGTERM");
    expect(await run.ended).toMatchObject({ code: 0, err: expect.stringMatching(/^Loading the app …\n/) });
  }, 30_000);

  it("runs an app that is broken at the start: it shows what is wrong and takes the mending change in", async () => {
    await using app = await copyApp();
    await app.edit("src/counter.state.ts", "class CounterState", "clas CounterState");
    const run = antiphon(app.root, "run", "--port", "0");
    const [, url] = await run.printed(/(http:\/\/127\.0\.0\.1:\d+)\//);
    await run.printed(/The app cannot be loaded\./);
    const html = { headers: { accept: "text/html" } };
    const broken = await fetch(`${url}/`, html);
    const page = await broken.text();
    expect([broken.status, page]).toEqual([500, expect.stringMatching(/cannot be loaded[\s\S]*counter\.state\.ts/)]);
    expect(page).toContain("/@vite/client");
    expect((await fetch(`${url}/missing.png`)).status).toBe(404);

    await app.edit("src/counter.state.ts", "clas CounterState", "class CounterState");
    await run.printed(/Reloaded src\/counter\.state\.ts \(\d+ ms\)/);
    expect(await (await fetch(`${url}/`, html)).text()).toContain("<title>Home</title>");
    expect(await (await fetch(`${url}/api/me`)).json()).toEqual({ name: "ada" });

    await app.edit("antiphon.config.ts", "/api", "/rest");
    await run.printed(/antiphon\.config\.ts has changed\. .*start it again/);
    await app.write(".env", "MOOD=good");
    await run.printed(/ \.env has changed\./);
    run.child.kill("SIGTERM");
    expect((await run.ended).code).toBe(0);
  }, 30_000);

  it("says at once that there is no app, since the folder is probably the wrong one", async () => {
    await using app = await copyApp();
    await rm(join(app.root, "src/app.tsx"));
    const { code, err } = await antiphon(app.root, "run", "--port", "0").ended;
    expect([code, err]).toEqual([1, expect.stringMatching(/^VITE_APP_MISSING/m)]);
  }, 30_000);

  it("builds, serves the build, and builds again only when a source is newer", async () => {
    await using app = await copyApp();
    const built = await antiphon(app.root, "build").ended;
    expect([built.code, built.out]).toEqual([0, expect.stringMatching(/^Built in .* files, .* for the browser/)]);
    const misspelt = { ...PRODUCTION, ANTIPHON_PROT: "9" };
    const warned = antiphonWith(misspelt, app.root, "run", "--prod", "--port", "0", "--host", "127.0.0.1");
    await warned.printed(/Ready in/);
    warned.child.kill("SIGTERM");
    expect((await warned.ended).err).toBe("Warning: ANTIPHON_PROT sets nothing; did you mean ANTIPHON_PORT?\n");

    const run = antiphon(app.root, "run", "--prod", "--port", "0", "--host", "127.0.0.1");
    const [, url] = await run.printed(/(http:\/\/127\.0\.0\.1:\d+)\//);
    const home = await fetch(`${url}/`, { headers: { accept: "text/html" } });
    const page = await home.text();
    expect(page).toContain("<title>Home</title>");
    expect(home.headers.get("content-security-policy")).toContain("script-src 'self';");
    expect(page).not.toMatch(/<script(?![^>]*\bsrc=)[^>]*>/);
    const script = /<script[^>]*src="([^"]+)"/.exec(page)?.[1];
    expect((await fetch(`${url}${script}`)).headers.get("cache-control")).toContain("immutable");
    expect((await fetch(`${url}/api/none`)).headers.get("x-content-type-options")).toBe("nosniff");
    run.child.kill("SIGINT");
    const first = await run.ended;
    expect([first.code, first.err]).toEqual([0, ""]);

    await app.edit("src/app.tsx", 'title: "Home"', 'title: "House"');
    const again = antiphon(app.root, "run", "--prod", "--port", "0", "--host", "127.0.0.1");
    const [, second] = await again.printed(/(http:\/\/127\.0\.0\.1:\d+)\//);
    expect(await (await fetch(`${second}/`)).text()).toContain("<title>House</title>");
    again.child.kill("SIGTERM");
    expect((await again.ended).err).toMatch(/src\/app\.tsx is newer than the last build/);
  }, 60_000);

  it("prints only URLs that it answers: names of allowedHosts in place of addresses that are not among them", async () => {
    await using app = await copyApp();
    const start = (hosts: string) =>
      antiphonWith({ ...PRODUCTION, ANTIPHON_ALLOWED_HOSTS: hosts }, app.root, "run", "--prod", "--port", "0");
    const urls = async (hosts: string) => {
      const run = start(hosts);
      const [printed] = await run.printed(/^[\s\S]*Ready in/);
      run.child.kill("SIGTERM");
      await run.ended;
      return [...printed.matchAll(/http:\/\/([^:/]+):\d+\/(?: +(.*))?/g)].map(([, name, note]) => [name, note]);
    };
    expect(await urls("notes.lan,.example.com")).toEqual([["notes.lan", "if the name leads to this machine"]]);
    expect(await urls("localhost,notes.lan")).toEqual([
      ["localhost", undefined],
      ["notes.lan", "if the name leads to this machine"],
    ]);
    expect(await urls(".example.com")).toEqual([["localhost", "answers only for .example.com"]]);
    expect((await urls("*"))[0]).toEqual(["localhost", undefined]);
  }, 60_000);

  it("goes on serving the files of its build when the app is built again, and lives on when they are removed", async () => {
    await using app = await copyApp();
    expect((await antiphon(app.root, "build").ended).code).toBe(0);
    const run = antiphon(app.root, "run", "--prod", "--port", "0", "--host", "127.0.0.1");
    const [, url] = await run.printed(/(http:\/\/127\.0\.0\.1:\d+)\//);
    const scriptOf = async () => /<script[^>]*src="([^"]+)"/.exec(await (await fetch(`${url}/`)).text())?.[1] ?? "";
    const script = await scriptOf();
    await app.edit("src/app.tsx", 'title: "Home"', 'title: "House"');
    expect((await antiphon(app.root, "build").ended).code).toBe(0);
    expect(await scriptOf()).toBe(script);
    expect((await fetch(url + script)).status).toBe(200);
    await rm(join(app.root, ".antiphon/builds"), { recursive: true });
    expect((await fetch(url + script)).status).toBe(404);
    expect((await fetch(`${url}/_health`)).status).toBe(200);
    run.child.kill("SIGTERM");
    expect((await run.ended).code).toBe(0);
  }, 60_000);

  it("CMD-7: refuses production without a secret and hosts, before it builds, and says which lines to add", async () => {
    await using app = await copyApp();
    const { code, out, err } = await antiphonWith({}, app.root, "run", "--prod").ended;
    expect([code, out]).toEqual([1, ""]);
    expect(err).toMatch(/^CONFIG_NOT_FOR_PRODUCTION {2}The app does not start in production/);
    expect(err).toMatch(/secretKey: .* Got none\. .*ANTIPHON_SECRET_KEY=/);
    expect(err).toMatch(/allowedHosts: .* Got none\. .*allowedHosts: \["app\.example\.com"\]/);
    expect(existsSync(join(app.root, ".antiphon/build.json"))).toBe(false);
    await expect(createAppServer({ root: app.root, mode: "production" })).rejects.toMatchObject({
      code: "CONFIG_NOT_FOR_PRODUCTION",
    });
  }, 30_000);

  it("says which port is taken and how to take another", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    await using app = await copyApp();
    const { code, err } = await antiphon(app.root, "run", "--port", String(port)).ended;
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(new RegExp(`^SERVER_PORT_IN_USE {2}Port ${port} .*--port ${port + 1}`, "m")),
    ]);
    await new Promise((resolve) => other.close(resolve));
  }, 30_000);

  it("lists the routes of an app", async () => {
    await using app = await copyApp();
    const { code, out } = await antiphon(app.root, "routes").ended;
    expect(code).toBe(0);
    expect(out).toMatch(/^OWNER +METHOD +PATH +WHAT\n/);
    expect(out).toMatch(/page +GET +\/notes\/\[id\] +"\(computed title\)"\n/);
    expect(out).toMatch(/page +GET +\/secret +"Secret", guarded\n/);
    expect(out).toMatch(/view +GET +\/api\/me +src\/routes\.ts\n/);
    expect(out).toMatch(/framework +GET +\/_health/);
  }, 30_000);

  it("checks an app: 0 without a problem, and every independent problem with 1", async () => {
    await using app = await copyApp();
    const good = await antiphon(app.root, "check").ended;
    expect([good.code, good.out]).toEqual([0, "No problems: 5 pages, 1 state, 1 HTTP view.\n"]);

    await app.edit("src/app.tsx", 'route: "/moved"', 'route: "/admin/moved"');
    await app.edit("src/routes.ts", '"/me"', '"/_upload/me"');
    const bad = await antiphon(app.root, "check").ended;
    expect([bad.code, bad.out]).toEqual([1, "2 problems.\n"]);
    expect(bad.err).toMatch(/SERVER_PAGE_SHADOWED .*"\/admin\/moved"/);
    expect(bad.err).toMatch(/SERVER_ROUTE_UNREACHABLE .*\/api\/_upload\/me/);

    await app.write("antiphon.config.ts", 'export default { prot: 3, limits: { tabs: "many" } };');
    const worse = await antiphon(app.root, "check").ended;
    expect(worse.code).toBe(1);
    expect(worse.err).toMatch(/CONFIG_INVALID [\s\S]*prot: .*"port"[\s\S]*limits\.tabs: .*Got "many"/);
  }, 30_000);

  it("checks what a server would refuse at its start: proxies that are no addresses", async () => {
    await using proxied = await copyApp();
    await proxied.write(
      "antiphon.config.ts",
      'export default { backendPrefix: "/api", trustProxy: ["not-an-address"] };',
    );
    const refused = await antiphon(proxied.root, "check").ended;
    expect([refused.code, refused.err]).toEqual([
      1,
      expect.stringMatching(/^FORWARDED_PROXY_INVALID .*not-an-address/),
    ]);
  }, 30_000);

  it("names the settings file and the cause when that file fails", async () => {
    await using app = await copyApp();
    await app.write("antiphon.config.ts", 'throw new Error("SECRET_KEY is not set");');
    const { code, err } = await antiphon(app.root, "run", "--port", "0").ended;
    expect(code).toBe(1);
    expect(err).toMatch(/^CONFIG_FILE_FAILED {2}antiphon\.config\.ts .*SECRET_KEY is not set/);
    expect(err).toMatch(/at .*antiphon\.config\.ts:1/);
  }, 30_000);
});
