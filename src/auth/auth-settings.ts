import { randomBytes } from "node:crypto";
import type { AppRequest } from "../bridge/request-types.ts";
import type { MailLogger } from "../mail/mail-queue.ts";
import { resolveSettings } from "../setting.ts";
import { authErrors } from "./errors.ts";
import { type AuthMessages, authMessages } from "./messages.ts";
import {
  type ResetMailTemplates,
  type ResolvedSignIn,
  type SignInConfig,
  signInOptions,
  type ThrottlePurpose,
} from "./options.ts";
import { PasswordHashing } from "./passwords/password-hash.ts";
import { defaultPasswordValidators, type PasswordValidator } from "./passwords/password-rules.ts";
import type { ThrottleKeys } from "./throttle/throttle.ts";
import type { AuthBackend } from "./users/auth-backend.ts";

/** Who counts tries; `Throttle` is one. */
export interface TryCounter {
  /** Counts a try. @throws AUTH_THROTTLED when there were too many */
  begin(purpose: ThrottlePurpose, keys: ThrottleKeys): Promise<void>;
  succeed(purpose: ThrottlePurpose, keys: ThrottleKeys): Promise<void>;
  /** Gives a counted try back that was not made after all. */
  refund(purpose: ThrottlePurpose, keys: ThrottleKeys): Promise<void>;
}

/** How users sign in and up. All of it may be left out. */
export interface AuthSettings extends SignInConfig {
  /** Name of the app, which permissions of models without an `appLabel` begin with; "app" when absent. */
  readonly appName?: string;
  /**
   * Secret keys: the first one signs, those behind it count as well: older ones, until their sessions are renewed. When
   * absent, a random one that ends with the process.
   */
  readonly secrets?: readonly string[];
  /** Authentication back ends, tried in order; the user table alone when absent. */
  readonly backends?: readonly AuthBackend[];
  readonly hashing?: PasswordHashing;
  /** Counts tries to sign in and up, and to reset and change passwords; when absent, none is counted. */
  readonly throttle?: TryCounter;
  /** Rules for new passwords; `defaultPasswordValidators` when absent, none for an empty list. */
  readonly passwordValidators?: readonly PasswordValidator[];
  /** The app's own address, which links in mails begin with, or a function that returns it for a request that can be believed. */
  readonly publicUrl?: string | ((request: AppRequest) => string | undefined);
  /** Texts of the mail with a reset link, in place of the usual ones. */
  readonly resetMail?: Partial<ResetMailTemplates>;
  /** Log for failures that no answer may show. */
  readonly logger?: AuthLogger;
  /** Texts in place of the usual ones. */
  readonly messages?: { readonly [K in keyof AuthMessages]?: string };
}

/** Log of an app, as far as sign-in and data states write to it. */
export interface AuthLogger extends MailLogger {
  warn(details: object, sentence: string): void;
}

/** Settings with their defaults. */
export type ResolvedAuthSettings = ResolvedSignIn &
  Required<Pick<AuthSettings, "appName" | "secrets" | "backends" | "hashing" | "passwordValidators" | "resetMail">> &
  Pick<AuthSettings, "throttle" | "publicUrl" | "logger"> & { readonly messages: AuthMessages };

/** Fields that decide what somebody may do, or who he is. */
const FORBIDDEN = new Set(
  "id username email password isStaff isActive isSuperuser dateJoined lastLogin groups userPermissions".split(" "),
);

/** Returns settings with their defaults. @throws AUTH_LOGIN_FIELDS_INVALID, AUTH_SIGNUP_FIELD_FORBIDDEN, AUTH_BACKEND_TWICE */
export function resolveAuthSettings(given: AuthSettings, usualBackend: () => AuthBackend): ResolvedAuthSettings {
  const signIn = resolveSettings(signInOptions, given);
  const { loginFields, signupFields } = signIn;
  if (loginFields.length === 0) {
    throw authErrors.AUTH_LOGIN_FIELDS_INVALID(JSON.stringify(given.loginFields).slice(0, 80));
  }
  const forbidden = signupFields.find((field) => FORBIDDEN.has(field));
  if (forbidden !== undefined) throw authErrors.AUTH_SIGNUP_FIELD_FORBIDDEN(forbidden);
  const secrets = (given.secrets ?? []).filter((secret) => secret !== "");
  const backends = given.backends && given.backends.length > 0 ? given.backends : [usualBackend()];
  assertNames(backends);
  return Object.freeze({
    ...signIn,
    appName: given.appName ?? "app",
    secrets: secrets.length > 0 ? secrets : [randomBytes(32).toString("base64url")],
    backends,
    hashing: given.hashing ?? new PasswordHashing(),
    throttle: given.throttle,
    passwordValidators: given.passwordValidators ?? defaultPasswordValidators,
    publicUrl: given.publicUrl,
    resetMail: given.resetMail ?? {},
    logger: given.logger,
    messages: authMessages(given.messages, loginFields),
  });
}

function assertNames(backends: readonly AuthBackend[]): void {
  const names = new Set<string>();
  for (const { name } of backends) {
    if (names.has(name)) throw authErrors.AUTH_BACKEND_TWICE(name);
    names.add(name);
  }
}
