import { readFile, stat } from "node:fs/promises";
import { hasCode } from "../errors.ts";
import type { PageKeys } from "../protocol/messages.ts";
import { cleanId, isStateModule, toSlashes } from "./app-files.ts";
import { type MessageCall, type ScannedModule, type SourceUnit, scanModule } from "./message-calls.ts";

/** Finds the file of an import; undefined if there is none. */
export type ResolveImport = (source: string, importer: string) => Promise<string | undefined>;

/** The texts of the forms of a state module's exports: labels, help and choices, which pages translate. */
export type ReadFormTexts = (file: string) => Promise<ReadonlyMap<string, readonly string[]>>;

interface Module extends ScannedModule {
  readonly file: string;
}

interface Cached {
  readonly mtimeMs: number;
  readonly module: Module;
  /** Files of its imports; null for one that is no module of the app. */
  readonly resolved: Map<string, string | null>;
}

/** Parts of modules, each with the module that it belongs to. */
type Units = Map<SourceUnit, Module>;

/**
 * Finds the keys of messages that each page of an app uses: those in the declarations that its component leads to, through
 * all modules of the app. Declarations that no page's component leads to, such as the layout, count for every page.
 */
export class PageKeyFinder {
  readonly #resolve: ResolveImport;
  readonly #formTexts: ReadFormTexts;
  readonly #cache = new Map<string, Cached>();

  constructor(resolve: ResolveImport, formTexts: ReadFormTexts) {
    this.#resolve = resolve;
    this.#formTexts = formTexts;
  }

  /** Forgets where imports lead: a file was added or removed. */
  forgetImports(): void {
    for (const { resolved } of this.#cache.values()) resolved.clear();
  }

  /** Reads the files that changed since the last call. */
  async find(app: string): Promise<PageKeys> {
    const entry = await this.#module(app);
    if (!entry) return { shared: [], pages: {} };
    const always: Units = new Map();
    await this.#add(always, entry, "default");
    const pages = new Map<string, Set<string>>();
    for (const module of await this.#loaded(entry)) {
      always.set(module.body, module);
      for (const { route, unit } of module.pages) {
        if (route === undefined) always.set(unit, module);
        else {
          const keys = await this.#keysFrom(new Map([[unit, module]]));
          pages.set(route, new Set([...(pages.get(route) ?? []), ...keys]));
        }
      }
    }
    const shared = await this.#keysFrom(always);
    const own = (keys: ReadonlySet<string>) => [...keys].filter((key) => !shared.has(key)).sort();
    return {
      shared: [...shared].sort(),
      pages: Object.fromEntries([...pages].sort().map(([route, keys]) => [route, own(keys)])),
    };
  }

  /** All modules that the app loads, in a stable order. */
  async #loaded(entry: Module): Promise<Module[]> {
    const found = new Set<Module>([entry]);
    for (const module of found) {
      const units = [module.body, ...module.declared.values(), ...module.pages.map(({ unit }) => unit)];
      for (const source of new Set([...module.sources, ...units.flatMap(({ dynamic }) => [...dynamic])])) {
        const imported = await this.#imported(module, source);
        if (imported) found.add(imported);
      }
    }
    return [...found];
  }

  /** The keys of these units, and of all that they lead to. */
  async #keysFrom(units: Units): Promise<Set<string>> {
    const keys = new Set<string>();
    for (const [unit, module] of units) {
      for (const { key } of unit.calls) keys.add(key);
      for (const name of unit.names) {
        const local = module.declared.get(name);
        if (local) units.set(local, module);
        const imported = module.imports.get(name);
        if (imported) await this.#add(units, await this.#imported(module, imported.source), imported.name);
      }
      for (const source of unit.dynamic) await this.#add(units, await this.#imported(module, source), "*");
    }
    return keys;
  }

  /** Adds the declaration behind an exported name, or all of them. */
  async #add(units: Units, module: Module | undefined, name: string, seen = new Set<string>()): Promise<void> {
    if (!module || seen.has(`${module.file}:${name}`)) return;
    seen.add(`${module.file}:${name}`);
    if (name === "*") {
      for (const exported of module.exports.keys()) await this.#add(units, module, exported, seen);
    }
    const target = module.exports.get(name);
    if (!target) {
      for (const source of module.stars) await this.#add(units, await this.#imported(module, source), name, seen);
      return;
    }
    const local = target.source === undefined ? module.declared.get(target.name) : undefined;
    if (local) units.set(local, module);
    const passed = target.source === undefined ? module.imports.get(target.name) : { ...target, source: target.source };
    if (passed) await this.#add(units, await this.#imported(module, passed.source), passed.name, seen);
  }

  async #imported(module: Module, source: string): Promise<Module | undefined> {
    // The framework's own texts are known, and packages translate theirs themselves.
    if (source === "antiphon" || source.startsWith("antiphon/") || source.startsWith("node:")) return undefined;
    const resolved = this.#cache.get(module.file)?.resolved;
    const known = resolved?.get(source);
    if (known === null) return undefined;
    const found = known === undefined ? undefined : await this.#module(known);
    if (found) return found;
    // There was no file, or it is gone: another one may be there now.
    const id = await this.#resolve(source, module.file);
    if (id === undefined) return undefined;
    const file = fileOfApp(id);
    resolved?.set(source, file);
    return file === null ? undefined : await this.#module(file);
  }

  async #module(file: string): Promise<Module | undefined> {
    if (isStateModule(file)) return stateModule(file, await this.#formTexts(file));
    const known = this.#cache.get(file);
    try {
      const { mtimeMs } = await stat(file);
      if (known?.mtimeMs === mtimeMs) return known.module;
      const module = { file, ...scanModule(file, await readFile(file, "utf8")) };
      this.#cache.set(file, { mtimeMs, module, resolved: new Map() });
      return module;
    } catch (error) {
      // It cannot be loaded either, which is reported where that is tried. Until then open pages show it as it was.
      return hasCode(error, "VITE_SOURCE_INVALID") ? known?.module : undefined;
    }
  }
}

/** The file of a module whose keys count: one of the app that pages load. Null for any other. */
function fileOfApp(id: string): string | null {
  const file = toSlashes(cleanId(id));
  const isOurs = file.startsWith("/") && /\.[cm]?[jt]sx?$/.test(file) && !file.includes("/node_modules/");
  return isOurs ? file : null;
}

/** A state module as pages see it: of its code they get nothing, of its forms the texts. */
function stateModule(file: string, texts: ReadonlyMap<string, readonly string[]>): Module {
  const declared = Array.from(texts, ([name, keys]): [string, SourceUnit] => [
    name,
    { calls: keys.map(keyOnly), names: new Set(), dynamic: new Set() },
  ]);
  return {
    file,
    declared: new Map(declared),
    imports: new Map(),
    exports: new Map(declared.map(([name]) => [name, { name }])),
    stars: [],
    sources: new Set(),
    body: { calls: [], names: new Set(), dynamic: new Set() },
    pages: [],
    errors: [],
  };
}

function keyOnly(key: string): MessageCall {
  return { key, line: 0, counts: false, ordinal: false, contexts: [], anyContext: false };
}
