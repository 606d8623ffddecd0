import { execFile, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AppState } from "../../dist/auth/index.js";
import { channelOptions } from "../../dist/channel/options.js";
import { COMMANDS } from "../../dist/cli/program.js";
import { CONFIG_KEYS } from "../../dist/config/config-keys.js";
import { FORM_EVENTS, LIST_EVENTS } from "../../dist/crud/definition/event-tables.js";
import { FIXED_VARS } from "../../dist/crud/definition/names.js";
import { CRUD_OPTIONS } from "../../dist/crud/definition/option-names.js";
import { CrudState } from "../../dist/crud/index.js";
import { Database } from "../../dist/models/index.js";
import { PROTOCOL_VERSION } from "../../dist/protocol/frames.js";
import { type KeyRule, resolveSettings, type ValueRule } from "../../dist/setting.js";
import { postgresServer } from "../support/database-servers.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");
const pages = globSync(["*.md", "docs/**/*.md", "bench/*.md"], { cwd: root }).sort();
const read = (page: string) => readFileSync(join(root, page), "utf8");

/** Outside of the tree, so that no other run takes a page's test for one of ours. */
let folder = "";

/** Each page is an app of its own. */
function folderOf(page: string): string {
  return join(
    folder,
    page
      .replace(/^docs\//, "")
      .replace(/\.md$/, "")
      .replaceAll("/", "-"),
  );
}

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "antiphon-docs-")));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  const settings = JSON.parse(readFileSync(join(root, "examples/hello/tsconfig.json"), "utf8")) as {
    readonly compilerOptions: object;
  };
  // As in the tutorials: style sheets are modules.
  const compilerOptions = { ...settings.compilerOptions, types: ["node", "vite/client"] };
  const include = ["*/src", "*/test", "*/commands", "*/migrations", "*/*.ts"];
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ ...settings, compilerOptions, include }));
  for (const page of pages) {
    for (const [, file = "", code = ""] of read(page).matchAll(/^```(?:tsx?|json) file=(\S+)\n(.*?)^```/gms)) {
      const target = join(folderOf(page), file);
      if (existsSync(target)) throw new Error(`${page} shows ${file} twice`);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, code);
    }
    const manifest = join(folderOf(page), "package.json");
    if (existsSync(folderOf(page)) && !existsSync(manifest)) writeFileSync(manifest, '{ "type": "module" }');
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("every block of code names its file, so that none escapes the type check", () => {
  const nameless = pages.flatMap((page) =>
    [...read(page).matchAll(/^```(?:tsx?|jsx?)\b(?! file=\S+$).*$/gm)].map(([line]) => `${page}: ${line}`),
  );
  expect(nameless).toEqual([]);
});

test("row 198: the code of all pages type-checks against the built package", async () => {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const outcome = await run(process.execPath, [tsc, "-p", folder], { cwd: folder }).then(
    () => "",
    (error: { stdout: string }) => error.stdout,
  );
  expect(outcome).toBe("");
});

test.each([
  "docs/guides/forms.md",
  "docs/guides/testing.md",
  "docs/guides/sign-in.md",
  "docs/guides/models.md",
  "docs/guides/http.md",
  "docs/guides/recipes.md",
  "docs/guides/data-page-recipes.md",
])("the test that %s shows passes", async (page) => {
  expect(await runTests(page)).toEqual({ failed: 0, ran: true });
});

test("the tests of the recipes pass on PostgreSQL too, and leave no database behind", async (context) => {
  const server = await postgresServer();
  if (typeof server === "string") return context.skip(server);
  const url = await server.createDatabase();
  const admin = await Database.open({ url, models: [] });
  const ended = spawnSync(process.execPath, ["--eval", ""]).pid;
  await admin.execute(`create database test_${ended}_0123456789ab`);
  try {
    expect(await runTests("docs/guides/recipes.md", { TEST_DATABASE_URL: url })).toEqual({ failed: 0, ran: true });
    const { rows } = await admin.execute("select datname from pg_database where datname like 'test\\_%'");
    expect(rows).toEqual([]);
  } finally {
    await admin.close();
    await server.stop();
  }
});

/** Runs the tests of a page's app. */
async function runTests(page: string, more: Readonly<Record<string, string>> = {}) {
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  // The settings of this repository, whose examples use the package by a link.
  cpSync(join(root, "vitest.config.ts"), join(folderOf(page), "vitest.config.ts"));
  const report = join(folderOf(page), "report.json");
  const args = ["run", "--reporter=json", `--outputFile.json=${report}`, "--root", folderOf(page)];
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith("VITEST"));
  const env = { ...Object.fromEntries(own), ...more };
  await run(process.execPath, [vitest, ...args], { cwd: folderOf(page), env });
  const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, "utf8")) as {
    readonly numPassedTests: number;
    readonly numFailedTests: number;
  };
  return { failed: numFailedTests, ran: numPassedTests > 1 };
}

test("every link of a page leads to a file", () => {
  const dead = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)]
      .filter(([, target = ""]) => !existsSync(join(root, dirname(page), target)))
      .map(([, target]) => `${page}: ${target}`),
  );
  expect(dead).toEqual([]);
});

test("docs/README.md leads to every page", () => {
  const missing = pages
    .filter((page) => page.startsWith("docs/") && page !== "docs/README.md")
    .filter((page) => !read("docs/README.md").includes(`(${page.slice("docs/".length)})`));
  expect(missing).toEqual([]);
});

test("docs/reference/config.md lists every key with its variable and the limits with their defaults", () => {
  const variable = (key: string) =>
    `ANTIPHON_${key
      .replace(/[A-Z]/g, (letter) => `_${letter}`)
      .toUpperCase()
      .replaceAll(".", "__")}`;
  const keysOf = (rules: { readonly [key: string]: KeyRule }, parent = ""): [string, ValueRule["parse"]][] =>
    Object.entries(rules).flatMap(([name, rule]) =>
      "group" in rule ? keysOf(rule.group, `${parent}${name}.`) : [[parent + name, rule.parse]],
    );
  const declared = keysOf(CONFIG_KEYS);
  const rows = [...read("docs/reference/config.md").matchAll(/^\| `([\w.]+)` \| ([^|]*) \| ([^|]*)\|/gm)];
  const listed = rows.map(([, key, , name = ""]) => [key, name.trim()]);
  expect(listed.toSorted()).toEqual(
    declared.map(([key, parse]) => [key, parse ? `\`${variable(key)}\`` : ""]).toSorted(),
  );
  const defaults = rows.flatMap(([, key = "", value = ""]) =>
    key.startsWith("limits.") && key !== "limits.bodyBytes" ? [[key.slice(7), Number(value.replaceAll(",", ""))]] : [],
  );
  expect(Object.fromEntries(defaults)).toEqual(resolveSettings(channelOptions, {}));
});

test("docs/reference/cli.md lists every command with its options", () => {
  const rows = [...read("docs/reference/cli.md").matchAll(/^\| `antiphon ([\w:]+)[^`]*` \| ([^|]*)\|/gm)];
  const listed = rows
    .filter(([, name]) => name !== "help")
    .map(([, name, options = ""]) => [name, [...options.matchAll(/--([\w-]+)/g)].map(([, o]) => o)]);
  expect(listed.toSorted()).toEqual(COMMANDS.map(({ name, options }) => [name, Object.keys(options)]).toSorted());
});

test("docs/reference/data-pages.md lists every option, var, event and hook of data states, and nothing else", () => {
  const page = read("docs/reference/data-pages.md");
  const listed = (heading: string) => {
    const [, section = ""] = page.split(`\n## ${heading}\n`);
    const rows = section.split("\n## ")[0]?.matchAll(/^\| (`[^|]+?) \|/gm) ?? [];
    const names = [...rows].flatMap(([, cell = ""]) => [...cell.replace(/\(`.*/, "").matchAll(/`(\w+)/g)]);
    return [...new Set(names.map(([, name = ""]) => name))].sort();
  };
  expect(listed("Options")).toEqual([...CRUD_OPTIONS, "fields", "serializer"].sort());
  expect(listed("Vars")).toEqual([...FIXED_VARS, "list"].sort());
  expect(listed("Events")).toEqual([...Object.keys({ ...LIST_EVENTS, ...FORM_EVENTS }), "setTitle"].sort());
  const members: string[] = [];
  for (let at: object = CrudState.prototype; at !== AppState.prototype; at = Object.getPrototypeOf(at) as object) {
    members.push(...Object.getOwnPropertyNames(at));
  }
  const own = ["constructor", "perform", ...Object.keys(CrudState.events)];
  const hooks = [...new Set(members)].filter((name) => !own.includes(name));
  expect(listed("Hooks")).toEqual([...hooks, "cleanTitle"].sort());
});

test("docs/reference/protocol.md tells the version, every kind of message and every effect", () => {
  const page = read("docs/reference/protocol.md");
  expect(page).toContain(`version is ${PROTOCOL_VERSION}.`);
  const source = readFileSync(join(root, "src/protocol/frames.ts"), "utf8");
  const names = [...source.matchAll(/readonly (?:kind|effect): "(\w+)"|^ {2}\| readonly \["(\w+)", Path/gm)];
  const missing = names.map(([, name, operation]) => name ?? operation ?? "");
  expect(missing.length).toBeGreaterThan(20);
  expect(missing.filter((name) => !page.includes(`\`${name}\``) && !page.includes(`["${name}",`))).toEqual([]);
});

test("row 198: llm.txt names only what the package exports", async () => {
  const text = readFileSync(join(root, "llm.txt"), "utf8");
  const entries = ["index", "state/index", "client/index", "testing/index"];
  const modules = await Promise.all(entries.map((entry) => import(join(root, `dist/${entry}.js`)) as Promise<object>));
  const exported = new Set(modules.flatMap((module) => Object.keys(module)));
  const hooks = [...text.matchAll(/\buse[A-Z]\w+/g)].map(([name]) => name);
  expect(hooks.filter((name) => !exported.has(name))).toEqual([]);
});

test("no tracked file holds a path of the machine that it was written on", async () => {
  const { stdout } = await run("git", ["ls-files"], { cwd: root }).catch(() => ({ stdout: "" }));
  const found = stdout.split("\n").filter((file) => {
    const path = join(root, file);
    if (file === "" || !existsSync(path) || /\.(?:png|ico|woff2?)$/.test(file)) return false;
    const text = readFileSync(path, "utf8");
    return text.includes(`${root}/`) || text.includes(`${homedir()}/`);
  });
  expect(found).toEqual([]);
});
