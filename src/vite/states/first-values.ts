import type { Json } from "../../protocol/frames.ts";
import { decodeValue, encodeValue, isPlainObject } from "../../protocol/values.ts";
import { classInfo, type StateClass } from "../../state/class-info.ts";
import { StateRegistry } from "../../state/registry.ts";
import { StateTree } from "../../state/state-tree.ts";
import { emptied } from "../../state/tracking/emptied.ts";

/** Most characters of a state's first values in a stub. */
const MAX_LENGTH = 4_000;

/**
 * Returns what a fresh instance of a state shows: a part that is added to a page shows it until the state has arrived. Of a
 * state with a guard, and of one with much in it, only values of the same kinds with nothing in them.
 *
 * Undefined where a getter fails outside of a tab: then the part has to wait.
 */
export function firstValues(stateClass: StateClass): { readonly [name: string]: Json } | undefined {
  const { id, guard } = classInfo(stateClass);
  try {
    const change = new StateTree(new StateRegistry([{ stateClass }])).watch(id);
    const full = (change as { full: { readonly [name: string]: Json } }).full;
    if (!guard && JSON.stringify(full).length <= MAX_LENGTH) return full;
    return Object.fromEntries(
      Object.entries(full).map(([name, json]) => [name, encodeValue(hollow(decodeValue(json)))]),
    );
  } catch {
    return undefined;
  }
}

/** Empties a value, but keeps the keys of objects, which a page may read at any depth. */
function hollow(value: unknown): unknown {
  if (!isPlainObject(value)) return emptied(value);
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, hollow(each)]));
}
