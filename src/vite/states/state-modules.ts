import { type Plugin, parseSync } from "vite";
import type { FormField } from "../../protocol/form-fields.ts";
import { cleanId, isStateModule, shortPath, stateModuleId } from "../app-files.ts";
import { atPlace, viteErrors } from "../errors.ts";
import { readStateEntry, STATE_ENTRIES } from "./framework-states.ts";
import { exportedStates, type StateModuleExports } from "./state-exports.ts";
import { type StubState, stubCode } from "./stub-code.ts";

/**
 * Reads what an evaluated state module exports.
 *
 * @throws VITE_STATE_DEFAULT_EXPORT, VITE_STATE_MODULE_EMPTY, and whatever is wrong with a class itself.
 */
export function readStateModule(root: string, file: string, module: Record<string, unknown>): StateModuleExports {
  const short = shortPath(root, file);
  if ("default" in module) throw atPlace(viteErrors.VITE_STATE_DEFAULT_EXPORT(short), { file });
  const found = exportedStates(module);
  if (found.states.length === 0) throw atPlace(viteErrors.VITE_STATE_MODULE_EMPTY(short), { file });
  return found;
}

/** Evaluates a server module and gives its exports. */
export type ServerModuleLoader = (file: string) => Promise<Record<string, unknown>>;

/** The stubs that a browser got, so that a change on the server can be compared with what the page holds. */
export class StubTable {
  readonly #root: string;
  readonly #load: ServerModuleLoader;
  readonly #sent = new Map<string, string>();

  constructor(root: string, load: ServerModuleLoader) {
    this.#root = root;
    this.#load = load;
  }

  /** What a state module exports now. */
  async read(file: string): Promise<StateModuleExports> {
    return readStateModule(this.#root, file, await this.#load(file));
  }

  /** The texts of the forms of a module's states, by the names of its exports; none of a module that cannot be loaded. */
  async formTexts(file: string): Promise<ReadonlyMap<string, readonly string[]>> {
    const { states } = await this.read(file).catch(() => ({ states: [] }));
    return new Map(
      states.map(({ exportName, form }) => [exportName, Object.values(form?.fields ?? {}).flatMap(textsOf)]),
    );
  }

  /** The stub's text for the browser. */
  async text(file: string): Promise<string> {
    const { states } = await this.read(file);
    this.#sent.set(file, namesOf(states));
    return stubCode(states);
  }

  /** The state modules whose stub is no longer what the browser got; one that fails to load counts as unchanged. */
  async changed(): Promise<string[]> {
    const changed: string[] = [];
    for (const [file, sent] of this.#sent) {
      const now = await this.read(file).then(
        ({ states }) => namesOf(states),
        () => sent,
      );
      if (now === sent) continue;
      this.#sent.set(file, now);
      changed.push(file);
    }
    return changed;
  }
}

function textsOf({ label, helpText, choices = [] }: FormField): string[] {
  return [label, helpText ?? [], choices.map((choice) => choice.label)].flat();
}

/** What a page has to be loaded again for: not for other first values, which may differ at each evaluation. */
function namesOf(states: readonly StubState[]): string {
  return stubCode(states.map((state) => ({ ...state, first: undefined })));
}

/** Gives every state class its id on the server: appends one call to each state module. */
export function stateTags(root: string): Plugin {
  return {
    name: "antiphon:state-tags",
    // After the TypeScript is gone, so that every export that is left has a value.
    enforce: "post",
    applyToEnvironment: (environment) => environment.config.consumer === "server",
    transform: {
      filter: { id: /\.state\.[cm]?[jt]sx?(?:$|\?)/ },
      handler(code, id) {
        const file = cleanId(id);
        if (!isStateModule(file)) return;
        const names = exportedBindings(code, file);
        const call = `__antiphonTag(${JSON.stringify(stateModuleId(root, file))}, { ${names.join(", ")} });`;
        // Nothing before the appended lines moves, so the source map stays right.
        return { code: `${code}\nimport { tagStates as __antiphonTag } from "antiphon/state";\n${call}\n`, map: null };
      },
    },
  };
}

/** Replaces every state module by its stub in the browser; the module's source is never even read. */
export function stateStubs(root: string, stubs: StubTable): Plugin {
  return {
    name: "antiphon:state-stubs",
    enforce: "pre",
    applyToEnvironment: (environment) => environment.config.consumer === "client",
    load: {
      filter: { id: /\.state\.[cm]?[jt]sx?(?:$|\?)/ },
      async handler(id) {
        const file = cleanId(id);
        if (!isStateModule(file)) return;
        const query = new URLSearchParams(id.slice(file.length).replace(/^\?/, ""));
        for (const name of query.keys()) {
          if (name !== "t" && name !== "v") {
            throw atPlace(viteErrors.VITE_SOURCE_REQUESTED(shortPath(root, file)), { file });
          }
        }
        return { code: await stubs.text(file), map: { mappings: "" }, moduleType: "js" };
      },
    },
    // The reload loop compares the stubs once the server's modules are evaluated again.
    hotUpdate: ({ file }) => (isStateModule(file) ? [] : undefined),
  };
}

/** Checks what browser modules import from state modules, so that a missing name is explained and not just missing. */
export function stateImports(root: string, stubs: StubTable): Plugin {
  return {
    name: "antiphon:state-imports",
    enforce: "post",
    applyToEnvironment: (environment) => environment.config.consumer === "client",
    transform: {
      filter: { code: /\.state\b|antiphon\/\w/ },
      async handler(code, id) {
        for (const { source, name } of namedImports(code, id)) {
          if (STATE_ENTRIES.includes(source)) {
            const names = (await readStateEntry(source)).states.map((state) => state.exportName);
            if (names.includes(name)) continue;
            const error = viteErrors.VITE_ENTRY_EXPORT_NOT_A_STATE(source, name, shortPath(root, id), names);
            throw atPlace(error, { file: cleanId(id) });
          }
          const resolved = await this.resolve(source, id);
          const file = resolved && cleanId(resolved.id);
          if (!file || !isStateModule(file)) continue;
          const { states, serverOnly } = await stubs.read(file);
          if (states.some((state) => state.exportName === name)) continue;
          const [short, importer] = [shortPath(root, file), shortPath(root, id)];
          const names = states.map((state) => state.exportName);
          const error = serverOnly.includes(name)
            ? viteErrors.VITE_STATE_EXPORT_NOT_A_STATE(short, name, importer)
            : viteErrors.VITE_STATE_EXPORT_UNKNOWN(short, name, importer, names);
          throw atPlace(error, { file: cleanId(id) });
        }
      },
    },
  };
}

function exportedBindings(code: string, file: string): string[] {
  const { module } = parseSync(file, code, { lang: "js", sourceType: "module" });
  const names = new Set<string>();
  for (const { entries } of module.staticExports) {
    for (const { localName, moduleRequest, isType } of entries) {
      if (localName.kind === "Name" && localName.name && !moduleRequest && !isType) names.add(localName.name);
    }
  }
  return [...names];
}

function namedImports(code: string, file: string): { source: string; name: string }[] {
  if (!code.includes("import") && !code.includes("export")) return [];
  const { module, errors } = parseSync(cleanId(file), code, { lang: "jsx", sourceType: "module" });
  if (errors.length > 0) return [];
  const found: { source: string; name: string }[] = [];
  for (const { moduleRequest, entries } of module.staticImports) {
    for (const { importName, isType } of entries) {
      if (isType) continue;
      if (importName.kind === "Default") found.push({ source: moduleRequest.value, name: "default" });
      if (importName.kind === "Name" && importName.name) {
        found.push({ source: moduleRequest.value, name: importName.name });
      }
    }
  }
  for (const { entries } of module.staticExports) {
    for (const { importName, moduleRequest, isType } of entries) {
      if (moduleRequest && !isType && importName.kind === "Name" && importName.name) {
        found.push({ source: moduleRequest.value, name: importName.name });
      }
    }
  }
  return found;
}
