import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");

test("docs/reference/errors.md lists exactly the codes that the package can throw", () => {
  const declared = globSync("src/**/*errors.ts", { cwd: root })
    .flatMap((file) => [...readFileSync(join(root, file), "utf8").matchAll(/^ {2}([A-Z][A-Z0-9_]+): \{/gm)])
    .map((match) => match[1]);
  const page = readFileSync(join(root, "docs/reference/errors.md"), "utf8");
  const listed = [...page.matchAll(/^\| `([A-Z0-9_]+)` \|/gm)].map((match) => match[1]);
  expect(declared.length).toBeGreaterThan(100);
  expect(new Set(declared).size).toBe(declared.length);
  expect(listed.toSorted()).toEqual(declared.toSorted());
});
