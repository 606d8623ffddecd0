import { YEAR_SECONDS } from "../protocol/durations.ts";
import { type Resolved, type RulesOf, type Setting, type ValueRule, withDefault, withDefaultFrom } from "../setting.ts";
import {
  appPath,
  appPathOrFalse,
  callback,
  flag,
  isAppPath,
  isPlainObject,
  isTexts,
  nonEmptyText,
  objects,
  splitList,
  text,
  texts,
  textsByName,
  wholeNumber,
} from "../setting-rules.ts";

/** Field that users may sign in with. */
export type LoginField = "username" | "email";

/** Settings of signing in, signing up and resetting passwords. */
export interface SignInConfig {
  /** False leaves the pages for signing in and up out. */
  readonly enabled?: boolean;
  /** False refuses new accounts, and leaves their page out. */
  readonly signupEnabled?: boolean;
  /** False refuses new passwords by mail, and leaves their pages out. */
  readonly passwordResetEnabled?: boolean;
  /** Page to sign in; "/login" when absent. */
  readonly loginUrl?: string;
  /** Page to sign up; "/register" when absent. */
  readonly signupUrl?: string;
  /** Page to request a new password; "/password-reset" when absent. */
  readonly passwordResetUrl?: string;
  /**
   * Page that the link of the mail leads to; "/password-reset/confirm/[uid]/[key]" when absent. It holds [uid] and one of
   * [key], [token] and [reset_token]; braces do as well.
   */
  readonly passwordResetConfirmUrl?: string;
  /** Page to enter the code of the mail that proves an address; "/verify-email" when absent. */
  readonly verifyEmailUrl?: string;
  /** Page of a signed-in user to change the password; "/password-change" when absent. */
  readonly passwordChangeUrl?: string;
  /** Where signing in leads when no other page was requested; "/" when absent. */
  readonly loginRedirectUrl?: string;
  /** Where signing out leads; `loginUrl` when absent. */
  readonly logoutRedirectUrl?: string;
  /** Where signing up leads; `loginUrl` when absent, which redirects a signed-in user. */
  readonly signupRedirectUrl?: string;
  /** Where a signed-in visitor of these pages is sent; `loginRedirectUrl` when absent, false for nowhere. */
  readonly redirectAuthenticatedUser?: string | false;
  /** Fields to sign in with; the user name alone when absent. */
  readonly loginFields?: LoginField | readonly LoginField[];
  /** Whether a new account needs an e-mail address; false when absent. */
  readonly emailRequired?: boolean;
  /** Whether signing up proves the e-mail address, by a code and a link, before the account is made; false when absent. */
  readonly emailVerification?: boolean;
  /** Seconds that the code and the link of a sign-up are valid; 900 when absent. */
  readonly verifyTimeout?: number;
  /** Further fields of the user model that a form for signing up may fill in; none when absent. */
  readonly signupFields?: readonly string[];
  /** Minimum length of a new user name; 1 when absent. */
  readonly usernameMinLength?: number;
  /** Minimum length of a new password; 8 when absent. */
  readonly passwordMinLength?: number;
  /** Seconds that the link to a new password is valid; 3,600 when absent. */
  readonly passwordResetTimeout?: number;
  /** Whether a page's `UserState` follows the signed-in user by itself; true when absent. */
  readonly autoSync?: boolean;
  /** Whether it holds the names of the user's groups as well; false when absent. */
  readonly snapshotGroups?: boolean;
  /** Session values that outlive signing in as another user and signing out, such as "theme"; none when absent. */
  readonly keptSessionKeys?: readonly string[];
  /** Name above the pages for signing in and up; none when absent. */
  readonly brandText?: string;
  /** Path or URL of the picture above these pages; none when absent. */
  readonly brandIcon?: string;
  /** Further CSS classes of these pages. */
  readonly pageClasses?: PageClasses;
}

/** CSS classes of the pages for signing in and up, by page. */
export interface PageClasses {
  readonly login?: string;
  readonly register?: string;
  readonly passwordReset?: string;
  readonly passwordResetConfirm?: string;
  readonly passwordChange?: string;
  readonly verifyEmail?: string;
}

/** Purpose of a counted try. */
export type ThrottlePurpose = "login" | "signup" | "reset" | "reset-confirm" | "verify" | "change";

/** Property of a try that it can be counted by. */
export type ThrottleKey = "ip" | "identifier" | "userAgent";

/**
 * Number of free tries of one address, of one name, or of both together, within so many seconds.
 *
 * @example
 * const rule: ThrottleRule = { by: ["identifier", "ip"], limit: 5, seconds: 900 };
 */
export interface ThrottleRule {
  readonly by: readonly ThrottleKey[];
  readonly limit: number;
  /** Length of the window, which begins with the first try. */
  readonly seconds: number;
  /** Purposes that the rule is for; all when absent. */
  readonly purposes?: readonly ThrottlePurpose[];
}

/** Limits of the tries of one purpose. */
export interface ThrottleConfig {
  /** Tries from one address for one name within the window; 5 when absent. */
  readonly attempts?: number;
  /** Tries from one address, whatever the name, within the window; 50 when absent. */
  readonly ipAttempts?: number;
  /** Seconds after which tries are forgotten; 900 when absent. */
  readonly window?: number;
}

/** Values for the texts of a reset mail. */
export interface ResetMailValues {
  /** Where the new password is set. */
  readonly url: string;
  readonly username: string;
  /** Minutes that the link is valid. */
  readonly minutes: number;
}

/** Texts of a reset mail. They run in the request that asks for it, so its language is known to them. */
export interface ResetMailTemplates {
  /** Returns the subject: one line; line breaks become spaces. */
  readonly subject: (values: ResetMailValues) => string;
  /** Returns the plain text. */
  readonly text: (values: ResetMailValues) => string;
  /** Returns the HTML; it escapes the values. */
  readonly html: (values: ResetMailValues) => string;
}

/** Cost of one hash of a password, by argon2id, which Node has from 24.7 on. */
export interface Argon2idOptions {
  /** KiB of memory; 19,456 when absent. */
  readonly memory?: number;
  /** Passes over the memory; 2 when absent. */
  readonly passes?: number;
  /** Lanes of one hash; 1 when absent. */
  readonly parallelism?: number;
}

/** An `AuthBackend` of `antiphon/auth`; if a function such as `modelBackend()` makes it, its result. */
export interface AuthBackendConfig {
  readonly name: string;
  readonly call?: never;
}

/** Settings of users, signing in and signing up. */
export interface AuthConfig extends SignInConfig {
  /** Texts in place of the usual ones, by their names. */
  readonly messages?: { readonly [name: string]: string };
  /** Number of tries of each purpose that are free. */
  readonly throttle?: {
    readonly login?: ThrottleConfig;
    readonly signup?: ThrottleConfig;
    /** Requests for a new password. */
    readonly reset?: ThrottleConfig;
    /** New passwords by the mail's link. */
    readonly resetConfirm?: ThrottleConfig;
    /** Codes of a sign-up, and requests for another one. */
    readonly verify?: ThrottleConfig;
    /** New passwords by the old one. */
    readonly change?: ThrottleConfig;
    /** Rules of your own, in place of all others. */
    readonly rules?: readonly ThrottleRule[];
  };
  /** Authentication back ends, tried in order; the models alone when absent. */
  readonly backends?: readonly AuthBackendConfig[];
  /** Texts of the mail with the link to a new password, in place of the usual ones. */
  readonly resetMail?: Partial<ResetMailTemplates>;
  /** Cost of one hash of a password. */
  readonly passwordHashing?: Argon2idOptions;
}

const confirmPath = {
  expected: 'a path with [uid] and [key], such as "/password-reset/confirm/[uid]/[key]"',
  accepts: (value: unknown) => isAppPath(value) && /\[uid\]/.test(withKey(value)) && /\[key\]/.test(withKey(value)),
  parse: (given: string) => given,
  read: withKey,
} satisfies Setting;

const loginFields = {
  expected: 'at least one of "username" and "email"',
  accepts: (value: unknown) => (typeof value === "string" || isTexts(value)) && loginFieldsOf(value).length > 0,
  parse: splitList,
  read: loginFieldsOf,
} satisfies Setting;

/** Rules and defaults of {@link SignInConfig}. */
export const signInOptions = {
  enabled: withDefault(flag, true),
  signupEnabled: withDefault(flag, true),
  passwordResetEnabled: withDefault(flag, true),
  loginUrl: withDefault(appPath, "/login"),
  signupUrl: withDefault(appPath, "/register"),
  passwordResetUrl: withDefault(appPath, "/password-reset"),
  passwordResetConfirmUrl: withDefault(confirmPath, "/password-reset/confirm/[uid]/[key]"),
  verifyEmailUrl: withDefault(appPath, "/verify-email"),
  passwordChangeUrl: withDefault(appPath, "/password-change"),
  loginRedirectUrl: withDefault(appPath, "/"),
  logoutRedirectUrl: withDefaultFrom(appPath, ({ loginUrl }: SignInConfig) => loginUrl),
  signupRedirectUrl: withDefaultFrom(appPath, ({ loginUrl }: SignInConfig) => loginUrl),
  redirectAuthenticatedUser: withDefaultFrom(appPathOrFalse, ({ loginRedirectUrl }: SignInConfig) => loginRedirectUrl),
  loginFields: withDefault(loginFields, "username"),
  emailRequired: withDefault(flag, false),
  emailVerification: withDefault(flag, false),
  verifyTimeout: withDefault(wholeNumber(60), 900),
  signupFields: withDefault(texts, []),
  usernameMinLength: withDefault(wholeNumber(1, 150), 1),
  passwordMinLength: withDefault(wholeNumber(1, 4096), 8),
  passwordResetTimeout: withDefault(wholeNumber(1), 60 * 60),
  autoSync: withDefault(flag, true),
  snapshotGroups: withDefault(flag, false),
  keptSessionKeys: withDefault(texts, []),
  brandText: nonEmptyText,
  brandIcon: nonEmptyText,
  pageClasses: {
    group: {
      login: text,
      register: text,
      passwordReset: text,
      passwordResetConfirm: text,
      passwordChange: text,
      verifyEmail: text,
    },
  },
} satisfies RulesOf<SignInConfig>;

/** Rules and defaults of {@link ThrottleConfig}. */
export const throttleOptions = {
  attempts: withDefault(wholeNumber(1), 5),
  ipAttempts: withDefault(wholeNumber(1), 50),
  window: withDefault(wholeNumber(1, YEAR_SECONDS), 900),
} satisfies RulesOf<ThrottleConfig>;

/** Rules and defaults of {@link Argon2idOptions}. */
export const argon2idOptions = {
  memory: withDefault(wholeNumber(8, 1_048_576), 19_456),
  passes: withDefault(wholeNumber(1, 100), 2),
  parallelism: withDefault(wholeNumber(1, 64), 1),
} satisfies RulesOf<Argon2idOptions>;

const throttleRules: ValueRule = {
  expected: 'a list of counts such as { by: ["identifier", "ip"], limit: 5, seconds: 900 }',
  accepts: (value) => Array.isArray(value) && value.every(isThrottleRule),
};

const throttle = { group: throttleOptions } as const;

/** Rules and defaults of {@link AuthConfig}. */
export const authOptions = {
  ...signInOptions,
  messages: withDefault(textsByName, {}),
  throttle: {
    group: {
      login: throttle,
      signup: throttle,
      reset: throttle,
      resetConfirm: throttle,
      verify: throttle,
      change: throttle,
      rules: throttleRules,
    },
  },
  backends: objects,
  resetMail: { group: { subject: callback, text: callback, html: callback } },
  passwordHashing: { group: argon2idOptions },
} satisfies RulesOf<AuthConfig>;

/** Settings of signing in with their defaults. */
export type ResolvedSignIn = Resolved<SignInConfig, typeof signInOptions>;

/** Settings of users with their defaults. */
export type ResolvedAuth = Resolved<AuthConfig, typeof authOptions>;

/** Returns a path with its parameters in one form: `[token]` and `[reset_token]` become `[key]`, braces become brackets. */
function withKey(path: string): string {
  return path.replace(/\{(\w+)\}/g, "[$1]").replace(/\[(?:token|reset_token)\]/g, "[key]");
}

/** Returns the fields of a setting in its order: in any case, each once. Names of no field are skipped. */
function loginFieldsOf(given: unknown): readonly LoginField[] {
  const names = [given]
    .flat()
    .filter((name) => typeof name === "string")
    .map((name) => name.trim().toLowerCase());
  return [...new Set(names)].filter((name): name is LoginField => name === "username" || name === "email");
}

const THROTTLE_KEYS: readonly string[] = ["ip", "identifier", "userAgent"] satisfies ThrottleKey[];
const PURPOSES: readonly string[] = [
  "login",
  "signup",
  "reset",
  "reset-confirm",
  "verify",
  "change",
] satisfies ThrottlePurpose[];

function isThrottleRule(value: unknown): boolean {
  if (!isPlainObject(value)) return false;
  const { by, limit, seconds, purposes = [], ...others } = value;
  return (
    Object.keys(others).length === 0 &&
    isTexts(by) &&
    by.length > 0 &&
    by.every((key, index) => THROTTLE_KEYS.includes(key) && by.indexOf(key) === index) &&
    wholeNumber(1).accepts(limit) &&
    wholeNumber(1, YEAR_SECONDS).accepts(seconds) &&
    isTexts(purposes) &&
    purposes.every((purpose) => PURPOSES.includes(purpose))
  );
}
