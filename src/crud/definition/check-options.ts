import { reasonOf } from "../../errors.ts";
import { findPath } from "../../models/query/conditions.ts";
import { parseOrder } from "../../models/query/ordering.ts";
import { parseRelated } from "../../models/query/related.ts";
import { parseSearch } from "../../models/query/search.ts";
import type { FieldInfo } from "../../models/schema/field-info.ts";
import { type ModelClass, modelDefinition } from "../../models/schema/model.ts";
import { modelFields } from "../../models/schema/query-set-fields.ts";
import { nearestName } from "../../nearest-name.ts";
import { crudErrors } from "../errors.ts";
import type { CrudAction } from "../types/context.ts";
import type { AnyCrudOptions } from "../types/options.ts";
import { FIXED_VARS } from "./names.ts";

const ALL_ACTIONS: readonly CrudAction[] = ["loadList", "save", "delete", "startEdit", "cancelEdit"];

type Invalid = (option: string, problem: string) => Error;

/** Checks paths through relations, which types do not tell. */
function checkPaths(model: ModelClass, options: AnyCrudOptions, invalid: Invalid): void {
  const checks: readonly [keyof AnyCrudOptions, (path: string) => unknown][] = [
    ["ordering", (path) => parseOrder(model, [path])],
    ["orderingFields", (path) => parseOrder(model, [path])],
    ["searchFields", (path) => parseSearch(model, "", [path])],
    ["filterFields", (path) => findPath(model, path, "filter by")],
    ["related", (path) => parseRelated(model, [path], {})],
  ];
  for (const [option, check] of checks) {
    for (const path of (options[option] as readonly string[] | undefined) ?? []) {
      checkPath(model, path, check, (problem) => invalid(option, problem));
    }
  }
}

/** Checks the relations whose rows a page may search. */
function checkRelations(model: ModelClass, options: AnyCrudOptions, invalid: Invalid): void {
  const { byName } = modelFields(model);
  for (const [name, { label, searchFields = [] }] of Object.entries(options.relations ?? {})) {
    const relation = byName.get(name)?.relation;
    if (relation === undefined) {
      const relations = [...byName.values()].filter((field) => field.relation !== undefined).map((field) => field.name);
      throw invalid(
        "relations",
        `"${name}" is not a relation of ${modelDefinition(model).name}. ${expected(name, relations)}`,
      );
    }
    const target = relation.target();
    const refuse = (key: string) => (problem: string) => invalid(`relations.${name}.${key}`, problem);
    if (label !== undefined) checkLabel(target, label, refuse("label"));
    for (const path of searchFields) {
      checkPath(target, path, (one) => parseSearch(target, "", [one]), refuse("searchFields"));
    }
  }
}

/** A label is read and sorted by: it has a column of its own. */
function checkLabel(target: ModelClass, label: string, refuse: (problem: string) => Error): void {
  checkPath(target, label, (path) => parseOrder(target, [path]), refuse);
  const { relation } = modelFields(target).byName.get(label) ?? {};
  if (label.includes(".") || relation !== undefined) {
    throw refuse(`"${label}" is not a column of ${modelDefinition(target).name}`);
  }
}

function checkPath(
  model: ModelClass,
  path: string,
  check: (path: string) => unknown,
  refuse: (problem: string) => Error,
): void {
  const unknown = unknownName(model, path.replace(/^-/, ""));
  if (unknown !== undefined) throw refuse(unknown);
  try {
    check(path);
  } catch (error) {
    throw refuse(reasonOf(error));
  }
}

/** Tells which name of a path does not exist, and which do. */
function unknownName(model: ModelClass, path: string): string | undefined {
  let current: ModelClass | undefined = model;
  for (const name of path.split(".")) {
    if (current === undefined) return undefined;
    const fields: readonly FieldInfo[] = [...modelFields(current).byName.values()].filter(({ hidden }) => !hidden);
    const field: FieldInfo | undefined = fields.find((one) => one.name === name);
    if (field === undefined) {
      const names = fields.map((one) => one.name);
      return `${modelDefinition(current).name} has no field "${name}". ${expected(name, names)}`;
    }
    current = field.relation?.target();
  }
  return undefined;
}

/** The end of a message about an unknown name. */
function expected(given: string, names: readonly string[]): string {
  const near = nearestName(given, names);
  return `${near === undefined ? "" : `Did you mean "${near}"? `}Expected one of: ${names.join(", ")}`;
}

/** Checks the names and numbers of options. @throws CRUD_OPTION_INVALID */
export function checkOptions(model: ModelClass, options: object, known: readonly string[]): void {
  const { name: label } = modelDefinition(model);
  const invalid = (option: string, problem: string) => crudErrors.CRUD_OPTION_INVALID(label, option, problem);
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    throw invalid(name, `there is no such option. ${expected(name, known)}`);
  }
  const given = options as AnyCrudOptions;
  const { byName } = modelFields(model);
  for (const option of ["readOnlyFields", "requiredFields", "excludeFromRow"] as const) {
    for (const name of given[option] ?? []) {
      if (!byName.has(name))
        throw invalid(option, `${label} has no field "${name}". ${expected(name, [...byName.keys()])}`);
    }
  }
  for (const option of ["paginateBy", "maxPageSize"] as const) {
    const value = given[option];
    if (value !== undefined && (!Number.isSafeInteger(value) || value < 1))
      throw invalid(option, `expected a whole number of at least 1, got ${value}`);
  }
  const wrong = given.loginRequiredActions?.find((action) => !ALL_ACTIONS.includes(action));
  if (wrong !== undefined)
    throw invalid("loginRequiredActions", `there is no action "${wrong}". Expected some of: ${ALL_ACTIONS.join(", ")}`);
  checkPaths(model, given, invalid);
  checkRelations(model, given, invalid);
  for (const name of Object.keys(given.vars ?? {})) {
    if (!byName.has(name) && name !== "list" && !(FIXED_VARS as readonly string[]).includes(name)) {
      throw invalid("vars", `there is no field and no var "${name}"`);
    }
  }
}
