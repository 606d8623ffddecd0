import { globSync, readdirSync, readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";

/** Which folders of `src` a folder may import at run time; itself and the shared files always. */
const ALLOWED: { readonly [folder: string]: readonly string[] } = {
  protocol: [],
  config: [],
  models: ["i18n"],
  mail: [],
  signing: [],
  stores: ["models"],
  bridge: ["protocol"],
  i18n: ["protocol", "bridge"],
  client: ["protocol"],
  state: ["protocol"],
  sessions: ["protocol", "stores", "models", "bridge"],
  channel: ["protocol", "bridge", "state"],
  auth: ["protocol", "stores", "models", "mail", "signing", "bridge", "i18n", "state", "sessions"],
  context: ["protocol", "bridge", "i18n", "state", "auth"],
  serializers: ["i18n", "models"],
  crud: ["protocol", "bridge", "i18n", "models", "state", "auth", "serializers"],
  vite: ["protocol", "state"],
  app: ["config", "models", "mail", "stores", "bridge", "i18n", "state", "sessions", "auth", "context"],
  server: [
    "protocol",
    "config",
    "models",
    "mail",
    "bridge",
    "i18n",
    "state",
    "sessions",
    "channel",
    "auth",
    "context",
    "app",
  ],
  testing: [
    "protocol",
    "config",
    "models",
    "mail",
    "bridge",
    "i18n",
    "client",
    "state",
    "sessions",
    "channel",
    "auth",
    "context",
    "server",
  ],
  cli: [
    "protocol",
    "config",
    "models",
    "serializers",
    "mail",
    "signing",
    "stores",
    "bridge",
    "i18n",
    "state",
    "sessions",
    "channel",
    "auth",
    "context",
    "crud",
    "app",
    "server",
    "vite",
  ],
};

/** Who may import types from where beyond that. */
const ALLOWED_TYPES: { readonly [folder: string]: readonly string[] } = {
  client: ["state"],
  server: ["client", "vite"],
};

/** By dynamic import only, so that what is not needed is not loaded. */
const ALLOWED_DYNAMIC: { readonly [folder: string]: readonly string[] } = { server: ["vite"], cli: ["server", "vite"] };

const MAX_LINES = 400;
const MAX_FILES = 25;
const FORBIDDEN_NAMES = new Set(["utils", "helpers", "common"]);

/** Files that stand below all folders. */
const SHARED: ReadonlySet<string> = new Set([
  "errors.ts",
  "context-variable.ts",
  "escape-html.ts",
  "getter-reads.ts",
  "loop-turn.ts",
  "nearest-name.ts",
  "rate-limit.ts",
  "running-app.ts",
  "setting.ts",
  "setting-rules.ts",
  "trim-ends.ts",
  "untrusted.ts",
  "within.ts",
]);

interface Import {
  readonly target: string;
  readonly kind: "run time" | "type" | "dynamic";
  readonly line: number;
}

/** One problem that was found, as it is printed. */
export interface Violation {
  readonly file: string;
  readonly line: number;
  readonly rule: string;
}

/** The result of a check. */
export interface Report {
  readonly files: number;
  readonly violations: readonly Violation[];
}

/**
 * Checks the import directions of a source tree: layers, run-time cycles of files and of the folders inside a folder,
 * folder and file names, file lengths, folder sizes.
 *
 * @example
 * const { violations } = checkDirections("src");
 */
export function checkDirections(root: string): Report {
  const files = sourceFiles(root);
  const graph = new Map<string, readonly string[]>();
  const violations: Violation[] = [];
  for (const file of files) {
    const text = readFileSync(resolve(root, file), "utf8");
    const imports = importsOf(text, root, file);
    graph.set(
      file,
      imports.filter(({ kind }) => kind === "run time").map(({ target }) => target),
    );
    for (const found of imports) {
      const rule = ruleBroken(file, found);
      if (rule) violations.push({ file, line: found.line, rule });
    }
    const lines = text.split("\n").length;
    if (lines > MAX_LINES) violations.push({ file, line: MAX_LINES, rule: `has ${lines} lines: ${MAX_LINES} at most` });
    const name = file.split("/").find((part) => FORBIDDEN_NAMES.has(part.replace(/\.tsx?$/, "")));
    if (name) violations.push({ file, line: 1, rule: `"${name}" says nothing: name the thing that is in it` });
  }
  for (const cycle of cyclesOf(graph)) {
    violations.push({
      file: cycle[0] as string,
      line: 1,
      rule: `files import each other in a circle: ${cycle.join(" → ")}`,
    });
  }
  for (const cycle of cyclesOf(wingsOf(graph))) {
    // A circle of files alone is already in the list.
    if (cycle.every((node) => graph.has(node))) continue;
    violations.push({
      file: cycle[0] as string,
      line: 1,
      rule: `folders import each other in a circle: ${cycle.join(" → ")}`,
    });
  }
  for (const [folder, count] of countByFolder(files)) {
    if (count > MAX_FILES) violations.push({ file: folder, line: 1, rule: `has ${count} files: ${MAX_FILES} at most` });
  }
  return { files: files.length, violations };
}

/**
 * The run-time imports inside each top-level folder, with every folder of its second level as one node.
 * A file at its root is a node of its own: an `index.ts` imports all of its wings, and `errors.ts` is imported by them.
 */
function wingsOf(graph: ReadonlyMap<string, readonly string[]>): Map<string, readonly string[]> {
  const wings = new Map<string, Set<string>>();
  for (const [file, targets] of graph) {
    const from = wingOf(file);
    const reached = wings.get(from) ?? new Set();
    wings.set(from, reached);
    for (const target of targets) {
      if (folderOf(target) === folderOf(file) && wingOf(target) !== from) reached.add(wingOf(target));
    }
  }
  return new Map(Array.from(wings, ([wing, reached]) => [wing, [...reached]]));
}

function wingOf(file: string): string {
  const [folder, wing, inside] = file.split("/");
  return inside === undefined ? file : `${folder}/${wing}`;
}

function countByFolder(files: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const file of files) counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
  return counts;
}

function sourceFiles(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.tsx?$/.test(file) && !/\.(test|test-d|fixture|d)\.tsx?$/.test(file))
    .sort();
}

function folderOf(file: string): string {
  return file.includes("/") ? file.slice(0, file.indexOf("/")) : "";
}

function ruleBroken(file: string, { target, kind }: Import): string | undefined {
  const [folder, other] = [folderOf(file), folderOf(target)];
  if (isOptions(file) && other !== "protocol" && !SHARED.has(target)) {
    return `the settings of a folder import nothing but the ground: not ${target}`;
  }
  // The sum of all settings; their own imports are looked at above.
  if (folder === "config" && isOptions(target)) return undefined;
  if (folder === other && folder !== "") return undefined;
  if (SHARED.has(target)) return undefined;
  if (other === "") return `nothing inside imports the facade ${target}`;
  if (folder === "") return target.startsWith("testing/") ? "index.ts does not export the test kit" : undefined;
  const allowed = ALLOWED[folder];
  if (!allowed) return `the folder ${folder} has no place in the layers: add it to scripts/check-directions.ts`;
  if (allowed.includes(other)) return undefined;
  if (kind === "type" && ALLOWED_TYPES[folder]?.includes(other)) return undefined;
  if (kind === "dynamic" && ALLOWED_DYNAMIC[folder]?.includes(other)) return undefined;
  return `${folder} may not import ${other} (${kind})`;
}

/** The settings of a folder. */
function isOptions(file: string): boolean {
  return /^[^/]+\/options\.ts$/.test(file);
}

const STATEMENT =
  /^(?:import|export)\b(?<head>[^"';]*?)\bfrom\s*"(?<path>\.[^"]+)"|^import\s*"(?<bare>\.[^"]+)"|\bimport\(\s*"(?<dynamic>\.[^"]+)"/gm;

function importsOf(text: string, root: string, file: string): Import[] {
  return Array.from(text.matchAll(STATEMENT), (match) => {
    const { head = "", path, bare, dynamic } = match.groups ?? {};
    const specifier = path ?? bare ?? dynamic ?? "";
    const target = relative(resolve(root), resolve(root, dirname(file), specifier));
    const line = text.slice(0, match.index).split("\n").length;
    // `typeof import("…")` is a type, not a call.
    const isType = isTypeOnly(head) || /typeof\s+$/.test(text.slice(0, match.index));
    return { target, line, kind: isType ? "type" : dynamic ? "dynamic" : "run time" };
  });
}

function isTypeOnly(head: string): boolean {
  const trimmed = head.trim();
  if (trimmed.startsWith("type ")) return true;
  const names = /^\{(?<names>[^}]*)\}$/s.exec(trimmed)?.groups?.names;
  if (names === undefined) return false;
  return names
    .split(",")
    .filter((name) => name.trim() !== "")
    .every((name) => name.trim().startsWith("type "));
}

/** Every circle of run-time imports, once. */
function cyclesOf(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string) => {
    const at = path.indexOf(file);
    if (at >= 0) {
      cycles.push([...path.slice(at), file]);
      return;
    }
    if (done.has(file)) return;
    path.push(file);
    for (const next of graph.get(file) ?? []) visit(next);
    path.pop();
    done.add(file);
  };
  for (const file of graph.keys()) visit(file);
  return cycles;
}

/** Tests in `test/` that import a part of the package still; they are to move beside what they test. Nothing is added. */
const INSIDERS =
  /^test\/(?:auth|models|sessions|vite)\/|^test\/cli\/(?:own-user-model|user-commands)\.test\.ts$|^test\/identity\/every-app\.ts$|^test\/package\/(?:docs\.test|settings\.test|example-world)\.ts$|^test\/support\/database-servers\.ts$/;

/** Lists imports by which whole-app tests reach past the public package, into `src` or `dist`. */
export function checkTestImports(root: string, insiders = INSIDERS): Violation[] {
  const files = globSync(["test/**/*.{ts,tsx}", "examples/*/test/**/*.{ts,tsx}"], { cwd: root })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => !/node_modules|\/tmp-/.test(file) && !insiders.test(file))
    .sort();
  return files.flatMap((file) => {
    const text = readFileSync(resolve(root, file), "utf8");
    return importsOf(text, root, file)
      .map(({ target, line }) => ({ target: target.replaceAll("\\", "/"), line }))
      .filter(({ target }) => /^(?:src|dist)\//.test(target))
      .map(({ target, line }) => ({
        file,
        line,
        rule: `a whole-app test imports "antiphon" or "antiphon/…", not ${target}`,
      }));
  });
}

if (import.meta.main) {
  const root = resolve(import.meta.dirname, "..");
  const report = checkDirections(resolve(root, "src"));
  const inSource = report.violations.map((violation) => ({ ...violation, file: `src/${violation.file}` }));
  const violations = [...inSource, ...checkTestImports(root)];
  const { files } = report;
  for (const { file, line, rule } of violations) console.error(`${file}:${line}: ${rule}`);
  console.log(`${files} files, ${violations.length} violations`);
  process.exitCode = violations.length > 0 ? 1 : 0;
}
