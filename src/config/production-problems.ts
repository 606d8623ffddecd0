import type { AntiphonConfig } from "./define-config.ts";
import { configErrors } from "./errors.ts";
import { resolveConfig } from "./resolve-config.ts";

/** Least characters of a key that cannot be tried out. */
export const SECRET_LENGTH = 50;

/** How the keys begin that the server makes for itself in development. */
export const DEVELOPMENT_SECRET_PREFIX = "development-";

/** A setting that is wrong, or at least unusual, for a server that strangers reach. */
export interface ProductionProblem {
  /** An error keeps a production server from starting; a warning is for `antiphon check --deploy` alone. */
  readonly level: "error" | "warning";
  /** The setting, for example `session.secure`. */
  readonly setting: string;
  readonly expected: string;
  /** Never a secret itself. */
  readonly got: string;
  /** What to do, as one sentence or one line to add. */
  readonly fix: string;
}

/**
 * Finds the settings that are not fit for production. It looks at nothing but the settings: no file, no database.
 *
 * @example
 * const errors = productionProblems(config).filter(({ level }) => level === "error");
 */
export function productionProblems(config: AntiphonConfig): ProductionProblem[] {
  return [...secretProblems(config), ...hostProblems(config), ...cookieProblems(config), ...otherProblems(config)];
}

/**
 * Refuses settings with which no server may run in production: without a secret key, for any host name, or with a
 * session cookie that travels unencrypted.
 *
 * @throws CONFIG_NOT_FOR_PRODUCTION with all of them in its sentence and in `details`
 */
export function checkProduction(config: AntiphonConfig): void {
  const errors = productionProblems(config).filter(({ level }) => level === "error");
  if (errors.length === 0) return;
  throw configErrors.CONFIG_NOT_FOR_PRODUCTION.with({ details: errors }, errors.map(productionProblemText));
}

/** Puts a finding into a sentence. */
export function productionProblemText({ setting, expected, got, fix }: ProductionProblem): string {
  return `${setting}: Expected ${expected}. Got ${got}. ${fix}`;
}

const NEW_SECRET =
  "Put the line  ANTIPHON_SECRET_KEY=…  into the environment or .env, with what this prints:  node -p \"crypto.randomBytes(48).toString('base64url')\"";

function secretProblems({ secretKey, secretKeyFallbacks = [] }: AntiphonConfig): ProductionProblem[] {
  const problem = (setting: string, key: string | undefined, fix: string): ProductionProblem[] => {
    const got = secretFault(key);
    const expected = `at least ${SECRET_LENGTH} characters that nobody can guess`;
    return got === undefined ? [] : [{ level: "error", setting, expected, got, fix }];
  };
  return [
    ...problem("secretKey", secretKey, NEW_SECRET),
    ...secretKeyFallbacks.flatMap((key, index) =>
      problem(`secretKeyFallbacks[${index}]`, key, "Take it out: who guesses it can sign in as anybody."),
    ),
  ];
}

function secretFault(key: string | undefined): string | undefined {
  if (key === undefined || key.trim() === "") return "none";
  if (key.startsWith(DEVELOPMENT_SECRET_PREFIX)) return "a key that was made for development";
  if (key.length < SECRET_LENGTH) return `${key.length} characters`;
  const different = new Set(key).size;
  return different < 10 ? `a key of only ${different} different characters` : undefined;
}

function hostProblems({ allowedHosts = [], trustProxy }: AntiphonConfig): ProductionProblem[] {
  const problems: ProductionProblem[] = [];
  const expected = "the names under which people reach the app";
  const fix = 'Add the line  allowedHosts: ["app.example.com"],  to antiphon.config.ts, or set ANTIPHON_ALLOWED_HOSTS.';
  if (allowedHosts.length === 0) {
    problems.push({ level: "error", setting: "allowedHosts", expected, got: "none", fix });
  } else if (allowedHosts.includes("*")) {
    problems.push({ level: "warning", setting: "allowedHosts", expected, got: '"*", which is any name', fix });
  }
  if (trustProxy === true) {
    problems.push({
      level: "warning",
      setting: "trustProxy",
      expected: "the addresses of your proxies",
      got: "true, which believes anybody about the visitor's address and host",
      fix: 'Write  trustProxy: ["10.0.0.0/8"]  with the addresses from which your proxies connect.',
    });
  }
  return problems;
}

function cookieProblems(config: AntiphonConfig): ProductionProblem[] {
  const { session } = resolveConfig(config, { root: ".", mode: "production" });
  if (!session.secure) {
    const told = session.allowInsecure === true;
    return [
      {
        level: told ? "warning" : "error",
        setting: "session.secure",
        expected: "true: the cookie is all that it takes to be somebody else",
        got: "false",
        fix: told
          ? "Serve the app over HTTPS and remove  session.secure  and  session.allowInsecure."
          : "Remove  session.secure; for plain HTTP within a closed network add  allowInsecure: true  beside it.",
      },
    ];
  }
  const reason =
    session.domain !== undefined
      ? `session.domain "${session.domain}"`
      : session.path === "/"
        ? undefined
        : `session.path "${session.path}"`;
  if (reason === undefined) return [];
  return [
    {
      level: "warning",
      setting: "session.cookieName",
      expected: "a cookie that begins with __Host-, which other hosts of the domain cannot set",
      got: `one without it, because of ${reason}`,
      fix: "Remove it, unless several hosts really share their sessions.",
    },
  ];
}

function otherProblems(config: AntiphonConfig): ProductionProblem[] {
  const { auth, mail, database, publicUrl } = resolveConfig(config, { root: ".", mode: "production" });
  const problems: ProductionProblem[] = [];
  const warn = (problem: Omit<ProductionProblem, "level">) => problems.push({ level: "warning", ...problem });
  if (auth.enabled && auth.passwordResetEnabled) {
    if (publicUrl === undefined) {
      warn({
        setting: "publicUrl",
        expected: "where people reach the app: links in mails lead there",
        got: "none",
        fix: 'Add the line  publicUrl: "https://app.example.com",  to antiphon.config.ts, or set auth.passwordResetEnabled to false.',
      });
    }
    if (mail.backend === "console" || mail.backend === "memory") {
      warn({
        setting: "mail.backend",
        expected: '"smtp", so that mails reach somebody',
        got: `"${mail.backend}"`,
        fix: 'Add the line  mail: { url: "smtps://user:password@mail.example.com" },  to antiphon.config.ts, or set ANTIPHON_MAIL__URL.',
      });
    }
  }
  if (/^sqlite:(?:\/\/)?:memory:/.test(database.url)) {
    warn({
      setting: "database.url",
      expected: "a database that outlives the process",
      got: `"${database.url}"`,
      fix: "Name a file, such as  sqlite:./db.sqlite3, or a database server in DATABASE_URL.",
    });
  }
  return problems;
}
