import { isUntrusted } from "../../untrusted.ts";
import { modelErrors } from "../errors.ts";
import type { FieldInfo } from "../schema/field-info.ts";
import type { ModelClass } from "../schema/model.ts";
import { describe, hasColumn, modelFields, quoted, targetModel } from "../schema/query-set-fields.ts";
import { standsForSomeRow } from "../schema/row-reference.ts";
import { checkOperandText, checkValue, isScalar, isTextual, scalarOf } from "./query-set-values.ts";

/** How a column is compared, as it stands in a parsed condition. */
export type Operator =
  | "eq"
  | "ne"
  | "gt"
  | "gte"
  | "lt"
  | "lte"
  | "in"
  | "notIn"
  | "isNull"
  | "notNull"
  | "between"
  | TextOperator;
/** Comparisons that look into text. */
export type TextOperator =
  | "contains"
  | "icontains"
  | "startsWith"
  | "istartsWith"
  | "endsWith"
  | "iendsWith"
  | "iexact";

/** A condition after its names, operators and values were checked; values are kept apart, in reading order. */
export type Condition =
  | { readonly kind: "all" | "any"; readonly parts: readonly Condition[] }
  | { readonly kind: "not"; readonly part: Condition }
  | { readonly kind: "test"; readonly field: FieldInfo; readonly operator: Operator; readonly count: number }
  | { readonly kind: "related"; readonly field: FieldInfo; readonly part: Condition };

/** A parsed condition with what its SQL is cached by, and the values that are bound to it. */
export interface ParsedCondition {
  readonly condition: Condition;
  readonly key: string;
  readonly values: readonly unknown[];
}

const MOST_VALUES = 10_000;
const DEEPEST = 12;

const operatorNames: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ...(["eq", "ne", "gt", "gte", "lt", "lte", "in"] as const).flatMap(
    (name) =>
      [
        [name, name],
        [`$${name}`, name],
      ] as const,
  ),
  ["$nin", "notIn"],
  ["notIn", "notIn"],
  ["isNull", "isNull"],
  ["between", "between"],
  ...(["contains", "icontains", "startsWith", "istartsWith", "endsWith", "iendsWith", "iexact"] as const).map(
    (name) => [name, name] as const,
  ),
]);
const textOperators: ReadonlySet<Operator> = new Set<TextOperator>([
  "contains",
  "icontains",
  "startsWith",
  "istartsWith",
  "endsWith",
  "iendsWith",
  "iexact",
]);

/** What a parse carries along: the values found so far, and the names that may be used. */
interface Reading {
  readonly values: unknown[];
  readonly allowed: ReadonlySet<string> | undefined;
}

/**
 * Reads the conditions of `filter()`: every name, operator and value is checked against the model before any SQL is made.
 *
 * @throws QUERY_FIELD_UNKNOWN, QUERY_OPERATOR_UNKNOWN, QUERY_VALUE_INVALID, QUERY_CONDITION_INVALID, QUERY_UNTRUSTED
 */
export function parseConditions(model: ModelClass, raw: unknown, allowed?: ReadonlySet<string>): ParsedCondition {
  const reading: Reading = { values: [], allowed };
  const condition = readObject(model, raw, "", reading, 0);
  return { condition, key: conditionKey(condition), values: reading.values };
}

/** Reads one comparison whose parts may come from outside: path, operator and value are each taken as that alone. */
export function parseWhere(
  model: ModelClass,
  path: unknown,
  operator: unknown,
  value: unknown,
  allowed?: ReadonlySet<string>,
): ParsedCondition {
  const reading: Reading = { values: [], allowed };
  const hops = findPath(model, path, "filter by", allowed);
  const field = hops.at(-1) as FieldInfo;
  const name = hops.map((hop) => hop.name).join(".");
  const test = readOperator(field, operator, value, name, reading, true);
  const condition = hops
    .slice(0, -1)
    .reduceRight<Condition>((part, hop) => ({ kind: "related", field: hop, part }), test);
  return { condition, key: conditionKey(condition), values: reading.values };
}

/**
 * Follows a dotted path such as `user.username`, given as text that may come from outside.
 *
 * Hidden fields count as unknown, and so does everything that is not in `allowed`, when that is given.
 *
 * @throws QUERY_FIELD_UNKNOWN
 */
export function findPath(model: ModelClass, path: unknown, use: string, allowed?: ReadonlySet<string>): FieldInfo[] {
  const unknown = () => modelErrors.QUERY_FIELD_UNKNOWN(model.name, quoted(path), use);
  if (typeof path !== "string" || path.length > 200 || (allowed !== undefined && !allowed.has(path))) throw unknown();
  const hops: FieldInfo[] = [];
  let current: ModelClass | undefined = model;
  for (const name of path.split(".")) {
    const field: FieldInfo | undefined = current === undefined ? undefined : modelFields(current).byName.get(name);
    if (field === undefined || field.hidden) throw unknown();
    hops.push(field);
    current = field.relation === undefined ? undefined : targetModel(field);
  }
  return hops;
}

/** Text under which the SQL of a condition is cached: the same for every set of values. */
export function conditionKey(condition: Condition): string {
  switch (condition.kind) {
    case "all":
    case "any":
      return `${condition.kind === "all" ? "&" : "|"}(${condition.parts.map(conditionKey).join(",")})`;
    case "not":
      return `!(${conditionKey(condition.part)})`;
    case "related":
      return `${condition.field.name}>(${conditionKey(condition.part)})`;
    case "test":
      return `${condition.field.name} ${condition.operator}${condition.count === 1 ? "" : condition.count}`;
  }
}

function readObject(model: ModelClass, raw: unknown, prefix: string, reading: Reading, depth: number): Condition {
  const entries = conditionEntries(model, raw, prefix, depth);
  const parts: Condition[] = [];
  for (const [name, value] of entries) {
    if (name === "$and" || name === "$or") {
      if (!Array.isArray(value) || isUntrusted(value)) {
        throw modelErrors.QUERY_CONDITION_INVALID(model.name, `${name} expects a list of conditions`);
      }
      const inner = value.map((item) => readObject(model, item, prefix, reading, depth + 1));
      parts.push({ kind: name === "$and" ? "all" : "any", parts: inner });
    } else if (name === "$not") {
      parts.push({ kind: "not", part: readObject(model, value, prefix, reading, depth + 1) });
    } else {
      const field = modelFields(model).byName.get(name);
      if (field === undefined) throw modelErrors.QUERY_FIELD_UNKNOWN(model.name, quoted(name), "filter by");
      parts.push(readField(model, field, value, `${prefix}${name}`, reading, depth));
    }
  }
  return parts.length === 1 ? (parts[0] as Condition) : { kind: "all", parts };
}

function conditionEntries(model: ModelClass, raw: unknown, prefix: string, depth: number): [string, unknown][] {
  if (!isPlainObject(raw)) {
    throw modelErrors.QUERY_CONDITION_INVALID(
      model.name,
      `expected an object of fields and values, got ${describe(raw)}`,
    );
  }
  if (isUntrusted(raw)) throw modelErrors.QUERY_UNTRUSTED(prefix === "" ? model.name : prefix.slice(0, -1));
  if (depth > DEEPEST) throw modelErrors.QUERY_CONDITION_INVALID(model.name, `it is nested deeper than ${DEEPEST}`);
  // An undefined value is what a missing variable looks like: taken as "no condition" it would match every row.
  const entries = Object.entries(raw);
  for (const [name, value] of entries) {
    if (value === undefined) throw modelErrors.QUERY_VALUE_INVALID(`${prefix}${name}`, "a value", "undefined");
  }
  return entries;
}

function readField(
  model: ModelClass,
  field: FieldInfo,
  value: unknown,
  path: string,
  reading: Reading,
  depth: number,
): Condition {
  const plain = isPlainObject(value) && !standsForSomeRow(value);
  if (plain && isUntrusted(value)) throw modelErrors.QUERY_UNTRUSTED(path);
  if (Array.isArray(value)) {
    throw modelErrors.QUERY_VALUE_INVALID(path, "a single value; for several write { in: [ … ] }", "a list");
  }
  const nested = plain && field.relation !== undefined && !isOperatorObject(field, value);
  if (!nested) {
    if (reading.allowed !== undefined && !reading.allowed.has(path)) {
      throw modelErrors.QUERY_FIELD_UNKNOWN(model.name, quoted(path), "filter by");
    }
    return plain ? readOperators(field, value, path, reading) : readOperator(field, "eq", value, path, reading, false);
  }
  const target = targetModel(field);
  const { primary } = modelFields(target);
  const names = Object.keys(value);
  if (hasColumn(field) && names.length === 1 && names[0] === primary.name) {
    // The column itself holds the key: no need to look into the other table.
    return readField(model, field, value[primary.name], `${path}.${primary.name}`, reading, depth + 1);
  }
  return { kind: "related", field, part: readObject(target, value, `${path}.`, reading, depth + 1) };
}

function readOperators(field: FieldInfo, value: object, path: string, reading: Reading): Condition {
  const entries = Object.entries(value);
  if (entries.length === 0) throw modelErrors.QUERY_VALUE_INVALID(path, "a value or a comparison", "an empty object");
  const parts = entries.map(([name, operand]) => readOperator(field, name, operand, path, reading, false));
  return parts.length === 1 ? (parts[0] as Condition) : { kind: "all", parts };
}

function readOperator(
  field: FieldInfo,
  name: unknown,
  raw: unknown,
  path: string,
  reading: Reading,
  fromOutside: boolean,
): Condition {
  const operator = typeof name === "string" ? operatorNames.get(name) : undefined;
  const isEmptyTest = raw === null && (operator === "eq" || operator === "ne");
  if (operator === undefined || (!isEmptyTest && !fits(operator, field))) {
    throw modelErrors.QUERY_OPERATOR_UNKNOWN(path, quoted(name), operatorsOf(field).join(", "));
  }
  if (!hasColumn(field)) return readToMany(field, operator, raw, path, reading, fromOutside);
  if (operator === "isNull") {
    if (typeof raw !== "boolean") throw modelErrors.QUERY_VALUE_INVALID(path, "true or false", describe(raw));
    return { kind: "test", field, operator: raw ? "isNull" : "notNull", count: 0 };
  }
  if (operator === "in" || operator === "notIn") return readList(field, operator, raw, path, reading, fromOutside);
  if (operator === "between") {
    const list = listOf(raw, path);
    if (list.length !== 2)
      throw modelErrors.QUERY_VALUE_INVALID(path, "two values, the lowest and the highest", `${list.length}`);
    for (const item of list) reading.values.push(one(field, item, path, fromOutside));
    return { kind: "test", field, operator, count: 2 };
  }
  if (textOperators.has(operator)) {
    reading.values.push(checkOperandText(raw, path));
    return { kind: "test", field, operator, count: 1 };
  }
  if (isEmptyTest) {
    return { kind: "test", field, operator: operator === "eq" ? "isNull" : "notNull", count: 0 };
  }
  reading.values.push(one(field, raw, path, fromOutside));
  return { kind: "test", field, operator, count: 1 };
}

/** Comparisons with a relation to many rows: "one of them is", "one of them is among", "there is none". */
function readToMany(
  field: FieldInfo,
  operator: Operator,
  raw: unknown,
  path: string,
  reading: Reading,
  fromOutside: boolean,
): Condition {
  const { primary } = modelFields(targetModel(field));
  const some = (part: Condition): Condition => ({ kind: "related", field, part });
  if (operator === "isNull" || (operator === "eq" && raw === null)) {
    if (raw !== null && typeof raw !== "boolean")
      throw modelErrors.QUERY_VALUE_INVALID(path, "true or false", describe(raw));
    const any = some({ kind: "all", parts: [] });
    return raw === false ? any : { kind: "not", part: any };
  }
  const negated = operator === "ne" || operator === "notIn";
  const key = typeof raw === "object" && raw !== null && !Array.isArray(raw) ? checkValue(raw, field, path) : raw;
  const plain = operator === "ne" ? "eq" : operator === "notIn" ? "in" : operator;
  const part = some(readOperator(primary, plain, key, path, reading, fromOutside));
  return negated ? { kind: "not", part } : part;
}

function readList(
  field: FieldInfo,
  operator: "in" | "notIn",
  raw: unknown,
  path: string,
  reading: Reading,
  fromOutside: boolean,
): Condition {
  const list = listOf(raw, path);
  const checked = list.filter((item) => item !== null).map((item) => one(field, item, path, fromOutside));
  const withNull = checked.length < list.length;
  // Lists are filled up to the next power of two, so that a few texts of SQL serve every length.
  const count = checked.length === 0 ? 0 : 2 ** Math.ceil(Math.log2(checked.length));
  for (let index = 0; index < count; index++) reading.values.push(checked[Math.min(index, checked.length - 1)]);
  const test: Condition = { kind: "test", field, operator, count };
  if (!withNull) return test;
  const isNull: Condition = { kind: "test", field, operator: operator === "in" ? "isNull" : "notNull", count: 0 };
  return { kind: operator === "in" ? "any" : "all", parts: [test, isNull] };
}

function listOf(raw: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(raw)) throw modelErrors.QUERY_VALUE_INVALID(path, "a list of values", describe(raw));
  if (raw.length > MOST_VALUES) {
    throw modelErrors.QUERY_VALUE_INVALID(path, `at most ${MOST_VALUES} values`, `${raw.length}`);
  }
  return raw;
}

function one(field: FieldInfo, raw: unknown, path: string, fromOutside: boolean): unknown {
  if (fromOutside && isScalar(raw)) return scalarOf(raw, field, path);
  return checkValue(raw, field, path);
}

/** True when an object at a relation's place compares the relation itself, not the row at its other end. */
function isOperatorObject(field: FieldInfo, value: object): boolean {
  const names = Object.keys(value);
  const target = modelFields(targetModel(field));
  return names.length > 0 && names.every((name) => operatorNames.has(name) && !target.byName.has(name));
}

function fits(operator: Operator, field: FieldInfo): boolean {
  if (operator === "isNull") return true;
  if (field.kind === "json") return false;
  if (textOperators.has(operator)) return hasColumn(field) && isTextual(field);
  const onlySame = field.kind === "boolean" || field.kind === "binary" || !hasColumn(field);
  return !onlySame || operator === "eq" || operator === "ne" || operator === "in" || operator === "notIn";
}

function operatorsOf(field: FieldInfo): string[] {
  const names = [...operatorNames].filter(([name, operator]) => !name.startsWith("$") && fits(operator, field));
  return names.map(([name]) => name);
}

/** True for an object as a literal makes it; instances of classes and objects without a prototype are none. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
