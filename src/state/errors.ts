import { defineErrors } from "../errors.ts";

/** Codes of state classes, their vars and their handlers. */
export const stateErrors = defineErrors({
  STATE_NOT_EXPORTED: {
    message: (name: string) =>
      `The state class ${name} has no id. Expected a class that a *.state.ts module exports by name. Got a class from elsewhere. Add "export" before "class ${name}" in a file such as src/${name.toLowerCase()}.state.ts.`,
  },
  STATE_DUPLICATE: {
    message: (id: string) => `Two state classes have the id "${id}". Expected one: rename one of them.`,
  },
  STATE_UNKNOWN: {
    status: 404,
    expose: true,
    message: (id: string) => `No state is called "${id}".`,
  },
  STATE_EVENT_NOT_A_METHOD: {
    message: (state: string, event: string, hint: string) =>
      `${state}.events lists "${event}", but ${state} has no method of that name. Expected a method ${event}(). ${hint}`,
  },
  STATE_EVENT_INVALID: {
    message: (state: string, event: string, got: string) =>
      `${state}.events.${event} is not an event. Expected event() or event({ … }). Got ${got}. Write: static events = { ${event}: event() };`,
  },
  STATE_INHERITED_MISSING: {
    message: (state: string, table: string, base: string, names: readonly string[]) =>
      `${state}.${table} lacks ${names.join(", ")} of ${base || "its base class"}. Expected all ${table} of the base class. Write: static override ${table} = { ...super.${table}, … }; or, to take one away: ${names[0]}: undefined as never.`,
  },
  STATE_EVENT_HIDDEN: {
    message: (state: string, event: string) =>
      `${state}.events lists "${event}", but a name with a leading underscore stays on the server. Rename the method, or remove it from events.`,
  },
  STATE_EVENT_ARGS_MISSING: {
    message: (state: string, event: string, takes: number, has: number) =>
      `${state}.${event} takes ${takes} argument(s), but its event() parses ${has}. Expected a schema for each, because a browser can send anything. Write: ${event}: event({ args: [${Array.from({ length: takes }, () => "z.string()").join(", ")}] })`,
  },
  STATE_NAME_CLASH: {
    message: (state: string, name: string, first: string, second: string) =>
      `${state}.${name} is both ${first} and ${second}. Expected one of them: rename the other.`,
  },
  EVENT_STATE_GONE: {
    status: 409,
    expose: true,
    message: (state: string, event: string) =>
      `${state}.${event} did not run: its state was reset while the call waited.`,
  },
  EVENT_USER_CHANGED: {
    status: 401,
    expose: true,
    message: (state: string, event: string) =>
      `${state}.${event} did not run: the signed-in user has changed since the call.`,
  },
  STATE_REFUSED: {
    status: 403,
    expose: true,
    message: (state: string) => `You may not see ${state}.`,
  },
  STATE_GUARD_UNSETTLED: {
    message: (state: string) =>
      `The guard of ${state} did not answer for the current user: the user or their rights changed each time that it ran. Expected a guard that only reads. If it saves the user, calls login() or otherwise changes the user, move that to an event or to onConnect(). If it does not, find what changes the user all the time.`,
  },
  STATE_OPTION_INVALID: {
    message: (state: string, option: string, expected: string) =>
      `${state}.${option} is not valid. Expected ${expected}.`,
  },
  STATE_GUARD_UNREACHABLE: {
    message: (name: string) =>
      `${name} is guarded for signed-in users, and its bridge is "none", where nobody is signed in: nobody could ever use it. Expected bridge: "session" (or "full"), or no such guard.`,
  },
  STATE_NAME_RESERVED: {
    message: (state: string, name: string) =>
      `${state}.${name} has a name that the framework uses itself. Expected any other name: rename it.`,
  },
  STATE_FIELD_INVALID: {
    message: (state: string, name: string, reason: string, near: string) =>
      `${state}.fields.${name} ${reason}. Expected the name of a var and a schema for it, for example: static fields = { ${near}: z.string() };`,
  },
  STATE_VALUE_NOT_SENDABLE: {
    message: (path: string, got: string) =>
      `${path} cannot travel to the browser. Expected plain data (objects, arrays, strings, numbers, booleans, null, undefined, bigint, Date, Map, Set). Got ${got}. Send plain data instead, or begin the var's name with an underscore to keep it on the server.`,
  },
  STATE_FUNCTION_FIELD: {
    message: (state: string, name: string) =>
      `${state}.${name} is a function in a field, and functions cannot travel. Expected a method. Write: ${name}() { … }`,
  },
  STATE_VALUE_TOO_DEEP: {
    message: (path: string, limit: number) =>
      `${path} is nested more than ${limit} levels deep, or refers to itself. Expected a tree of plain data.`,
  },
  STATE_VAR_UNKNOWN: {
    message: (state: string, name: string) =>
      `${state} has no var "${name}". Expected a name that the class declares. Write: class ${state} extends State { ${name} = …; }`,
  },
  STATE_VAR_FIXED: {
    message: (state: string, name: string) =>
      `${state}.${name} cannot be deleted or redefined. Expected an assignment, for example: this.${name} = undefined;`,
  },
  STATE_DATE_FIXED: {
    message: (method: string) =>
      `A Date in a var cannot be changed in place by ${method}(). Expected a new Date: this.when = new Date(…);`,
  },
  STATE_WRITE_OUTSIDE_EVENT: {
    message: (path: string) =>
      `${path} was written outside of an event. Expected writes in a handler while it runs, because only then they are sent. In a timer or a promise that nobody awaits, use a background event and: await this.update(() => { … });`,
  },
  STATE_WRITE_OUTSIDE_UPDATE: {
    message: (path: string) =>
      `${path} was written by a background or parallel event outside of update(). Expected: await this.update(() => { … });`,
  },
  STATE_WRITE_IN_GETTER: {
    message: (path: string) =>
      `${path} was written by a getter. Expected getters that only read: move the write to an event.`,
  },
  STATE_LIST_HOLE: {
    message: (path: string, length: number) =>
      `${path} lies behind the end of a list of ${length} items. Expected lists without holes: use push().`,
  },
  STATE_NOT_ATTACHED: {
    message: (state: string, member: string) =>
      `${state}.${member} was used where the state belongs to no tab, for example in its constructor. Expected a handler, a hook or a getter.`,
  },
  STATE_GONE: {
    message: (state: string) =>
      `${state}.update() did not run: the state is gone, because its tab was closed, its user has left or its class was loaded again. Expected timers and listeners that stop then: this.signal.addEventListener("abort", () => emitter.off(…));`,
  },
  STATE_UPDATE_CIRCLE: {
    message: (state: string, circle: readonly string[]) =>
      `${state}.update() did not run: handlers of several tabs wait for each other's turn (${circle.join(" waits for ")}). Expected handlers that do not await the update() of another tab. Write: other.update(() => { … }).catch(report); or use a background event.`,
  },
  STATE_UPDATE_STUCK: {
    message: (state: string, holder: string) =>
      `${state}.update() did not run: ${holder} kept the turn of the tab for the whole time in which it may wait (limits.stuckAfter). Expected a handler that does not wait for an update() of its own tab which somebody else calls. Write: ${holder.split(".").at(-1)}: event({ background: true })`,
  },
  STATE_NO_RUN: {
    message: (state: string, member: string) =>
      `${state}.${member} was used outside of an event. Expected a handler while it runs.`,
  },
  STATE_COMPUTED_FAILED: {
    message: (state: string, name: string, reason: string) => `The getter ${state}.${name} threw: ${reason}`,
  },
  STATE_COMPUTED_CYCLE: {
    message: (ring: readonly string[]) =>
      `The getter ${ring[0]} needs its own value: ${ring.join(" reads ")}. Expected getters that end in vars. Let ${ring.at(-2)} read vars in place of ${ring[0]}.`,
  },
  EVENT_UNKNOWN: {
    status: 404,
    expose: true,
    message: (state: string, event: string) => `"${event}" is not an event of ${state}.`,
  },
  EVENT_FIELD_UNKNOWN: {
    status: 404,
    expose: true,
    message: (state: string, field: string) => `"${field}" is not a field that the browser may write in ${state}.`,
  },
  EVENT_ARGS_INVALID: {
    status: 400,
    expose: true,
    message: (state: string, event: string, reason: string) =>
      `${state}.${event} was called with wrong arguments: ${reason}`,
  },
  FIELDS_INVALID: {
    status: 422,
    expose: true,
    message: (messages: string) => messages || "Some values are not valid.",
  },
  NOT_FOUND: {
    status: 404,
    expose: true,
    message: (sentence: string) => sentence,
  },
  EVENT_REFUSED: {
    status: 403,
    expose: true,
    message: (state: string, event: string) => `${state}.${event} is not allowed here.`,
  },
  EVENT_FAILED: {
    message: (state: string, event: string, reason: string) => `${state}.${event} failed: ${reason}`,
  },
  EXISTS_RETURN_INVALID: {
    message: (state: string, event: string, got: string) =>
      `${state}.${event} is the exists option of a page and did not tell whether the page exists. Expected true or false. Got ${got}.`,
  },
  EVENT_RETURN_INVALID: {
    message: (state: string, event: string, got: string) =>
      `${state}.${event} returned what is neither an effect nor an event. Expected nothing, an effect such as toast.info("…"), on(State, "event"), or an array of them. Got ${got}.`,
  },
  EVENT_SUPERSEDED: {
    status: 409,
    expose: true,
    message: (state: string, event: string) => `${state}.${event} was replaced by a later call.`,
  },
  EVENT_DROPPED: {
    status: 409,
    expose: true,
    message: (state: string, event: string) => `${state}.${event} is already running.`,
  },
  EVENT_TOO_MANY: {
    status: 429,
    expose: true,
    message: (label: string, limit: number) =>
      `${label} was not started: ${limit} handlers of this tab run beside its turn already.`,
  },
  EVENT_CHAIN_TOO_LONG: {
    message: (state: string, event: string, limit: number) =>
      `${state}.${event} is link ${limit} of a chain of events. Expected an end: does it return on(…) of itself?`,
  },
  EVENT_OPTIONS_INVALID: {
    message: (reason: string) =>
      `event() was given wrong options: ${reason}. Expected event({ args?: [schema, …], guard?: function, background?: boolean | "page" | "tab", concurrency?: "queue" | "latest" | "drop" | "parallel" }).`,
  },
  EFFECT_INVALID: {
    message: (effect: string, reason: string) => `${effect} was called with a wrong argument: ${reason}.`,
  },
});
