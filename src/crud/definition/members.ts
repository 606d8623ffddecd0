import type { StandardSchemaV1 } from "@standard-schema/spec";
import { loginRequired } from "../../auth/guards/guards.ts";
import { modelDefinition } from "../../models/schema/model.ts";
import type { FormInfo } from "../../protocol/form-fields.ts";
import { type EventDefinition, event } from "../../state/event.ts";
import { crudErrors } from "../errors.ts";
import type { CrudAction } from "../types/context.ts";
import type { CrudSpec, Feature } from "./crud-spec.ts";
import { FORM_EVENTS, LIST_EVENTS, TEXT } from "./event-tables.ts";
import { formField, varSchema } from "./field-var.ts";
import { firstVars } from "./first-vars.ts";
import { capitalized } from "./names.ts";

type EventTable = { readonly [name: string]: EventDefinition | undefined };
type CanonicalEvent = keyof typeof LIST_EVENTS | keyof typeof FORM_EVENTS;

/** An event under a second name; it calls the method of the first. */
export interface EventAlias {
  readonly name: string;
  readonly calls: CanonicalEvent;
}

/** The feature and the action of each event. The action decides about login. */
const RULES: Readonly<Record<CanonicalEvent, readonly [feature: Feature, action: CrudAction | undefined]>> = {
  refresh: ["list", "loadList"],
  exists: ["list", "loadList"],
  setSearch: ["search", "loadList"],
  clearSearch: ["search", "loadList"],
  setOrdering: ["ordering", "loadList"],
  filter: ["filter", "loadList"],
  clearFilter: ["filter", "loadList"],
  nextPage: ["paging", "loadList"],
  prevPage: ["paging", "loadList"],
  goToPage: ["paging", "loadList"],
  setPageSize: ["paging", "loadList"],
  paginate: ["paging", "loadList"],
  startEdit: ["update", "startEdit"],
  load: ["update", "startEdit"],
  create: ["form", undefined],
  cancelEdit: ["form", "cancelEdit"],
  save: ["form", "save"],
  saveForm: ["form", "save"],
  resolveConflict: ["update", "save"],
  searchOptions: ["form", "startEdit"],
  remove: ["delete", "delete"],
};

const TABLE: Readonly<Record<CanonicalEvent, EventDefinition>> = { ...LIST_EVENTS, ...FORM_EVENTS };

/** The events that a page may call. Those of parts that the state does not have are taken away. */
export function eventsOf(spec: CrudSpec): EventTable {
  const events: Record<string, EventDefinition | undefined> = {};
  const canonical = Object.keys(TABLE) as CanonicalEvent[];
  for (const name of canonical) events[name] = isOffered(spec, name) ? guarded(spec, name) : undefined;
  for (const { name, calls } of aliasesOf(spec)) events[name] = guarded(spec, calls);
  if (spec.features.has("form")) {
    for (const { name, field } of spec.fieldVars.values())
      events[setterName(name)] = event({ args: [varSchema(field)] });
  }
  return events;
}

function isOffered({ features, options }: CrudSpec, name: CanonicalEvent): boolean {
  if (!features.has(RULES[name][0])) return false;
  if (name === "saveForm") return options.useFormSubmit === true;
  if (name === "searchOptions") return options.relations !== undefined;
  return !(options.paging === "keyset" && (name === "goToPage" || name === "paginate"));
}

function guarded({ loginRequired: actions }: CrudSpec, name: CanonicalEvent): EventDefinition {
  const [, action] = RULES[name];
  const { args, concurrency } = TABLE[name];
  const guard = action !== undefined && actions.has(action) ? { guard: loginRequired() } : {};
  return event({ args, concurrency, ...guard });
}

/** The events that have a second name, which is made of the model or of the list. */
export function aliasesOf(spec: CrudSpec): EventAlias[] {
  const { model, names, options, style } = spec;
  const { name } = modelDefinition(model);
  const given = options.events ?? {};
  const aliases: (EventAlias | undefined)[] = [
    { name: given.onLoad ?? `onLoad${capitalized(names.list)}`, calls: "refresh" },
    { name: given.save ?? `save${name}`, calls: "save" },
    { name: given.delete ?? `delete${name}`, calls: "remove" },
    { name: `save${name}Form`, calls: "saveForm" },
    given.cancel === undefined ? undefined : { name: given.cancel, calls: "cancelEdit" },
    ...(style === "view"
      ? ([
          { name: `set${capitalized(names.search)}`, calls: "setSearch" },
          { name: `clear${capitalized(names.search)}`, calls: "clearSearch" },
          { name: `set${capitalized(names.ordering)}`, calls: "setOrdering" },
        ] as const)
      : []),
  ];
  return aliases.filter(
    (alias): alias is EventAlias => alias !== undefined && isOffered(spec, alias.calls) && alias.name !== alias.calls,
  );
}

/** The vars that a page may write, with what converts its values. */
export function schemasOf({ features, names, fieldVars }: CrudSpec): Record<string, StandardSchemaV1> {
  const schemas: Record<string, StandardSchemaV1> = {};
  if (features.has("search")) schemas[names.search] = TEXT;
  if (features.has("form")) for (const { name, field } of fieldVars.values()) schemas[name] = varSchema(field);
  return schemas;
}

/** Describes the form for pages. */
export function formInfoOf(spec: CrudSpec): FormInfo {
  const { features, fieldVars, options } = spec;
  const fields = features.has("form") ? [...fieldVars.values()] : [];
  const described = fields.map((one) => [one.name, formField(one, options.relations?.[one.field.name] !== undefined)]);
  const own = new Set(firstVars(spec).map(([name]) => name));
  const vars = Object.entries(spec.names).filter(([, name]) => own.has(name));
  return { vars: Object.fromEntries(vars), fields: Object.fromEntries(described) };
}

/** Name of the event that sets a var. */
export function setterName(name: string): string {
  return `set${capitalized(name)}`;
}

/**
 * Refuses two members of one name. `prototype` has the methods that every data state has.
 *
 * @throws CRUD_NAME_CLASH
 */
export function checkNames(spec: CrudSpec, prototype: object): void {
  const { name: model } = modelDefinition(spec.model);
  const fieldNames = new Map(Array.from(spec.fieldVars.values(), ({ name, field }) => [name, field.name]));
  const taken = new Map<string, string>();
  const take = (name: string, what: string, field: string) => {
    if (taken.has(name) || name in prototype) throw crudErrors.CRUD_NAME_CLASH(model, name, what, field);
    taken.set(name, what);
  };
  for (const [name] of firstVars(spec)) {
    const field = fieldNames.get(name);
    take(name, field === undefined ? "a var" : `the var of the field ${field}`, field ?? canonicalName(spec, name));
  }
  for (const alias of aliasesOf(spec)) take(alias.name, `the event ${alias.name}`, alias.name);
  if (!spec.features.has("form")) return;
  for (const [name, field] of fieldNames) take(setterName(name), `the event that sets ${name}`, field);
}

function canonicalName({ names }: CrudSpec, name: string): string {
  return Object.entries(names).find(([, own]) => own === name)?.[0] ?? name;
}
