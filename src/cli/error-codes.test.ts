import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ERROR_PARAMETERS } from "./error-codes.ts";

test("the codes of errors are those that every folder declares, but for the browser's and the test kit's own", () => {
  const root = join(import.meta.dirname, "..");
  const declared = globSync("**/*errors.ts", { cwd: root })
    .filter((file) => !/^(?:client|testing)\//.test(file))
    .flatMap((file) => [...readFileSync(join(root, file), "utf8").matchAll(/^ {2}([A-Z][A-Z0-9_]+): \{/gm)])
    .map(([, code = ""]) => code);
  expect(declared.length).toBeGreaterThan(100);
  expect([...ERROR_PARAMETERS.keys()].toSorted(), "src/cli/error-codes.ts names each table").toEqual(
    declared.toSorted(),
  );
});

test.each([
  ["AUTH_DENIED", 0],
  ["PAGE_REFUSED", 1],
  ["CHANNEL_PROTOCOL_MISMATCH", 2],
  // Such an error has a sentence of its own and no parameters.
  ["DATABASE_UNIQUE", 0],
])("%s has %i parameters", (code, parameters) => {
  expect(ERROR_PARAMETERS.get(code)).toBe(parameters);
});
