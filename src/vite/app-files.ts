import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { viteErrors } from "./errors.ts";

/** The files of an app that the framework finds by their names; absolute paths with forward slashes. */
export interface AppFiles {
  /** `src/app.tsx` (or .jsx, .ts, .js). */
  readonly app: string;
  /** `src/routes.ts`, when there is one. */
  readonly routes: string | undefined;
  /** `src/models.ts`, or `src/models/index.ts`, when there is one. */
  readonly models: string | undefined;
  /** Every state module below `src`, sorted. */
  readonly states: readonly string[];
}

const STATE_MODULE = /\.state\.[cm]?[jt]sx?$/;
const SCRIPT_EXTENSIONS = [".tsx", ".ts", ".jsx", ".js", ".mts", ".mjs"];

/** Whether a path (without query) names a state module: `notes.state.ts`, also inside a package (`login.state.js`). */
export function isStateModule(file: string): boolean {
  return STATE_MODULE.test(file);
}

/**
 * The id under which a state module is known on both ends: its path below `src` without `.state.ts`.
 *
 * Inside a package it is the package's name and the path below the package's `src` or `dist`.
 *
 * @example
 * stateModuleId("/app", "/app/src/admin/users.state.ts"); // "admin/users"
 */
export function stateModuleId(root: string, file: string): string {
  const plain = toSlashes(file).replace(STATE_MODULE, "");
  const source = `${toSlashes(root)}/src/`;
  if (plain.startsWith(source)) return plain.slice(source.length);
  const owner = owningPackage(dirname(file));
  if (owner === undefined || owner.directory === toSlashes(root)) return toSlashes(relative(root, plain));
  const below = plain.slice(owner.directory.length + 1).replace(/^(?:src|dist)\//, "");
  return `${owner.name}/${below}`;
}

/**
 * Finds the files of an app.
 *
 * @throws VITE_APP_MISSING without `src/app.tsx`, VITE_STATE_ID_DUPLICATE for two state modules with one id.
 */
export function findAppFiles(root: string): AppFiles {
  const source = join(root, "src");
  const app = firstScript(join(source, "app"));
  if (app === undefined) throw viteErrors.VITE_APP_MISSING("src/app.tsx");
  const states = listStateModules(source);
  const ids = new Map<string, string>();
  for (const file of states) {
    const id = stateModuleId(root, file);
    const other = ids.get(id);
    if (other !== undefined) {
      throw viteErrors.VITE_STATE_ID_DUPLICATE(shortPath(root, other), shortPath(root, file), id);
    }
    ids.set(id, file);
  }
  const models = firstScript(join(source, "models")) ?? firstScript(join(source, "models/index"));
  return { app, routes: firstScript(join(source, "routes")), models, states };
}

/** A path as an author reads it: relative to the app's root, or from `node_modules` on. */
export function shortPath(root: string, file: string): string {
  const plain = toSlashes(cleanId(file));
  const packages = plain.lastIndexOf("/node_modules/");
  if (packages !== -1) return plain.slice(packages + 1);
  const below = toSlashes(relative(root, plain));
  if (!below.startsWith("..")) return below;
  const owner = plain.startsWith("/") ? owningPackage(dirname(plain)) : undefined;
  return owner === undefined ? plain : `${owner.name}/${plain.slice(owner.directory.length + 1)}`;
}

/** A module id without its query. */
export function cleanId(id: string): string {
  const end = id.search(/[?#]/);
  return end === -1 ? id : id.slice(0, end);
}

/** A path with forward slashes, as Vite writes them. */
export function toSlashes(file: string): string {
  return sep === "/" ? file : file.replaceAll(sep, "/");
}

function firstScript(base: string): string | undefined {
  const extension = SCRIPT_EXTENSIONS.find((candidate) => existsSync(`${base}${candidate}`));
  return extension === undefined ? undefined : toSlashes(`${base}${extension}`);
}

function listStateModules(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && isStateModule(entry.name))
    .map((entry) => toSlashes(resolve(entry.parentPath, entry.name)))
    .filter((file) => !file.slice(directory.length).includes("/node_modules/"))
    .sort();
}

function owningPackage(from: string): { directory: string; name: string } | undefined {
  for (let directory = from; ; directory = dirname(directory)) {
    const manifest = join(directory, "package.json");
    if (existsSync(manifest)) {
      const { name } = JSON.parse(readFileSync(manifest, "utf8")) as { name?: unknown };
      if (typeof name === "string") return { directory: toSlashes(directory), name };
    }
    if (dirname(directory) === directory) return undefined;
  }
}
