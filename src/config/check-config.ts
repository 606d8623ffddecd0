import { nearestName } from "../nearest-name.ts";
import type { KeyRule, ValueRule } from "../setting.ts";
import { isPlainObject } from "../setting-rules.ts";
import { CONFIG_KEYS } from "./config-keys.ts";
import type { AntiphonConfig } from "./define-config.ts";
import { configErrors } from "./errors.ts";

/** One thing that is wrong with the settings. */
export interface ConfigProblem {
  /** Path of the key, for example `limits.tabs`. */
  readonly key: string;
  readonly expected: string;
  readonly got: string;
}

/**
 * Finds everything that is wrong with the settings at once: unknown keys with the nearest known one, values of the
 * wrong kind or out of range. A key that is `undefined` counts as absent.
 */
export function configProblems(config: object): ConfigProblem[] {
  return problemsOf(config as Record<string, unknown>, CONFIG_KEYS, "");
}

/**
 * Refuses settings that have problems.
 *
 * @param file the file's name, for the message
 * @throws CONFIG_INVALID with all problems in its sentence and in `details`
 */
export function checkConfig(config: object, file: string): asserts config is AntiphonConfig {
  const problems = configProblems(config);
  if (problems.length > 0) {
    throw configErrors.CONFIG_INVALID.with({ details: problems }, file, problems.map(problemText));
  }
}

/** Puts a problem into a sentence. */
export function problemText({ key, expected, got }: ConfigProblem): string {
  return `${key}: Expected ${expected}. Got ${got}.`;
}

/** Describes what a key was given; of a secret only its kind. */
export function describeGiven(value: unknown, rule: ValueRule): string {
  if (!rule.secret || value === "") return describeValue(value);
  if (typeof value === "string") return `a text of ${value.length} characters`;
  return Array.isArray(value) ? `a list of ${value.length}` : `a value of type ${typeof value}`;
}

/** Describes a value briefly for an error message. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "function") return "a function";
  if (typeof value === "bigint") return `${value}n`;
  if (Array.isArray(value)) return `the list ${shorten(safeJson(value))}`;
  return typeof value === "object" ? `the object ${shorten(safeJson(value))}` : shorten(safeJson(value));
}

function problemsOf(
  config: Record<string, unknown>,
  rules: { readonly [key: string]: KeyRule },
  parent: string,
): ConfigProblem[] {
  return Object.entries(config).flatMap(([name, value]): ConfigProblem[] => {
    const key = parent + name;
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined) return [unknownKey(key, name, Object.keys(rules))];
    if (value === undefined) return [];
    if (!("group" in rule)) return valueProblems(key, value, rule);
    if (isPlainObject(value)) return problemsOf(value, rule.group, `${key}.`);
    const example = Object.keys(rule.group)[0];
    return [{ key, expected: `an object such as { ${example}: … }`, got: describeValue(value) }];
  });
}

function valueProblems(key: string, value: unknown, rule: ValueRule): ConfigProblem[] {
  return rule.accepts(value) ? [] : [{ key, expected: rule.expected, got: describeGiven(value, rule) }];
}

function unknownKey(key: string, name: string, known: readonly string[]): ConfigProblem {
  const nearest = nearestName(name, known);
  const expected = nearest === undefined ? `one of ${known.join(", ")}` : `a known key, perhaps "${nearest}"`;
  return { key, expected, got: "a key that nothing reads" };
}

function safeJson(value: unknown): string {
  try {
    return (
      JSON.stringify(value, (_, each: unknown) => (typeof each === "function" ? `function ${each.name}` : each)) ??
      String(value)
    );
  } catch {
    return "that cannot be shown";
  }
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
