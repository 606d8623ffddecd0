import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type ESTree, parseSync, Visitor } from "vite";
import { describe, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const PAGE = "docs/reference/guarantees.md";

/** Names of standards look like an id. */
const STANDARDS = new Set(["SHA", "UTF", "ISO", "RFC"]);

interface Row {
  readonly id: string;
  readonly guarantee: string;
  readonly files: readonly string[];
}

/** Returns the rows of the page's tables: `| id | guarantee | where it is tested |`. */
function rowsOf(page: string): Row[] {
  return [...page.matchAll(/^\| ((?:row )?[\w-]*\d\w*) \| ([^|]+) \| ([^|]+) \|$/gm)].map(
    ([, id = "", guarantee = "", files = ""]) => ({
      id,
      guarantee,
      files: [...files.matchAll(/`([^`]+)`/g)].map(([, file = ""]) => file),
    }),
  );
}

/** Returns the ids that a title names: `SES-1`, `W13`, `row 30`, and each row of `rows 29-32:` or `rows 22, 23:`. */
function idsOf(title: string): string[] {
  const contracts = [...title.matchAll(/\b([A-Z][A-Z0-9]{1,2})-\d+\b|(?<!-)\bW\d{1,2}\b/g)]
    .filter(([, area = ""]) => !STANDARDS.has(area))
    .map(([id]) => id);
  const rows = [...title.matchAll(/(?:^|, )rows? (\d+a?(?:(?:-|, )\d+a?)*)(?=:|, [A-Z])/gi)].flatMap(([, list = ""]) =>
    list.split(", ").flatMap((part) => {
      const [first = "", last = first] = part.split("-");
      if (first === last) return [`row ${first}`];
      return Array.from({ length: Number(last) - Number(first) + 1 }, (_, at) => `row ${Number(first) + at}`);
    }),
  );
  return [...contracts, ...rows];
}

/** Returns the titles of a file: the first argument of test(), it() and describe(), and the texts of their tables. */
function titlesOf(file: string): string[] {
  const source = readFileSync(join(ROOT, file), "utf8");
  const { program } = parseSync(file, source, { lang: file.endsWith("x") ? "tsx" : "ts", sourceType: "module" });
  const titles: string[] = [];
  const tables: ESTree.CallExpression[] = [];
  const literals: ESTree.Node[] = [];
  const add = (node: ESTree.Node) => {
    if (node.type === "Literal" && typeof node.value === "string") titles.push(node.value);
    if (node.type === "TemplateLiteral") titles.push(node.quasis.map(({ value }) => value.raw).join("…"));
  };
  new Visitor({
    CallExpression(node) {
      if (!isTestCall(node.callee)) return;
      const [first] = node.arguments;
      if (first) add(first);
      // A text in the table of test.each(…) stands in its title in the place of %s.
      if (node.callee.type === "CallExpression") tables.push(node.callee);
    },
    Literal: (node) => literals.push(node),
  }).visit(program);
  for (const literal of literals) {
    if (tables.some(({ start, end }) => start < literal.start && literal.end < end)) add(literal);
  }
  return titles;
}

/** Whether it is `test`, `test.skipIf(…)`, `describe.each(…)` or the like. */
function isTestCall(callee: ESTree.Node): boolean {
  if (callee.type === "Identifier") return ["test", "it", "describe"].includes(callee.name);
  if (callee.type === "MemberExpression") return isTestCall(callee.object);
  return callee.type === "CallExpression" && isTestCall(callee.callee);
}

const [guaranteed = "", differing = ""] = readFileSync(join(ROOT, PAGE), "utf8").split(
  "\n## Differs from the original\n",
);
const rows = rowsOf(guaranteed);
/** Rows of the original in another form: what is there in place of it, and why. */
const differences = [...differing.matchAll(/^\| (row \d+) \| ([^|]+) \| ([^|]+) \|$/gm)].map(
  ([, id = "", instead = "", reason = ""]) => ({ id, sentences: [instead, reason] }),
);

/** The ids of all titles, each with the files that name it. */
const tested = new Map<string, Set<string>>();
/** Installed packages, and copies of apps that other tests make and remove meanwhile. */
const exclude = ["**/node_modules/**", "**/tmp-*/**"];
for (const file of globSync("{src,test,examples,bench}/**/*.{ts,tsx}", { cwd: ROOT, exclude })) {
  for (const id of titlesOf(file).flatMap(idsOf)) {
    const files = tested.get(id) ?? new Set();
    tested.set(id, files.add(file.replaceAll("\\", "/")));
  }
}

describe("docs/reference/guarantees.md", () => {
  test("defines each id once, and every id that a test's title names", () => {
    const defined = rows.map(({ id }) => id);
    expect(defined.length).toBeGreaterThan(100);
    expect(defined.filter((id, at) => defined.indexOf(id) < at)).toEqual([]);
    expect([...tested.keys()].filter((id) => !defined.includes(id))).toEqual([]);
  });

  test("names tests for each id, whose titles name it", () => {
    const untested = rows.flatMap(({ id, files }) => {
      if (files.length === 0) return [`${id} names no test`];
      return files.filter((file) => !tested.get(id)?.has(file)).map((file) => `${file} has no title with ${id}`);
    });
    expect(untested).toEqual([]);
  });

  test("names each row that differs once, with what is there in place of it and why, and no test for it", () => {
    const ids = differences.map(({ id }) => id);
    expect(ids).toContain("row 40");
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => tested.has(id) || rows.some((row) => row.id === id))).toEqual([]);
    const wrong = differences.filter(({ sentences }) =>
      sentences.some((sentence) => !sentence.endsWith(".") || sentence.split(/\s+/).length > 25),
    );
    expect(wrong).toEqual([]);
  });

  test("tells each guarantee in one sentence of at most 25 words", () => {
    const long = rows.filter(({ guarantee }) => !guarantee.endsWith(".") || guarantee.split(/\s+/).length > 25);
    expect(long.map(({ id }) => id)).toEqual([]);
  });
});
