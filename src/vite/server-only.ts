import { existsSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { relative, resolve } from "node:path";
import type { EnvironmentModuleNode, Plugin } from "vite";
import { cleanId, isStateModule, shortPath, toSlashes } from "./app-files.ts";
import { atPlace, viteErrors } from "./errors.ts";

/** Why something may not be in the browser, and what to do instead. */
export interface ServerOnlyReason {
  readonly reason: string;
  readonly fix: string;
}

const PACKAGES = [
  "better-sqlite3",
  "fastify",
  "ioredis",
  "kysely",
  "mysql2",
  "nodemailer",
  "pg",
  "pino",
  "pino-pretty",
  "redis",
  "socket.io",
  "vite",
];
const SCOPES = ["@fastify", "@mikro-orm"];

const USE_A_STATE =
  "Use it in a state class (a *.state.ts module) and give the page plain values. For a type only, write  import type { … }.";

/** The package that this file belongs to, whether it runs from `src` or from `dist`. */
const OWN_PACKAGE = toSlashes(resolve(import.meta.dirname, "../.."));

/**
 * Why an import may not be in the browser, judged by the text of the import alone.
 *
 * @example
 * serverOnlyImport("fastify")?.reason; // 'the package "fastify" is server code'
 */
export function serverOnlyImport(source: string): ServerOnlyReason | undefined {
  if (source === "antiphon" || source.startsWith("antiphon/")) return antiphonImport(source);
  const [first = "", second = ""] = source.split("/", 2);
  const name = first.startsWith("@") ? `${first}/${second}` : first;
  if (!PACKAGES.includes(name) && !SCOPES.includes(first)) return undefined;
  return { reason: `the package "${name}" is server code`, fix: USE_A_STATE };
}

/**
 * Why a file may not be in the browser, judged by its place.
 *
 * State modules may: they are replaced by stubs.
 */
export function serverOnlyFile(root: string, file: string): ServerOnlyReason | undefined {
  if (isStateModule(file)) return undefined;
  const own = /^(?:src|dist)\/([^/]+)/.exec(toSlashes(relative(OWN_PACKAGE, file)))?.[1];
  if (own !== undefined && !file.startsWith(`${toSlashes(root)}/`)) {
    return /^(?:client|protocol|(?:errors|trim-ends|within)\.[jt]s)$/.test(own) ||
      file.includes("/pages/") ||
      file.includes("/ui/")
      ? undefined
      : { reason: `"${own}" is a server part of antiphon`, fix: USE_A_STATE };
  }
  if (/\.server\.[cm]?[jt]sx?$/.test(file)) {
    return { reason: "a file whose name ends in .server.ts is for the server", fix: USE_A_STATE };
  }
  const below = toSlashes(relative(root, file));
  if (/^antiphon\.config\.[cm]?[jt]s$/.test(below)) {
    return {
      reason: "the settings hold secrets",
      fix: "Put what the browser may know into a module of its own, and import that on both sides.",
    };
  }
  if (/^src\/routes(?:\.[cm]?[jt]sx?$|\/)/.test(below)) return { reason: "it holds HTTP views", fix: USE_A_STATE };
  if (/^src\/(?:models|admin)(?:\.[cm]?[jt]sx?$|\/)/.test(below)) {
    return { reason: "models are server code", fix: USE_A_STATE };
  }
  if (/^(?:commands|migrations)\//.test(below)) return { reason: "it is run by the server only", fix: USE_A_STATE };
  return undefined;
}

/** An import that is refused: who wrote it, what it says, what it leads to. */
interface RefusedImport {
  readonly importer: string;
  readonly source: string;
  readonly file: string | undefined;
  readonly reason: ServerOnlyReason;
}

const REFUSED = "\0antiphon:refused:";

/**
 * Keeps server code out of the browser bundle.
 *
 * A refused import resolves to a module that throws when it is loaded. Thrown already while the importer's imports are
 * resolved, the error would make Vite transform a module with Fast Refresh again and again, because it imports itself.
 *
 * @throws VITE_SERVER_ONLY with the chain of imports that leads there.
 */
export function serverOnly(root: string): Plugin {
  const firstImporter = new Map<string, string>();
  const refused: RefusedImport[] = [];
  return {
    name: "antiphon:server-only",
    enforce: "pre",
    applyToEnvironment: (environment) => environment.config.consumer === "client",
    async resolveId(source, importer, options) {
      if (importer === undefined || source.startsWith("\0")) return;
      const found = await this.resolve(source, importer, { ...options, skipSelf: true });
      // The scan for packages to bundle must not follow what the browser never gets.
      const scanning = "scan" in options && options.scan === true;
      if (scanning && found && isStateModule(cleanId(found.id))) return "\0antiphon:state";
      const reason = judge(root, source, importer, found?.id);
      if (!reason) {
        if (found && !firstImporter.has(found.id)) firstImporter.set(found.id, importer);
        return found;
      }
      const known = refused.findIndex((other) => other.importer === importer && other.source === source);
      if (known !== -1) return `${REFUSED}${known}`;
      refused.push({ importer, source, file: found ? cleanId(found.id) : undefined, reason });
      return `${REFUSED}${refused.length - 1}`;
    },
    load: {
      filter: { id: /^\0antiphon:refused:/ },
      handler(id) {
        const entry = refused[Number(id.slice(REFUSED.length))];
        if (!entry) return;
        const graph = this.environment.mode === "dev" ? this.environment.moduleGraph : undefined;
        const chain = graph
          ? chainInGraph(graph.getModuleById(entry.importer))
          : chainOf(entry.importer, (step) => firstImporter.get(step));
        throw refusal(root, entry, chain);
      },
    },
  };
}

function refusal(root: string, { importer, source, file, reason }: RefusedImport, chain: readonly string[]): Error {
  const line = lineOfImport(cleanId(importer), source);
  const steps = chain
    .filter((id) => !id.startsWith("\0"))
    .map((id) => `${shortPath(root, id)}${id === importer && line !== undefined ? `:${line}` : ""}`);
  const isPath = /^[./]/.test(source);
  const target = isPath ? shortPath(root, file ?? source) : source;
  const what = isPath ? target : `"${source}"`;
  const error = viteErrors.VITE_SERVER_ONLY(what, reason.reason, [...steps, target], reason.fix);
  return atPlace(error, { file: cleanId(importer), ...(line === undefined ? {} : { line }) });
}

function judge(
  root: string,
  source: string,
  importer: string,
  found: string | undefined,
): ServerOnlyReason | undefined {
  if (isBuiltin(source)) {
    // A package of the same name, or an alias, may stand in for it.
    const replaced = found !== undefined && !found.includes("__vite-browser-external") && found !== source;
    // Packages name a builtin bare when they have a browser version of what needs it.
    const tolerated = importer.includes("/node_modules/") && !source.startsWith("node:");
    if (replaced || tolerated) return undefined;
    return { reason: "it is a part of Node", fix: USE_A_STATE };
  }
  const byName = /^[./\0]/.test(source) ? undefined : serverOnlyImport(source);
  if (byName) return byName;
  return found?.startsWith("/") || /^[A-Za-z]:/.test(found ?? "")
    ? serverOnlyFile(root, cleanId(found ?? ""))
    : undefined;
}

function antiphonImport(source: string): ServerOnlyReason | undefined {
  if (source === "antiphon/react" || source === "antiphon/package.json" || /\/pages$/.test(source)) return undefined;
  if (source === "antiphon/state") {
    return {
      reason: "states live on the server",
      fix: `Declare the state class in a *.state.ts module and import it from there. In pages, hooks and on() come from "antiphon/react". For a type only, write  import type { … }.`,
    };
  }
  return {
    reason: "it is the server side of antiphon",
    fix: `In pages, import from "antiphon/react". For a type only, write  import type { … }.`,
  };
}

/** The line of a file, counted from 1, on which an import names its source. */
function lineOfImport(file: string, source: string): number | undefined {
  if (!existsSync(file)) return undefined;
  const lines = readFileSync(file, "utf8").split("\n");
  const found = lines.findIndex((line) => line.includes(`"${source}"`) || line.includes(`'${source}'`));
  return found === -1 ? undefined : found + 1;
}

function chainOf(from: string, importerOf: (id: string) => string | undefined): string[] {
  const chain: string[] = [];
  for (let id: string | undefined = from; id !== undefined && !chain.includes(id); id = importerOf(id))
    chain.unshift(id);
  return chain;
}

/** The shortest way from the entry, because in development a module may have got importers since it was first seen. */
function chainInGraph(module: EnvironmentModuleNode | undefined): string[] {
  if (!module) return [];
  const next = new Map<EnvironmentModuleNode, EnvironmentModuleNode | undefined>([[module, undefined]]);
  for (const current of next.keys()) {
    if (current.importers.size === 0) {
      const chain: string[] = [];
      for (let step: EnvironmentModuleNode | undefined = current; step; step = next.get(step)) {
        chain.push(step.id ?? step.url);
      }
      return chain;
    }
    for (const importer of current.importers) if (!next.has(importer)) next.set(importer, current);
  }
  return [module.id ?? module.url];
}
