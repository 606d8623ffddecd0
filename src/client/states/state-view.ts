import { isDevelopment } from "../development.ts";
import { reportDiagnosticOnce } from "../diagnostics.ts";
import type { StateSnapshot } from "../engine/engine-types.ts";
import { clientErrors } from "../errors.ts";
import type { EventFunction } from "../pages/page-states.ts";
import { nearNames } from "./near-names.ts";
import { type StubInfo, stateName } from "./state-stub.ts";

/** What React, promises and consoles ask of any object; never a mistake of the author. */
const ASKED_OF_ANY_OBJECT: ReadonlySet<string> = new Set([
  "then",
  "toJSON",
  "constructor",
  "prototype",
  "hasOwnProperty",
  "isPrototypeOf",
  "propertyIsEnumerable",
  "toString",
  "toLocaleString",
  "valueOf",
  "__proto__",
  "nodeType",
  "tagName",
  "displayName",
  "asymmetricMatch",
]);

/** What a view is made from. */
export interface ViewSource {
  readonly info: StubInfo;
  readonly snapshot: StateSnapshot;
  /** Gets the name of each var that is read. */
  readonly reads: Set<string>;
  readonly event: (name: string) => EventFunction;
}

/**
 * Makes the object that a component reads: vars of one snapshot, events as functions. It notes which vars are read.
 *
 * @throws CLIENT_VAR_UNKNOWN (in development) when an unknown name is read, CLIENT_VAR_READ_ONLY when a var is assigned.
 */
export function stateView(source: ViewSource): object {
  const { info, snapshot, reads } = source;
  const vars = new Set([...info.vars, ...info.computed]);
  const events = new Set(info.events);
  const read = (name: string): unknown => {
    reads.add(name);
    return snapshot[name];
  };
  return new Proxy(Object.create(null) as object, {
    get(_target, name) {
      if (typeof name === "symbol") return undefined;
      if (vars.has(name)) return read(name);
      if (events.has(name)) return source.event(name);
      return unknownName(info, name);
    },
    set(_target, name) {
      throw clientErrors.CLIENT_VAR_READ_ONLY(stateName(info), String(name));
    },
    deleteProperty(_target, name) {
      throw clientErrors.CLIENT_VAR_READ_ONLY(stateName(info), String(name));
    },
    has: (_target, name) => typeof name === "string" && (vars.has(name) || events.has(name)),
    ownKeys: () => [...vars, ...events],
    getOwnPropertyDescriptor(_target, name) {
      if (typeof name !== "string") return undefined;
      const value = vars.has(name) ? read(name) : events.has(name) ? source.event(name) : undefined;
      if (value === undefined && !vars.has(name)) return undefined;
      return { value, enumerable: true, configurable: true, writable: false };
    },
  });
}

function unknownName(info: StubInfo, name: string): undefined {
  // Names with $, @ or _ are asked for by React and by developer tools on whatever they hold.
  if (ASKED_OF_ANY_OBJECT.has(name) || /^[$@]/.test(name)) return undefined;
  const known = [...info.vars, ...info.computed, ...info.events];
  const error = clientErrors.CLIENT_VAR_UNKNOWN(stateName(info), name, nearNames(name, known));
  if (isDevelopment() && !name.startsWith("_")) throw error;
  reportDiagnosticOnce(error, "app");
  return undefined;
}
