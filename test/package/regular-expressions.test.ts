import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { checkSync } from "recheck";
import { type ESTree, parseSync, Visitor } from "vite";
import { describe, expect, test } from "vitest";

// The part of the checker that is plain JavaScript: the same on every machine.
process.env["RECHECK_BACKEND"] = "pure";

const ROOT = join(import.meta.dirname, "../..");

/** Files that build expressions at run time, from the author's own schema and never from a visitor's text. */
const BUILT_AT_RUN_TIME = ["src/models/dialects/sqlite-foreign-keys.ts", "src/models/schema/validators.ts"];

interface Found {
  readonly file: string;
  readonly line: number;
  readonly expression: string | undefined;
}

function expressionsOf(file: string, source: string): Found[] {
  const { program } = parseSync(file, source, { lang: file.endsWith("x") ? "tsx" : "ts", sourceType: "module" });
  const found: Found[] = [];
  const add = ({ start }: { start: number }, expression: string | undefined) =>
    found.push({ file, line: source.slice(0, start).split("\n").length, expression });
  const visitNew = (node: ESTree.NewExpression | ESTree.CallExpression) => {
    if (node.callee.type === "Identifier" && node.callee.name === "RegExp") add(node, undefined);
  };
  new Visitor({
    Literal(node) {
      if ("regex" in node) add(node, `/${node.regex.pattern}/${node.regex.flags}`);
    },
    NewExpression: visitNew,
    CallExpression: visitNew,
  }).visit(program);
  return found;
}

/** How an expression's steps grow with its text, where that is faster than the length of the text; undefined for most. */
function growth(expression: string): string | undefined {
  // Without a quantifier that has no bound, the number of steps at one place has a bound.
  if (!/[*+]|\{\d*,\}/.test(expression)) return undefined;
  const end = expression.lastIndexOf("/");
  // Searching counts too: a match that begins anew at every place of a long run is quadratic.
  const found = checkSync(expression.slice(1, end), expression.slice(end + 1), { timeout: 20_000 });
  if (found.status === "safe") return undefined;
  return found.status === "vulnerable" ? found.complexity.type : `not decided: ${JSON.stringify(found.error)}`;
}

describe("no regular expression of the framework takes more than linear time", () => {
  const files = globSync("src/**/*.{ts,tsx}", { cwd: ROOT })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => !/\.(?:test|test-d|fixture)\.tsx?$/.test(file));
  const found = files.flatMap((file) => expressionsOf(file, readFileSync(join(ROOT, file), "utf8")));

  test("none backtracks over the same text again and again, or begins anew at every place of a long run", () => {
    const slow = found.flatMap(({ file, line, expression }) => {
      const why = expression === undefined ? undefined : growth(expression);
      return why === undefined ? [] : [`${file}:${line} ${expression} is ${why}`];
    });
    expect(found.length).toBeGreaterThan(100);
    expect(slow).toEqual([]);
    // Each expression is examined on its own, some of them for seconds on a busy machine.
  }, 300_000);

  test("none is put together at run time, except from the author's own schema", () => {
    const built = found.filter(({ expression }) => expression === undefined).map(({ file }) => file);
    expect([...new Set(built)].sort()).toEqual(BUILT_AT_RUN_TIME);
  });

  test.each(["/[ \\t]+$/", "/\\/+$/", "/<title[^>]*>/", "/[?#].*$/", "/.*<\\/head>/", "/(a+)+b/", "/\\s*<\\/head>/i"])(
    "the check finds %s",
    (expression) => expect(growth(expression)).toBeDefined(),
  );
});
