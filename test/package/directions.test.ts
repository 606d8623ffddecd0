import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { checkDirections } from "../../scripts/check-directions.ts";

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

test("an import against the layers is told with its file and line, one of a type alone is not", () => {
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

test("a circle of files and a name that says nothing are told", () => {
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
