import type { StandardSchemaV1 } from "@standard-schema/spec";
import { nearestName } from "../nearest-name.ts";
import type { FormInfo } from "../protocol/form-fields.ts";
import { isGuardFactory } from "../protocol/page.ts";
import { describe } from "../protocol/values.ts";
import { stateErrors } from "./errors.ts";
import {
  type AskedTier,
  type BridgeTier,
  type EventDefinition,
  type Guard,
  isBridgeTier,
  isEventDefinition,
  isSchema,
  isUserGuard,
} from "./event.ts";
import { State } from "./state.ts";
import { isHidden } from "./tracking/tracked-node.ts";

/** A class that extends State. */
export interface StateClass<I extends State = State> {
  new (): I;
  readonly name: string;
  readonly events: object;
  readonly fields: object;
  readonly fieldsBelongTo: readonly string[];
  readonly guard?: Guard | undefined;
  readonly bridge?: BridgeTier | undefined;
  readonly form?: FormInfo | undefined;
}

/** What is known of a state class once it has been read. */
export interface ClassInfo {
  readonly id: string;
  /** The class's own name. */
  readonly name: string;
  /** Vars that the browser sees. */
  readonly vars: readonly string[];
  /** Getters that the browser sees as vars. */
  readonly computed: readonly string[];
  /** All cached getters, those with a leading underscore too. */
  readonly getters: ReadonlyMap<string, () => unknown>;
  readonly events: ReadonlyMap<string, EventDefinition>;
  /** Vars that the browser may write, with the schema that parses what it sends. */
  readonly fields: ReadonlyMap<string, StandardSchemaV1>;
  /** What the browser sees that says what the fields are for. */
  readonly belongsTo: readonly string[];
  /** Decides about the state as a whole. */
  readonly guard: Guard | undefined;
  readonly bridge: AskedTier | undefined;
}

const ids = new WeakMap<object, string>();
const infos = new WeakMap<object, ClassInfo>();
/** Prototypes whose getters are no vars: those of State itself, and of the framework's own bases of states. */
const bases = new Set<object>([State.prototype]);

/** True for a class that extends State. */
export function isStateClass(value: unknown): value is StateClass {
  return typeof value === "function" && value.prototype instanceof State;
}

/** Gives the state classes that a module exports their ids; the Vite plugin adds the call to each state module. */
export function tagStates(moduleId: string, exports: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(exports)) {
    if (isStateClass(value) && !ids.has(value)) ids.set(value, `${moduleId}.${name}`);
  }
}

/**
 * Makes a class a base of states, as State itself is: its getters are read anew each time and never sent, and its names
 * are reserved in the classes that extend it.
 */
export function markBase(stateClass: abstract new () => State): void {
  bases.add(stateClass.prototype);
}

/** The id of a state class; undefined when no state module exports it. */
export function stateId(stateClass: object): string | undefined {
  return ids.get(stateClass);
}

/**
 * Reads a state class once: its vars, getters, events and fields.
 *
 * @throws a STATE_… error for a class that is not well formed.
 */
export function classInfo(stateClass: StateClass): ClassInfo {
  const known = infos.get(stateClass);
  if (known) return known;
  const id = stateId(stateClass);
  if (id === undefined) throw stateErrors.STATE_NOT_EXPORTED(stateClass.name);
  const vars = Object.keys(new stateClass());
  const getters = readGetters(stateClass);
  const options = readOptions(stateClass);
  const shown = [...vars, ...getters.keys()].filter((name) => !isHidden(name));
  const info: ClassInfo = {
    id,
    name: stateClass.name,
    vars: vars.filter((name) => !isHidden(name)),
    computed: [...getters.keys()].filter((name) => !isHidden(name)),
    getters,
    events: withTiers(stateClass.name, readEvents(stateClass), options),
    fields: readFields(stateClass, vars),
    belongsTo: readBelongsTo(stateClass, shown),
    ...options,
  };
  checkNames(stateClass, vars, info);
  infos.set(stateClass, info);
  return info;
}

/** The prototypes of a class from itself up to, and without, State. */
function* prototypes(stateClass: StateClass): Generator<object> {
  for (let at: object = stateClass.prototype as object; at !== State.prototype; ) {
    yield at;
    at = Object.getPrototypeOf(at) as object;
  }
}

function readGetters(stateClass: StateClass): Map<string, () => unknown> {
  const getters = new Map<string, () => unknown>();
  const seen = new Set<string>();
  for (const prototype of prototypes(stateClass)) {
    if (bases.has(prototype)) continue;
    for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (seen.has(name)) continue;
      seen.add(name);
      if (descriptor.get) getters.set(name, descriptor.get);
    }
  }
  return getters;
}

function findMethod(stateClass: StateClass, name: string): ((...args: unknown[]) => unknown) | undefined {
  for (const prototype of prototypes(stateClass)) {
    const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
    if (descriptor)
      return typeof descriptor.value === "function" && name !== "constructor" ? descriptor.value : undefined;
  }
  return undefined;
}

/** The entries of a class's table, without those that it has taken away. @throws STATE_INHERITED_MISSING */
function entriesOf(stateClass: StateClass, table: "events" | "fields"): [string, unknown][] {
  assertInherits(stateClass, table);
  return Object.entries(stateClass[table]).filter(([, entry]) => entry !== undefined);
}

/** A class that declares a table of its own replaces that of its base: what is not in there could not be called any more. */
function assertInherits(stateClass: StateClass, table: "events" | "fields"): void {
  let child: StateClass | undefined;
  for (const prototype of prototypes(stateClass)) {
    const at = prototype.constructor as StateClass;
    if (!Object.hasOwn(at, table)) continue;
    const { [table]: has } = child ?? at;
    const missing = Object.entries(at[table]).filter(
      ([name, entry]) => entry !== undefined && !Object.hasOwn(has, name),
    );
    if (child && missing.length > 0) {
      const names = missing.map(([name]) => name);
      throw stateErrors.STATE_INHERITED_MISSING(child.name, table, at.name, names);
    }
    child = at;
  }
}

function readEvents(stateClass: StateClass): Map<string, EventDefinition> {
  const events = new Map<string, EventDefinition>();
  for (const [name, definition] of entriesOf(stateClass, "events")) {
    if (!isEventDefinition(definition)) {
      throw stateErrors.STATE_EVENT_INVALID(stateClass.name, name, describe(definition));
    }
    if (isHidden(name)) throw stateErrors.STATE_EVENT_HIDDEN(stateClass.name, name);
    checkReserved(stateClass, name);
    if (isOwnOfBase(stateClass, name)) throw stateErrors.STATE_NAME_RESERVED(stateClass.name, name);
    const method = findMethod(stateClass, name);
    if (!method) throw stateErrors.STATE_EVENT_NOT_A_METHOD(stateClass.name, name, hint(stateClass, name));
    if (method.length > definition.args.length) {
      throw stateErrors.STATE_EVENT_ARGS_MISSING(stateClass.name, name, method.length, definition.args.length);
    }
    events.set(name, definition);
  }
  return events;
}

function hint(stateClass: StateClass, name: string): string {
  if (Object.hasOwn(new stateClass(), name)) {
    return `It is a field now: write ${name}() { … } instead of ${name} = () => { … }.`;
  }
  const near = [...prototypes(stateClass)]
    .flatMap((prototype) => Object.getOwnPropertyNames(prototype))
    .find((other) => other.toLowerCase() === name.toLowerCase());
  return near ? `Did you mean "${near}"?` : "Add the method, or remove the entry.";
}

function readFields(stateClass: StateClass, vars: readonly string[]): Map<string, StandardSchemaV1> {
  const fields = new Map<string, StandardSchemaV1>();
  for (const [name, schema] of entriesOf(stateClass, "fields")) {
    const refuse = (reason: string, near = name) =>
      stateErrors.STATE_FIELD_INVALID(stateClass.name, name, reason, near);
    if (isHidden(name)) throw refuse("begins with an underscore");
    if (!vars.includes(name)) {
      const near = nearestName(name, vars);
      const reason = `is no var of the class${near === undefined ? "" : ` (did you mean "${near}"?)`}`;
      throw refuse(reason, near);
    }
    if (!isSchema(schema)) throw refuse("is no Standard Schema");
    fields.set(name, schema);
  }
  return fields;
}

function readBelongsTo(stateClass: StateClass, shown: readonly string[]): readonly string[] {
  const names: unknown = stateClass.fieldsBelongTo;
  if (Array.isArray(names) && names.every((name) => shown.includes(name))) return names;
  const wrong: unknown = Array.isArray(names) ? names.find((name) => !shown.includes(name)) : undefined;
  const near = typeof wrong === "string" ? nearestName(wrong, shown) : undefined;
  const got =
    wrong === undefined
      ? ""
      : `. Got ${JSON.stringify(wrong)}${near === undefined ? "" : ` (did you mean "${near}"?)`}`;
  const expected = `a list of names of vars or getters that the page sees, for example ["editingId"]${got}`;
  throw stateErrors.STATE_OPTION_INVALID(stateClass.name, "fieldsBelongTo", expected);
}

function readOptions(stateClass: StateClass): Pick<ClassInfo, "guard" | "bridge"> {
  const { guard, bridge } = stateClass;
  if (guard !== undefined && typeof guard !== "function") {
    throw stateErrors.STATE_OPTION_INVALID(stateClass.name, "guard", "a function, such as loginRequired()");
  }
  if (isGuardFactory(guard)) {
    const expected = `a guard, not the function that makes it; call it: ${guard?.name}()`;
    throw stateErrors.STATE_OPTION_INVALID(stateClass.name, "guard", expected);
  }
  if (bridge !== undefined && !isBridgeTier(bridge)) {
    throw stateErrors.STATE_OPTION_INVALID(stateClass.name, "bridge", '"full", "session" or "none"');
  }
  return { guard, bridge: bridge ?? (isUserGuard(guard) ? "user" : undefined) };
}

/**
 * What each event asks for in the end. Without a request nobody is signed in: what is for signed-in users alone would be
 * for nobody.
 */
function withTiers(
  name: string,
  events: ReadonlyMap<string, EventDefinition>,
  { guard, bridge }: Pick<ClassInfo, "guard" | "bridge">,
): ReadonlyMap<string, EventDefinition> {
  if (bridge === "none" && isUserGuard(guard)) throw stateErrors.STATE_GUARD_UNREACHABLE(name);
  const resolved = new Map<string, EventDefinition>();
  for (const [event, definition] of events) {
    const isForUsers = isUserGuard(guard) || isUserGuard(definition.guard);
    const tier = definition.bridge ?? bridge ?? (isForUsers ? "user" : undefined);
    if (tier === "none" && isForUsers) throw stateErrors.STATE_GUARD_UNREACHABLE(`${name}.${event}`);
    resolved.set(event, tier === undefined ? definition : { ...definition, bridge: tier });
  }
  return resolved;
}

/** Names that State itself, a promise or JSON gives a meaning. */
const RESERVED: ReadonlySet<string> = new Set([
  ...Object.getOwnPropertyNames(State.prototype),
  ...Object.getOwnPropertyNames(Object.prototype),
  "then",
  "toJSON",
]);

/** Hooks that State declares in order to be overridden. */
const HOOKS: ReadonlySet<string> = new Set(["onConnect", "onLeave", "onDisconnect", "onExpire", "onIdentityChange"]);

function checkReserved(stateClass: StateClass, name: string): void {
  if (RESERVED.has(name) || HOOKS.has(name) || baseGetter(stateClass, name)) {
    throw stateErrors.STATE_NAME_RESERVED(stateClass.name, name);
  }
}

/** Whether a base of the class has a getter of this name, which a var or an event would hide. */
function baseGetter(stateClass: StateClass, name: string): boolean {
  for (const prototype of prototypes(stateClass)) {
    if (bases.has(prototype) && Object.getOwnPropertyDescriptor(prototype, name)?.get) return true;
  }
  return false;
}

/** Whether the method of this name is one that a base has for the classes that extend it, and not for the browser. */
function isOwnOfBase(stateClass: StateClass, name: string): boolean {
  for (const prototype of prototypes(stateClass)) {
    if (!Object.hasOwn(prototype, name)) continue;
    return bases.has(prototype) && !Object.hasOwn((prototype.constructor as StateClass).events, name);
  }
  return false;
}

function checkNames(stateClass: StateClass, vars: readonly string[], info: ClassInfo): void {
  for (const name of vars) {
    checkReserved(stateClass, name);
    if (info.getters.has(name)) throw stateErrors.STATE_NAME_CLASH(stateClass.name, name, "a var", "a getter");
    if (findMethod(stateClass, name)) throw stateErrors.STATE_NAME_CLASH(stateClass.name, name, "a var", "a method");
  }
  for (const prototype of prototypes(stateClass)) {
    for (const name of Object.getOwnPropertyNames(prototype)) {
      if (name !== "constructor" && RESERVED.has(name) && !HOOKS.has(name)) {
        throw stateErrors.STATE_NAME_RESERVED(stateClass.name, name);
      }
    }
  }
}
