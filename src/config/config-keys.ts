import type { AntiphonConfig, DatabaseConfig, LimitsConfig } from "./define-config.ts";

/** What a key may hold: the words of an error message, the check, and how an environment variable's text becomes it. */
export interface ValueRule {
  /** For "Expected …". */
  readonly expected: string;
  accepts(value: unknown): boolean;
  /** Reads a text of the environment; undefined when it is no such value. Absent: the key cannot be set there. */
  readonly parse?: (text: string) => unknown;
}

/** A key's rule, or a group of further keys. */
export type KeyRule = ValueRule | { readonly group: { readonly [key: string]: ValueRule } };

const text: ValueRule = {
  expected: "a text",
  accepts: (value) => typeof value === "string",
  parse: (given) => given,
};

const nonEmptyText: ValueRule = {
  ...text,
  expected: "a text that is not empty",
  accepts: (value) => typeof value === "string" && value.trim() !== "",
};

const texts: ValueRule = {
  expected: "a list of texts",
  accepts: isTexts,
  parse: splitList,
};

const origins: ValueRule = {
  expected: 'a list of origins such as "https://app.example.com", without a path and without *',
  accepts: (value) => isTexts(value) && value.every(isOrigin),
  parse: splitList,
};

const databaseUrl: ValueRule = {
  expected: 'an address such as "sqlite:./db.sqlite3", "postgres://user@host/name" or "mysql://user@host/name"',
  accepts: (value) =>
    typeof value === "string" && /^(?:sqlite:.|(?:postgres|postgresql|mysql|mariadb):\/\/)/.test(value),
  parse: (given) => given,
};

const DIALECTS: readonly unknown[] = ["sqlite", "postgres", "mysql"];

const dialects: ValueRule = {
  expected: 'a list of "sqlite", "postgres" and "mysql"',
  accepts: (value) => Array.isArray(value) && value.length > 0 && value.every((item) => DIALECTS.includes(item)),
  parse: splitList,
};

const callback: ValueRule = {
  expected: "a function",
  accepts: (value) => typeof value === "function",
};

const viteSettings: ValueRule = {
  expected: "an object of Vite settings",
  accepts: isPlainObject,
};

const proxies: ValueRule = {
  expected: "true, false or a list of the proxies' addresses",
  accepts: (value) => typeof value === "boolean" || isTexts(value),
  parse: (given) => parseBoolean(given) ?? splitList(given),
};

const policy: ValueRule = {
  expected: `false, or an object such as { "img-src": ["'self'", "https://cdn.example.com"] }`,
  accepts: (value) => value === false || (isPlainObject(value) && Object.entries(value).every(isDirective)),
  parse: (given) => (parseBoolean(given) === false ? false : undefined),
};

/** Every key of `antiphon.config.ts`; the type makes a key that is missing here an error. */
export const CONFIG_KEYS: { readonly [K in keyof Required<AntiphonConfig>]: KeyRule } = {
  appName: nonEmptyText,
  backendPrefix: text,
  adminPrefix: text,
  extraPrefixes: texts,
  database: {
    group: {
      url: databaseUrl,
      dialects,
      poolSize: wholeNumber(1, 1_000),
      busyTimeout: wholeNumber(1),
      statementTimeout: wholeNumber(1),
    } satisfies { readonly [K in keyof Required<DatabaseConfig>]: ValueRule },
  },
  port: wholeNumber(0, 65535),
  host: nonEmptyText,
  allowedOrigins: origins,
  allowedHosts: texts,
  trustProxy: proxies,
  limits: {
    group: {
      frameSize: wholeNumber(1),
      depth: wholeNumber(1),
      queue: wholeNumber(1),
      eventsPerSecond: wholeNumber(1),
      burst: wholeNumber(1),
      tabs: wholeNumber(1),
      stateBytes: wholeNumber(1),
      tabBytes: wholeNumber(1),
      replayBytes: wholeNumber(1),
      replayFrames: wholeNumber(1),
      leaveAfter: wholeNumber(1),
      expireAfter: wholeNumber(1),
      aliveTimeout: wholeNumber(1),
      pingInterval: wholeNumber(1),
      pingTimeout: wholeNumber(1),
      bodyBytes: wholeNumber(1),
    } satisfies { readonly [K in keyof Required<LimitsConfig>]: ValueRule },
  },
  contentSecurityPolicy: policy,
  onStart: callback,
  onStop: callback,
  vite: viteSettings,
};

/** Whether a value is an object of named values, and not a list, a date or the like. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function wholeNumber(least: number, most?: number): ValueRule {
  return {
    expected: most === undefined ? `a whole number of at least ${least}` : `a whole number from ${least} to ${most}`,
    accepts: (value) => Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= (most ?? Infinity),
    parse: (given) => (/^-?\d+$/.test(given.trim()) ? Number(given) : undefined),
  };
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
  return /^https?:\/\//.test(value) && URL.canParse(value) && new URL(value).origin === value;
}

function isDirective([name, sources]: [string, unknown]): boolean {
  return /^[a-z-]+$/.test(name) && isTexts(sources) && sources.every((source) => /^[^\s;,]+$/.test(source));
}
