import { execFile } from "node:child_process";
import { cpSync, existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PackedPackage, packPackage, repository } from "../support/packed-package.ts";

const run = promisify(execFile);
let packed: PackedPackage;
beforeAll(async () => {
  packed = await packPackage();
});
afterAll(() => packed?.[Symbol.dispose]());

const filesOf = (pattern: string) => globSync(pattern, { cwd: packed.folder }).toSorted();
const read = (file: string) => readFileSync(join(packed.folder, file), "utf8");

test("the package holds what it exports and what an app author reads, and neither tests nor notes of the compiler", () => {
  const { exports, bin } = JSON.parse(read("package.json")) as { exports: Record<string, string>; bin: object };
  for (const file of [...Object.values(exports), ...Object.values(bin), "README.md", "LICENSE", "llm.txt"]) {
    expect([file, existsSync(join(packed.folder, file as string))]).toEqual([file, true]);
  }
  expect(filesOf("dist/**/*.{test,fixture}.*")).toEqual([]);
  expect(existsSync(join(packed.folder, "dist/.tsbuildinfo"))).toBe(false);
});

test("every source map that a file names is there and holds its sources, which are not in the package", () => {
  const scripts = filesOf("dist/**/*.{js,d.ts}");
  expect(scripts.length).toBeGreaterThan(500);
  for (const file of scripts) {
    const [, name] = /^\/\/# sourceMappingURL=(.+)$/m.exec(read(file)) ?? [];
    if (name === undefined) continue;
    const map = JSON.parse(read(join(dirname(file), name))) as {
      sources: string[];
      sourcesContent?: (string | null)[];
    };
    const missing = map.sources.filter((source, index) => {
      return !map.sourcesContent?.[index] && !existsSync(join(packed.folder, dirname(file), source));
    });
    expect([file, missing]).toEqual([file, []]);
  }
});

test("every link of the packed pages leads to a packed file", () => {
  const pages = filesOf("{*.md,docs/**/*.md}");
  expect(pages).toContain("docs/README.md");
  const dead = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)]
      .filter(([, target = ""]) => !existsSync(join(packed.folder, dirname(page), target)))
      .map(([, target]) => `${page}: ${target}`),
  );
  expect(dead).toEqual([]);
});

test("an app in an empty folder needs nothing beside the package and its dependencies: help, build, check", async () => {
  const app = packed.makeApp("empty-folder", ["react", "react-dom"]);
  writeFileSync(join(app, "package.json"), '{ "name": "empty-folder", "private": true, "type": "module" }');
  const antiphon = async (...args: string[]) => {
    const { stdout, stderr } = await run("npx", ["antiphon", ...args], {
      cwd: app,
      env: { ...process.env, NO_COLOR: "1" },
    });
    return stdout + stderr;
  };
  expect(await antiphon("help")).toMatch(/^ {2}build +Build the app for production$/m);
  for (const part of ["src", "antiphon.config.ts"]) {
    cpSync(join(repository, "test/fixtures/tiny-app", part), join(app, part), { recursive: true });
  }
  const built = await antiphon("build");
  expect(built).toMatch(/Built in .*files/);
  expect(built).not.toMatch(/warn|source ?map/i);
  expect(await antiphon("check")).not.toMatch(/Error|problem:/);
});
