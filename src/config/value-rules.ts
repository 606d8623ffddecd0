import { loginFieldsOf } from "./auth-config.ts";

/** What a key may hold: the words of an error message, the check, and how an environment variable's text becomes it. */
export interface ValueRule {
  /** For "Expected …". */
  readonly expected: string;
  accepts(value: unknown): boolean;
  /** Reads a text of the environment; undefined when it is no such value. Absent: the key cannot be set there. */
  readonly parse?: (text: string) => unknown;
  /** True for what no message and no log may show. */
  readonly secret?: true;
}

/** A key's rule, or a group of further keys. */
export type KeyRule = ValueRule | RuleGroup;

/** Keys below a key. */
export interface RuleGroup {
  readonly group: { readonly [key: string]: KeyRule };
}

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

/** The URL at which a folder of files is served: it stands in documents and in a policy, so nothing in it may end either. */
export const folderUrl: ValueRule = {
  expected: 'an address that ends with "/", such as "https://cdn.example.org/notes/" or "/static/"',
  accepts: (value) =>
    typeof value === "string" &&
    value.endsWith("/") &&
    !/[\s"'<>;,?#@*\\]/.test(value) &&
    (isAppPath(value)
      ? value === new URL(value, "http://app.invalid").pathname
      : /^https?:/.test(value) && URL.canParse(value) && new URL(value).href === value),
  parse: (given) => given,
};

/** A path of the app, or false for none. */
export const appPathOrFalse: ValueRule = {
  expected: 'false, or a path of the app such as "/"',
  accepts: (value) => value === false || isAppPath(value),
  parse: (given) => (parseBoolean(given) === false ? false : given),
};

/** The path that a link to a new password leads to. */
export const confirmPath: ValueRule = {
  expected: 'a path with [uid] and [key], such as "/password-reset/confirm/[uid]/[key]"',
  accepts: (value) =>
    isAppPath(value) &&
    /(?:\[uid\]|\{uid\})/.test(value) &&
    /\[(?:key|token|reset_token)\]|\{(?:key|token|reset_token)\}/.test(value),
  parse: (given) => given,
};

/** What one may sign in with. */
export const loginFields: ValueRule = {
  expected: 'at least one of "username" and "email"',
  accepts: (value) => (typeof value === "string" || isTexts(value)) && loginFieldsOf(value).length > 0,
  parse: splitList,
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

/** Counts of tries. */
export const throttleRules: ValueRule = {
  expected: 'a list of counts such as { by: ["identifier", "ip"], limit: 5, seconds: 900 }',
  accepts: (value) => Array.isArray(value) && value.every(isThrottleRule),
};

/** A mail's sender: a line break in it would begin another header. */
export const sender: ValueRule = {
  expected: 'a sender such as "Notes <noreply@example.com>", on one line',
  accepts: (value) => typeof value === "string" && /^[^\r\n]*[^\s@<]@[^\s@>]+>?$/.test(value),
  parse: (given) => given,
};

/** Name of a cookie, as browsers take it. */
export const cookieName: ValueRule = {
  expected: "a cookie's name of letters, digits, - and _",
  accepts: (value) => typeof value === "string" && /^[\w-]+$/.test(value),
  parse: (given) => given,
};

/** A host's name, as in a cookie's Domain. */
export const domain: ValueRule = {
  expected: 'a domain such as "example.com"',
  accepts: (value) => typeof value === "string" && /^\.?[a-z\d](?:[a-z\d.-]*[a-z\d])?$/i.test(value),
  parse: (given) => given,
};

/** A path in a cookie. */
export const cookiePath: ValueRule = {
  expected: 'a path such as "/"',
  accepts: (value) => typeof value === "string" && /^\/[\w./~%-]*$/.test(value),
  parse: (given) => given,
};

/** An address of a mail server. */
export const mailUrl: ValueRule = {
  expected: 'an address such as "smtps://user:password@mail.example.com"',
  accepts: (value) => typeof value === "string" && /^smtps?:\/\/./.test(value) && URL.canParse(value),
  parse: (given) => given,
  secret: true,
};

/** An address of a database. */
export const databaseUrl: ValueRule = {
  expected: 'an address such as "sqlite:./db.sqlite3", "postgres://user@host/name" or "mysql://user@host/name"',
  accepts: (value) =>
    typeof value === "string" && /^(?:sqlite:.|(?:postgres|postgresql|mysql|mariadb):\/\/)/.test(value),
  parse: (given) => given,
  // Most hold a password, and where in a malformed one nobody can say.
  secret: true,
};

const DIALECTS: readonly unknown[] = ["sqlite", "postgres", "mysql"];

/** Kinds of databases. */
export const dialects: ValueRule = {
  expected: 'a list of "sqlite", "postgres" and "mysql"',
  accepts: (value) => Array.isArray(value) && value.length > 0 && value.every((item) => DIALECTS.includes(item)),
  parse: splitList,
};

/** A function. */
export const callback: ValueRule = {
  expected: "a function",
  accepts: (value) => typeof value === "function",
};

/** Vite's settings. */
export const viteSettings: ValueRule = {
  expected: "an object of Vite settings",
  accepts: isPlainObject,
};

/** Which proxies are believed. */
export const proxies: ValueRule = {
  expected: "true, false or a list of the proxies' addresses",
  accepts: (value) => typeof value === "boolean" || isTexts(value),
  parse: (given) => parseBoolean(given) ?? splitList(given),
};

/** A Content-Security-Policy. */
export const policy: ValueRule = {
  expected: `false, or an object such as { "img-src": ["'self'", "https://cdn.example.com"] }`,
  accepts: (value) => value === false || (isPlainObject(value) && Object.entries(value).every(isDirective)),
  parse: (given) => (parseBoolean(given) === false ? false : undefined),
};

const BRIDGES: readonly unknown[] = ["full", "session", "none"];

/** How much of a request an event gets. */
export const bridge: ValueRule = {
  expected: 'true, false, "full", "session" or "none"',
  accepts: (value) => typeof value === "boolean" || BRIDGES.includes(value),
  parse: (given) => parseBoolean(given) ?? given,
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

function parseBoolean(given: string): boolean | undefined {
  const lower = given.trim().toLowerCase();
  if (lower === "true" || lower === "1") return true;
  return lower === "false" || lower === "0" ? false : undefined;
}

function splitList(given: string): string[] {
  return given
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isOrigin(value: string): boolean {
  return /^https?:\/\/[^*]+$/.test(value) && URL.canParse(value) && new URL(value).origin === value;
}

/** A path that no browser takes for another site: `//host` and `/\host` lead there. */
function isAppPath(value: unknown): value is string {
  return typeof value === "string" && /^\/(?![/\\])[^\s\\]*$/.test(value);
}

const THROTTLE_KEYS: readonly string[] = ["ip", "identifier", "userAgent"];
const PURPOSES: readonly string[] = ["login", "signup", "reset", "reset-confirm", "change"];

function isThrottleRule(value: unknown): boolean {
  if (!isPlainObject(value)) return false;
  const { by, limit, seconds, purposes = [], ...others } = value;
  return (
    Object.keys(others).length === 0 &&
    isTexts(by) &&
    by.length > 0 &&
    by.every((key, index) => THROTTLE_KEYS.includes(key) && by.indexOf(key) === index) &&
    wholeNumber(1).accepts(limit) &&
    wholeNumber(1, 31_536_000).accepts(seconds) &&
    isTexts(purposes) &&
    purposes.every((purpose) => PURPOSES.includes(purpose))
  );
}

function isDirective([name, sources]: [string, unknown]): boolean {
  return /^[a-z-]+$/.test(name) && isTexts(sources) && sources.every((source) => /^[^\s;,]+$/.test(source));
}
