import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testApp } from "../../dist/testing/index.js";

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
  await using tab = await app.open("/");
  const { CounterState } = (await import(join(folder, "src/counter.state.ts"))) as typeof import("./readme-types.ts");
  await tab.call(CounterState, "add", 2);
  expect(tab.view(CounterState)).toMatchObject({ count: 2, double: 4 });
  expect(tab.view(CounterState)).not.toHaveProperty("_calls");
  await tab.write(CounterState, "name", "Ada");
  await tab.call(CounterState, "celebrate");
  expect(tab.effects).toMatchObject([{ effect: "toast", level: "success", message: "Ada counted to 2" }]);
  await expect(tab.call(CounterState, "add", 1.5)).rejects.toMatchObject({ code: "EVENT_ARGS_INVALID" });
});
