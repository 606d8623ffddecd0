import type { FormInfo } from "../../protocol/form-fields.ts";
import type { EventReference } from "../../protocol/page.ts";
import { stateNameOf } from "../../protocol/state-name.ts";
import type { EventArgs, EventName, StateClassShape } from "../../state/client-view.ts";
import { clientErrors } from "../errors.ts";
import { nearNames } from "./near-names.ts";

/** Description of a state class for the browser: names, and the values that every visitor sees first. */
export interface StubInfo {
  /** Id on the wire, for example `hello.HelloState`. */
  readonly id: string;
  readonly vars: readonly string[];
  readonly computed: readonly string[];
  readonly events: readonly string[];
  readonly fields: readonly string[];
  /** Vars that say what the fields are for. */
  readonly belongsTo?: readonly string[];
  /** How many arguments an event takes; an event that is not listed may take any number. */
  readonly args?: { readonly [event: string]: number };
  /** The state's form. */
  readonly form?: FormInfo;
  /** Values of a fresh instance, as sent; absent if the browser has to wait for them. */
  readonly first?: { readonly [name: string]: unknown };
}

/** What stands in the browser in place of a state class. */
export interface StateStub {
  readonly kind: "state-stub";
  readonly info: StubInfo;
}

/**
 * Makes what the browser imports instead of a state class. Generated code calls it; apps never do.
 *
 * @example
 * export const HelloState = stateStub({ id: "hello.HelloState", vars: ["count"], computed: [], events: ["add"], fields: [] });
 */
export function stateStub(info: StubInfo): StateStub {
  return Object.freeze({ kind: "state-stub", info: Object.freeze(info) });
}

/** The info of a stub; undefined for anything else, a server class among it. */
export function stubInfo(state: unknown): StubInfo | undefined {
  const stub = state as Partial<StateStub> | null | undefined;
  return typeof stub === "object" && stub !== null && stub.kind === "state-stub" ? stub.info : undefined;
}

/** The class's name as the author wrote it. */
export function stateName(info: StubInfo): string {
  return stateNameOf(info.id);
}

/** How an error names what it got in place of a state class. */
export function describeValue(value: unknown): string {
  if (typeof value === "function") return `the function ${value.name || "without a name"}`;
  if (value === null || value === undefined) return String(value);
  return typeof value === "object"
    ? `an object with the keys ${Object.keys(value).slice(0, 5).join(", ") || "(none)"}`
    : `a ${typeof value}`;
}

/**
 * Binds arguments to an event, for a page's `onLoad`.
 *
 * It calls nothing: the server runs the event when the page is opened. To call an event from a component, use
 * `useServerState(State).event()`.
 *
 * @throws CLIENT_NOT_A_STATE, CLIENT_EVENT_UNKNOWN (in the browser; the server checks when it starts).
 * @example
 * app.addPage(Notes, { route: "/notes", onLoad: on(NotesState, "refresh") });
 */
export function on<C extends StateClassShape, E extends EventName<C>>(
  state: C,
  event: E,
  ...args: EventArgs<C, E>
): EventReference {
  const info = stubInfo(state);
  if (info === undefined && typeof state !== "function") {
    throw clientErrors.CLIENT_NOT_A_STATE("on()", describeValue(state));
  }
  if (info !== undefined && !info.events.includes(event)) {
    throw clientErrors.CLIENT_EVENT_UNKNOWN(stateName(info), event, nearNames(event, info.events));
  }
  return { kind: "event-reference", state, event, args };
}
