import { readFile, stat } from "node:fs/promises";
import type { PageKeys } from "../protocol/messages.ts";
import { cleanId, isStateModule, toSlashes } from "./app-files.ts";
import { type ScannedModule, type SourceUnit, scanModule } from "./message-calls.ts";

/** Finds the file of an import; undefined if there is none. */
export type ResolveImport = (source: string, importer: string) => Promise<string | undefined>;

interface Module extends ScannedModule {
  readonly file: string;
}

interface Cached {
  readonly mtimeMs: number;
  readonly module: Module;
  /** Files of its imports. */
  readonly resolved: Map<string, string | undefined>;
}

/**
 * Finds the keys of messages that each page of an app uses: those in the declarations that its component leads to, through
 * all modules of the app. Declarations that no page's component leads to, such as the layout, count for every page.
 */
export class PageKeyFinder {
  readonly #resolve: ResolveImport;
  readonly #cache = new Map<string, Cached>();

  constructor(resolve: ResolveImport) {
    this.#resolve = resolve;
  }

  /** Reads the files that changed since the last call. */
  async find(app: string): Promise<PageKeys> {
    const entry = await this.#module(app);
    if (!entry) return { shared: [], pages: {} };
    const loaded = await this.#loaded(entry);
    const always: Start[] = [{ module: entry, unit: entry.body }];
    for (const unit of entry.declared.values()) {
      // A component that only a page uses is found from there.
      if (entry.exports.get("default") && entry.declared.get("default") === unit) always.push({ module: entry, unit });
    }
    const pages = new Map<string, Set<string>>();
    for (const module of loaded) {
      if (module !== entry) always.push({ module, unit: module.body });
      for (const { route, unit } of module.pages) {
        if (route === undefined) always.push({ module, unit });
        else {
          const keys = await this.#keysFrom([{ module, unit }]);
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
      const sources = new Set([
        ...[...module.imports.values()].map(({ source }) => source),
        ...module.stars,
        ...[...module.exports.values()].flatMap(({ source }) => source ?? []),
        ...[module.body, ...module.declared.values(), ...module.pages.map(({ unit }) => unit)].flatMap(
          ({ dynamic }) => [...dynamic],
        ),
      ]);
      for (const source of sources) {
        const imported = await this.#imported(module, source);
        if (imported) found.add(imported);
      }
    }
    return [...found];
  }

  async #keysFrom(starts: readonly Start[]): Promise<Set<string>> {
    const keys = new Set<string>();
    const units = new Map<SourceUnit, Module>(starts.map(({ module, unit }) => [unit, module]));
    for (const [unit, module] of units) {
      for (const { key } of unit.calls) keys.add(key);
      for (const name of unit.names) {
        const local = module.declared.get(name);
        if (local) units.set(local, units.get(local) ?? module);
        const imported = module.imports.get(name);
        if (imported) await this.#add(units, await this.#imported(module, imported.source), imported.name);
      }
      for (const source of unit.dynamic) await this.#add(units, await this.#imported(module, source), "*");
    }
    return keys;
  }

  /** Adds the declaration behind an exported name, or all of them. */
  async #add(
    units: Map<SourceUnit, Module>,
    module: Module | undefined,
    name: string,
    seen = new Set<string>(),
  ): Promise<void> {
    if (!module || seen.has(`${module.file}:${name}`)) return;
    seen.add(`${module.file}:${name}`);
    if (name === "*") {
      for (const exported of module.exports.keys()) await this.#add(units, module, exported, seen);
    }
    const target = module.exports.get(name);
    if (target?.source !== undefined) {
      await this.#add(units, await this.#imported(module, target.source), target.name, seen);
      return;
    }
    const local = target && (module.declared.get(target.name) ?? module.declared.get(name));
    if (local) units.set(local, units.get(local) ?? module);
    const passed = target && !local ? module.imports.get(target.name) : undefined;
    if (passed) await this.#add(units, await this.#imported(module, passed.source), passed.name, seen);
    if (target && name !== "*") return;
    for (const source of module.stars) await this.#add(units, await this.#imported(module, source), name, seen);
  }

  async #imported(module: Module, source: string): Promise<Module | undefined> {
    const resolved = this.#cache.get(module.file)?.resolved;
    if (!resolved) return undefined;
    if (!resolved.has(source)) resolved.set(source, await this.#fileOf(source, module.file));
    const file = resolved.get(source);
    return file === undefined ? undefined : await this.#module(file);
  }

  async #fileOf(source: string, importer: string): Promise<string | undefined> {
    // The framework's own texts are known, and packages translate theirs themselves.
    if (source === "antiphon" || source.startsWith("antiphon/") || source.startsWith("node:")) return undefined;
    const id = await this.#resolve(source, importer);
    if (id === undefined || id.startsWith("\0")) return undefined;
    const file = toSlashes(cleanId(id));
    const isOurs = file.startsWith("/") && /\.[cm]?[jt]sx?$/.test(file) && !file.includes("/node_modules/");
    return isOurs && !isStateModule(file) ? file : undefined;
  }

  async #module(file: string): Promise<Module | undefined> {
    try {
      const { mtimeMs } = await stat(file);
      const known = this.#cache.get(file);
      if (known?.mtimeMs === mtimeMs) return known.module;
      const module = { file, ...scanModule(file, await readFile(file, "utf8")) };
      this.#cache.set(file, { mtimeMs, module, resolved: new Map() });
      return module;
    } catch {
      // It cannot be loaded either, which is reported where that is tried.
      this.#cache.delete(file);
      return undefined;
    }
  }
}

interface Start {
  readonly module: Module;
  readonly unit: SourceUnit;
}
