import { type ConfigProblem, describeValue, problemText } from "./check-config.ts";
import { CONFIG_KEYS, type ValueRule } from "./config-keys.ts";
import { configErrors } from "./errors.ts";
import { nearestName } from "./nearest-name.ts";

/** Variables of the environment; `process.env` is one. */
export type Environment = { readonly [name: string]: string | undefined };

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
    if (!name.startsWith("ANTIPHON_") || text === undefined || text === "") continue;
    const variable = variables.get(name);
    if (variable === undefined) {
      const nearest = nearestName(name, variables.keys());
      warnings.push(`${name} sets nothing${nearest === undefined ? "." : `; did you mean ${nearest}?`}`);
      continue;
    }
    const value = variable.rule.parse?.(text);
    if (value === undefined || !variable.rule.accepts(value)) {
      problems.push({ key: name, expected: variable.rule.expected, got: describeValue(text) });
    } else {
      assign(config, variable.path, value);
    }
  }
  if (problems.length > 0) throw configErrors.CONFIG_ENV_INVALID.with({ details: problems }, problems.map(problemText));
  return { config, warnings };
}

/** Lays one set of settings over another; groups such as `limits` are merged key by key. */
export function mergeConfig(
  below: { readonly [key: string]: unknown },
  above: { readonly [key: string]: unknown },
): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const rule = Object.hasOwn(CONFIG_KEYS, key) ? CONFIG_KEYS[key as keyof typeof CONFIG_KEYS] : undefined;
    merged[key] = rule && "group" in rule ? { ...(below[key] as object | undefined), ...(value as object) } : value;
  }
  return merged;
}

function settableVariables(): Map<string, { path: readonly string[]; rule: ValueRule }> {
  const variables = new Map<string, { path: readonly string[]; rule: ValueRule }>();
  const add = (path: readonly string[], rule: ValueRule) => {
    if (rule.parse) variables.set(`ANTIPHON_${path.map(screamingSnake).join("__")}`, { path, rule });
  };
  for (const [key, rule] of Object.entries(CONFIG_KEYS)) {
    if (!("group" in rule)) add([key], rule);
    else for (const [name, inner] of Object.entries(rule.group)) add([key, name], inner);
  }
  return variables;
}

function assign(config: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [key, inner] = path;
  if (key === undefined) return;
  config[key] = inner === undefined ? value : { ...(config[key] as object | undefined), [inner]: value };
}

function screamingSnake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
