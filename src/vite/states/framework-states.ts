import type { Plugin } from "vite";
import { stateId } from "../../state/class-info.ts";
import { exportedStates, type StateModuleExports } from "./state-exports.ts";
import { stubCode } from "./stub-code.ts";

/** Parts of the package that pages import states from. In the browser they hold the stubs of their states and nothing else. */
export const STATE_ENTRIES: readonly string[] = ["antiphon/auth", "antiphon/i18n"];

const PREFIX = "\0virtual:antiphon/states:";

/** Returns the part of the package that a browser module replaces; undefined for any other module. */
export function stateEntryOf(id: string): string | undefined {
  return id.startsWith(PREFIX) ? id.slice(PREFIX.length) : undefined;
}

/**
 * Reads what a part of the package exports. It is the part of the running package, whose classes the server uses.
 *
 * The stubs have no first values: those of a fresh instance show no signed-in user.
 */
export async function readStateEntry(entry: string): Promise<StateModuleExports> {
  const module = (await import(entry)) as Record<string, unknown>;
  const named = Object.entries(module).filter(([, value]) => typeof value === "function" && stateId(value));
  const { states } = exportedStates(Object.fromEntries(named));
  const names = states.map(({ exportName }) => exportName);
  return {
    states: states.map((state) => ({ ...state, first: undefined })),
    serverOnly: Object.keys(module).filter((name) => !names.includes(name)),
  };
}

/** Replaces these parts of the package by stubs in the browser. */
export function frameworkStates(): Plugin {
  return {
    name: "antiphon:framework-states",
    enforce: "pre",
    applyToEnvironment: (environment) => environment.config.consumer === "client",
    resolveId(source, _importer, options) {
      if (!STATE_ENTRIES.includes(source)) return undefined;
      // The scan for packages to bundle must not follow what the browser never gets.
      return "scan" in options && options.scan === true ? "\0antiphon:state" : PREFIX + source;
    },
    async load(id) {
      const entry = stateEntryOf(id);
      if (entry === undefined) return undefined;
      const { states } = await readStateEntry(entry);
      return { code: stubCode(states), map: { mappings: "" }, moduleType: "js" };
    },
  };
}
