import type { ValueRule } from "./setting.ts";

/** Any text. */
export const text: ValueRule = {
  expected: "a text",
  accepts: (value) => typeof value === "string",
  parse: (given) => given,
};

/** A text with something in it. */
export const nonEmptyText: ValueRule = {
  ...text,
  expected: "a text that is not empty",
  accepts: (value) => typeof value === "string" && value.trim() !== "",
};

/** A text that no message may show. */
export const secretText: ValueRule = { ...nonEmptyText, secret: true };

/** A list of texts. */
export const texts: ValueRule = {
  expected: "a list of texts",
  accepts: isTexts,
  parse: splitList,
};

/** A list of texts that no message may show. */
export const secretTexts: ValueRule = {
  ...texts,
  expected: "a list of texts that are not empty",
  accepts: (value) => isTexts(value) && value.every((item) => item.trim() !== ""),
  secret: true,
};

/** True or false. */
export const flag: ValueRule = {
  expected: "true or false",
  accepts: (value) => typeof value === "boolean",
  parse: parseBoolean,
};

/** `https://app.example.com`. */
export const origin: ValueRule = {
  expected: 'an origin such as "https://app.example.com", without a path',
  accepts: (value) => typeof value === "string" && isOrigin(value),
  parse: (given) => given,
};

/** Origins, and all hosts below a domain. */
export const originPatterns: ValueRule = {
  expected: 'a list of origins such as "https://app.example.com" or "https://*.example.com", with the scheme',
  accepts: (value) =>
    isTexts(value) && value.every((item) => isOrigin(item.replace(/^(https?:\/\/)\*\.(?=[^*]+$)/, "$1"))),
  parse: splitList,
};

/** A path of the app, such as `/login`. */
export const appPath: ValueRule = {
  expected: 'a path of the app such as "/login"',
  accepts: isAppPath,
  parse: (given) => given,
};

/** A path of the app, or false for none. */
export const appPathOrFalse: ValueRule = {
  expected: 'false, or a path of the app such as "/"',
  accepts: (value) => value === false || isAppPath(value),
  parse: (given) => (parseBoolean(given) === false ? false : given),
};

/** Texts by their names. */
export const textsByName: ValueRule = {
  expected: 'texts by their names, such as { usernameTaken: "…" }',
  accepts: (value) => isPlainObject(value) && Object.values(value).every((item) => typeof item === "string"),
};

/** A list of objects, such as back ends. */
export const objects: ValueRule = {
  expected: "a list of objects",
  accepts: (value) => Array.isArray(value) && value.every((item) => typeof item === "object" && item !== null),
};

/** A function. */
export const callback: ValueRule = {
  expected: "a function",
  accepts: (value) => typeof value === "function",
};

/** One of several texts. */
export function oneOf(...choices: readonly string[]): ValueRule {
  return {
    expected: `one of ${choices.map((choice) => `"${choice}"`).join(", ")}`,
    accepts: (value) => choices.includes(value as string),
    parse: (given) => given,
  };
}

/** A whole number within bounds. */
export function wholeNumber(least: number, most?: number): ValueRule {
  return {
    expected: most === undefined ? `a whole number of at least ${least}` : `a whole number from ${least} to ${most}`,
    accepts: (value) => Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= (most ?? Infinity),
    parse: (given) => (/^-?\d+$/.test(given.trim()) ? Number(given) : undefined),
  };
}

/** Node's timers take 2,147,483,647 ms and ring at once when they are given more. Some settings are timed with a margin. */
const LONGEST_TIMER = 2_000_000_000;

/** Milliseconds of something that is timed: at most as many as a timer takes, 23 days. */
export function milliseconds(most: number = LONGEST_TIMER): ValueRule {
  return wholeNumber(1, most);
}

/** Whether a value is an object of named values, and not a list, a date or the like. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Reads "true", "1", "false" or "0"; undefined for anything else. */
export function parseBoolean(given: string): boolean | undefined {
  const lower = given.trim().toLowerCase();
  if (lower === "true" || lower === "1") return true;
  return lower === "false" || lower === "0" ? false : undefined;
}

/** Reads a list whose parts are separated by commas. */
export function splitList(given: string): string[] {
  return given
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** Whether a value is a list of texts. */
export function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isOrigin(value: string): boolean {
  return /^https?:\/\/[^*]+$/.test(value) && URL.canParse(value) && new URL(value).origin === value;
}

/** Whether a value is a path that no browser takes for another site: `//host` and `/\host` lead there. */
export function isAppPath(value: unknown): value is string {
  return typeof value === "string" && /^\/(?![/\\])[^\s\\]*$/.test(value);
}
