import { CRUD, specOfClass } from "../core/state-vars.ts";
import { type CrudSpec, crudSpec, type Feature } from "../definition/crud-spec.ts";
import { aliasesOf, checkNames, eventsOf, formInfoOf, schemasOf, setterName } from "../definition/members.ts";
import { CrudState } from "../editing/crud-state.ts";

/** A class of data states, without its types. */
export type CrudClass = abstract new () => CrudState;

interface CrudTables {
  readonly events: object;
  readonly fields: object;
  readonly fieldsBelongTo: readonly string[];
}

/** Makes a class that has the vars and events of a definition. @throws CRUD_NAME_CLASH */
export function defineClass(base: CrudClass, spec: CrudSpec): CrudClass {
  checkNames(spec, CrudState.prototype);
  const before = base as unknown as CrudTables;
  abstract class Defined extends base {
    static readonly [CRUD] = spec;
    static events: object = { ...before.events, ...eventsOf(spec) };
    static fields: object = { ...before.fields, ...schemasOf(spec) };
    static fieldsBelongTo = spec.features.has("form") ? [spec.names.editingId] : before.fieldsBelongTo;
    static form = formInfoOf(spec);
  }
  // Errors name the author's class and "its base class"; an inner name would lead to no line of the app.
  Object.defineProperty(Defined, "name", { value: "" });
  const methods = Defined.prototype as unknown as Record<string, (...args: never[]) => unknown>;
  for (const { name, calls } of aliasesOf(spec)) {
    const { length } = methods[calls] as { readonly length: number };
    // As many parameters as the method has: the check of `static events` counts them.
    define(methods, name, length === 0 ? aliasWithout(calls) : aliasWith(calls));
  }
  if (spec.features.has("form")) {
    for (const { name } of spec.fieldVars.values()) define(methods, setterName(name), setter(name));
  }
  return Defined;
}

/** Adds parts to a class of data states. */
export function withFeatures(base: CrudClass, features: readonly Feature[]): CrudClass {
  const { parts } = specOfClass(base);
  return defineClass(base, crudSpec({ ...parts, features: new Set([...parts.features, ...features]) }));
}

type Method = (this: Record<string, (...args: unknown[]) => unknown>, ...args: never[]) => unknown;

function aliasWithout(calls: string): Method {
  return function (this) {
    return this[calls]?.();
  };
}

function aliasWith(calls: string): Method {
  return function (this, value: unknown) {
    return this[calls]?.(value);
  };
}

function setter(name: string): Method {
  return function (this, value: unknown) {
    return this["setField"]?.(name, value);
  };
}

function define(methods: object, name: string, value: Method): void {
  Object.defineProperty(methods, name, { value, writable: true, configurable: true });
}
