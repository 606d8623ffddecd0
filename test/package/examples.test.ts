import { execFile } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");
const WORLD = join(import.meta.dirname, "example-world.ts");

/** Folders of `src` whose examples are compiled. */
const FOLDERS = ["auth", "bridge", "models"];

/** Everything that a file declares for others, types too. */
function exportsOf(file: string): string[] {
  const declared =
    /^export (?:declare )?(?:abstract )?(?:async )?(?:class|function|const|let|interface|type|enum) (\w+)/gm;
  return [...readFileSync(file, "utf8").matchAll(declared)].map(([, name = ""]) => name);
}

/** Every example of a file's doc comments. */
function examplesOf(file: string): string[] {
  return [...readFileSync(file, "utf8").matchAll(/\/\*\*.*?\*\//gs)].flatMap(([comment]) => {
    const text = comment.replace(/\s*\*\/$/, "").replace(/^\s*\/?\*+ ?/gm, "");
    return text
      .split(/^(?=@)/m)
      .filter((part) => part.startsWith("@example"))
      .map((part) => part.slice("@example".length).trim());
  });
}

/** Where a name comes from: the example's own file, what examples take for granted, its folder, then all others. */
function sourcesFor(own: string): Map<string, string> {
  const folder = dirname(own);
  const files = globSync("src/**/*.{ts,tsx}", { cwd: root }).filter(
    (file) => !/\.(?:test|test-d|fixture)\.tsx?$/.test(file),
  );
  const others = files.filter((file) => file !== own);
  const sources = new Map<string, string>();
  const add = (file: string, source = join(root, file.replace(/^src/, "dist").replace(/\.tsx?$/, ".js"))) => {
    for (const name of exportsOf(join(root, file))) if (!sources.has(name)) sources.set(name, source);
  };
  add(own);
  add(relative(root, WORLD), "./world.ts");
  for (const file of others.filter((each) => dirname(each) === folder)) add(file);
  for (const file of others) add(file);
  sources.set("p", "antiphon/models").set("objects", "antiphon/models").set("z", "zod");
  return sources;
}

/** An example as a module of its own: with what it names, and inside of what it is a part of. */
function moduleOf(example: string, sources: ReadonlyMap<string, string>): string {
  const code = example.replaceAll("{ … }", "{}");
  const given = new Set([...code.matchAll(/\b(?:class|const|function|type|interface) (\w+)/g)].map(([, name]) => name));
  for (const [, names = ""] of code.matchAll(/\b(?:const|import) [[{]([^\]}]*)[\]}]/g)) {
    for (const name of names.split(/\W+/)) given.add(name);
  }
  const isModule = /^(?:import|export) /m.test(code);
  const isMember = code.startsWith("static ");
  const isInMethod = !isModule && !isMember && /\bthis\./.test(code);
  const body = isModule
    ? code
    : isMember
      ? `export class Sample extends AppState {\n${code}\n}`
      : isInMethod
        ? `export class Sample extends AppState {\nisGood = false;\nasync sample() {\n${code}\n}\n}`
        : `export async function sample() {\n${code}\n}`;
  // In texts and comments a name stands for nothing.
  const bare = body.replace(/\/\/.*$/gm, "").replace(/"[^"\n]*"/g, '""');
  const used = new Set([...bare.matchAll(/(?<![\w$]|(?<!\.\.)\.)[A-Za-z_$][\w$]*/g)].map(([name]) => name));
  const imports = [...used]
    .filter((name) => !given.has(name) && sources.has(name))
    .map((name) => `import { ${name} } from "${sources.get(name)}";`);
  return [...imports, body, "export {};", ""].join("\n");
}

let folder = "";
let count = 0;

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "antiphon-examples-")));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "world.ts"), readFileSync(WORLD, "utf8").replaceAll('"../../', `"${root}/`));
  const settings = JSON.parse(readFileSync(join(root, "examples/hello/tsconfig.json"), "utf8")) as {
    readonly compilerOptions: object;
  };
  const loose = {
    noUnusedLocals: false,
    noUnusedParameters: false,
    verbatimModuleSyntax: false,
    noImplicitReturns: false,
  };
  const compilerOptions = { ...settings.compilerOptions, ...loose };
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ ...settings, compilerOptions, include: ["*.ts", "*.tsx"] }),
  );
  for (const file of FOLDERS.flatMap((name) => globSync(`src/${name}/**/*.ts`, { cwd: root }))) {
    const examples = examplesOf(join(root, file));
    if (examples.length === 0) continue;
    const sources = sourcesFor(file);
    for (const [index, example] of examples.entries()) {
      const extension = /<\/|\/>/.test(example) ? "tsx" : "ts";
      const name = `${file.slice("src/".length, -".ts".length).replaceAll("/", "-")}-${index + 1}.${extension}`;
      writeFileSync(join(folder, name), moduleOf(example, sources));
      count++;
    }
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the examples in doc comments of users, requests and models type-check", async () => {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const outcome = await run(process.execPath, [tsc, "-p", folder], { cwd: folder }).then(
    () => "",
    (error: { stdout: string }) => error.stdout,
  );
  expect(outcome).toBe("");
  expect(count).toBeGreaterThan(100);
});
