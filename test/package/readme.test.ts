import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { testApp } from "antiphon/testing";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(import.meta.dirname, "tmp-readme-"));
  const page = readFileSync(join(root, "README.md"), "utf8");
  for (const [, file = "", code = ""] of page.matchAll(/^```tsx? file=(\S+)\n(.*?)^```/gms)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), code);
  }
  cpSync(join(root, "examples/hello/tsconfig.json"), join(folder, "tsconfig.json"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
});

afterAll(() => rmSync(folder, { recursive: true }));

test("the README's example type-checks", () => {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  expect(() => execFileSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8", stdio: "pipe" })).not.toThrow();
});

test("the README's example runs", async () => {
  await using app = await testApp({ root: folder });
  await app.createUser({ username: "ada", password: "correct horse" });
  await app.createUser({ username: "bob" });
  const { NotesState } = (await import(join(folder, "src/notes.state.ts"))) as typeof import("./readme-types.ts");
  await using tab = await app.open("/");
  expect(tab.url).toBe("/login?next=%2F");
  await tab.call(NotesState, "signIn", { username: "ada", password: "wrong" });
  expect(tab.effects.at(-1)).toMatchObject({ effect: "toast", level: "error" });
  await tab.call(NotesState, "signIn", { username: "ada", password: "correct horse" });
  expect(tab.url).toBe("/");
  await tab.write(NotesState, "title", "Milk");
  await tab.call(NotesState, "add");
  expect(tab.view(NotesState)).toMatchObject({ notes: [{ title: "Milk" }], count: 1, title: "" });
  expect(tab.view(NotesState)).not.toHaveProperty("_added");
  await using other = await app.open("/", { as: "bob" });
  expect(other.view(NotesState).notes).toEqual([]);
});
