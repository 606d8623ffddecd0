import { nearestName } from "../nearest-name.ts";
import type { KeyRule, ValueRule } from "../setting.ts";
import { isPlainObject } from "../setting-rules.ts";
import { type ConfigProblem, describeGiven, problemText } from "./check-config.ts";
import { CONFIG_KEYS } from "./config-keys.ts";
import { configErrors } from "./errors.ts";

/** Variables of the environment; `process.env` is one. */
export type Environment = { readonly [name: string]: string | undefined };

/** What commands read by themselves: no settings, and no mistakes either. */
const OF_COMMANDS: ReadonlySet<string> = new Set([
  "ANTIPHON_SUPERUSER_USERNAME",
  "ANTIPHON_SUPERUSER_EMAIL",
  "ANTIPHON_SUPERUSER_PASSWORD",
]);

/** What the environment says about the settings. */
export interface EnvOverrides {
  /** Keys in the shape of the settings, to be laid over those of the file. */
  readonly config: { readonly [key: string]: unknown };
  /** Sentences about variables that begin with `ANTIPHON_` but set nothing. */
  readonly warnings: readonly string[];
}

/**
 * Reads the `ANTIPHON_*` variables: `ANTIPHON_PORT=4000` sets `port`, `ANTIPHON_LIMITS__TABS=50` sets `limits.tabs`,
 * lists are separated by commas. An empty variable counts as absent. Functions and Vite's settings cannot be set so.
 *
 * @throws CONFIG_ENV_INVALID with every variable whose text is not what its key expects
 */
export function envOverrides(env: Environment): EnvOverrides {
  const variables = settableVariables();
  const config: Record<string, unknown> = {};
  const problems: ConfigProblem[] = [];
  const warnings: string[] = [];
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith("ANTIPHON_") || text === undefined || text === "" || OF_COMMANDS.has(name)) continue;
    const variable = variables.get(name);
    if (variable === undefined) {
      const nearest = nearestName(name, variables.keys());
      warnings.push(`${name} sets nothing${nearest === undefined ? "." : `; did you mean ${nearest}?`}`);
      continue;
    }
    const value = variable.rule.parse?.(text);
    if (value === undefined || !variable.rule.accepts(value)) {
      problems.push({ key: name, expected: variable.rule.expected, got: describeGiven(text, variable.rule) });
    } else {
      assign(config, variable.path, value);
    }
  }
  if (problems.length > 0) throw configErrors.CONFIG_ENV_INVALID.with({ details: problems }, problems.map(problemText));
  return { config, warnings };
}

/** Lays one set of settings over another; groups such as `limits` are merged key by key, and groups in them too. */
export function mergeConfig(
  below: { readonly [key: string]: unknown },
  above: { readonly [key: string]: unknown },
): Record<string, unknown> {
  return merge(below, above, CONFIG_KEYS);
}

type Values = { readonly [key: string]: unknown };
type Rules = { readonly [key: string]: KeyRule };

function merge(below: Values, above: Values, rules: Rules): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const rule = Object.hasOwn(rules, key) ? rules[key] : undefined;
    const under = below[key];
    const isGroup = rule && "group" in rule && isPlainObject(value);
    merged[key] = isGroup ? merge(isPlainObject(under) ? under : {}, value, rule.group) : value;
  }
  return merged;
}

interface Variable {
  readonly path: readonly string[];
  readonly rule: ValueRule;
}

function settableVariables(): Map<string, Variable> {
  const variables = new Map<string, Variable>();
  const add = (parent: readonly string[], rules: Rules) => {
    for (const [name, rule] of Object.entries(rules)) {
      const path = [...parent, name];
      if ("group" in rule) add(path, rule.group);
      else if (rule.parse) variables.set(`ANTIPHON_${path.map(screamingSnake).join("__")}`, { path, rule });
    }
  };
  add([], CONFIG_KEYS);
  return variables;
}

function assign(config: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [key, ...rest] = path;
  if (key === undefined) return;
  if (rest.length === 0) {
    config[key] = value;
    return;
  }
  const inner = isPlainObject(config[key]) ? config[key] : {};
  config[key] = inner;
  assign(inner, rest, value);
}

function screamingSnake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
