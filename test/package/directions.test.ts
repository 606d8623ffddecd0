import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { checkDirections, checkTestImports } from "../../scripts/check-directions.ts";

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function tree(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), "directions-"));
  folders.push(root);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return root;
}

test("the source tree keeps its import directions and has no run-time cycle", () => {
  const { files, violations } = checkDirections(join(import.meta.dirname, "../../src"));
  expect(violations).toEqual([]);
  expect(files).toBeGreaterThan(100);
});

test("an import against the layers is reported with its file and line, an import of types is allowed", () => {
  const root = tree({
    "protocol/frames.ts": `// first\nimport { State } from "../state/state.ts";\n`,
    "state/state.ts": `import type { Frame } from "../protocol/frames.ts";\nimport { type A, B } from "../client/mirror.ts";\n`,
    "client/mirror.ts": `import type { View } from "../state/client-view.ts";\n`,
  });
  expect(checkDirections(root).violations).toEqual([
    { file: "protocol/frames.ts", line: 2, rule: "protocol may not import state (run time)" },
    { file: "state/state.ts", line: 2, rule: "state may not import client (run time)" },
  ]);
});

test("a circle of files and a name that says nothing are reported", () => {
  const root = tree({
    "state/a.ts": `import { b } from "./b.ts";\n`,
    "state/b.ts": `export { a } from "./a.ts";\n`,
    "state/utils.ts": "",
  });
  const rules = checkDirections(root).violations.map(({ rule }) => rule);
  expect(rules).toEqual([
    `"utils.ts" says nothing: name the thing that is in it`,
    "files import each other in a circle: state/a.ts → state/b.ts → state/a.ts",
  ]);
});

test("folders inside a folder that import each other in a circle are reported, imports of types are allowed", () => {
  const root = tree({
    "auth/errors.ts": "",
    "auth/index.ts": `export { user } from "./users/user.ts";\nexport { hash } from "./passwords/hash.ts";\n`,
    "auth/users/user.ts": `import { hash } from "../passwords/hash.ts";\nimport "../errors.ts";\n`,
    "auth/users/name.ts": "",
    "auth/passwords/hash.ts": `import type { User } from "../users/user.ts";\nimport "../errors.ts";\n`,
    "auth/passwords/rules.ts": `import { name } from "../users/name.ts";\n`,
  });
  expect(checkDirections(root).violations.map(({ rule }) => rule)).toEqual([
    "folders import each other in a circle: auth/users → auth/passwords → auth/users",
  ]);
});

test("a folder of more than 25 files and a file of more than 400 lines are reported, tests are not counted", () => {
  const root = tree({
    ...Object.fromEntries(Array.from({ length: 26 }, (_, index) => [`state/file-${index}.ts`, ""])),
    ...Object.fromEntries(Array.from({ length: 26 }, (_, index) => [`models/file-${index}.test.ts`, ""])),
    "models/long.ts": "\n".repeat(400),
  });
  expect(checkDirections(root).violations).toEqual([
    { file: "models/long.ts", line: 400, rule: "has 401 lines: 400 at most" },
    { file: "state", line: 1, rule: "has 26 files: 25 at most" },
  ]);
});

test("whole-app tests import the package by its name, and one that reaches into it is reported", () => {
  expect(checkTestImports(join(import.meta.dirname, "../.."))).toEqual([]);
  const root = tree({
    "test/e2e/a.test.ts": `import { testApp } from "antiphon/testing";\nimport { x } from "../../dist/x.js";\n`,
    "test/e2e/b.test.ts": `import { help } from "../support/help.ts";\nexport { y } from "../../src/y.ts";\n`,
    "examples/one/test/c.test.ts": `import { OneState } from "../src/one.state.ts";\n`,
  });
  expect(checkTestImports(root).map(({ file, line }) => [file, line])).toEqual([
    ["test/e2e/a.test.ts", 2],
    ["test/e2e/b.test.ts", 2],
  ]);
});

test("config imports the options of any folder, and options import nothing but the ground", () => {
  const root = tree({
    "config/config-keys.ts": `import { mailOptions } from "../mail/options.ts";\nimport { send } from "../mail/send.ts";\n`,
    "mail/options.ts": `import { flag } from "../setting-rules.ts";\nimport { send } from "./send.ts";\n`,
    "mail/send.ts": "",
    "setting-rules.ts": "",
  });
  expect(checkDirections(root).violations).toEqual([
    { file: "config/config-keys.ts", line: 2, rule: "config may not import mail (run time)" },
    {
      file: "mail/options.ts",
      line: 2,
      rule: "the settings of a folder import nothing but the ground: not mail/send.ts",
    },
  ]);
});
