import { randomBytes } from "node:crypto";
import type { AppRequest } from "../bridge/request-types.ts";
import type { MailLogger } from "../mail/mail-queue.ts";
import type { ResetMailTemplates } from "./account/reset-mail.ts";
import { authErrors } from "./errors.ts";
import { type AuthMessages, authMessages } from "./messages.ts";
import { PasswordHashing } from "./passwords/password-hash.ts";
import { defaultPasswordValidators, type PasswordValidator } from "./passwords/password-rules.ts";
import { RESET_TIMEOUT } from "./passwords/reset-token.ts";
import type { ThrottleKeys, ThrottlePurpose } from "./throttle/throttle.ts";
import type { AuthBackend } from "./users/auth-backend.ts";

/** What somebody may sign in with. */
export type LoginField = "username" | "email";

/** Who counts tries; `Throttle` is one. */
export interface TryCounter {
  /** Counts a try. @throws AUTH_THROTTLED when there were too many */
  begin(purpose: ThrottlePurpose, keys: ThrottleKeys): Promise<void>;
  succeed(purpose: ThrottlePurpose, keys: ThrottleKeys): Promise<void>;
  /** Gives a counted try back that was not made after all. */
  refund(purpose: ThrottlePurpose, keys: ThrottleKeys): Promise<void>;
}

/** How users sign in and up. All of it may be left out. */
export interface AuthSettings {
  /** Name of the app, which permissions of models without an `appLabel` begin with; "app" when absent. */
  readonly appName?: string;
  /**
   * The first one signs who is signed in, those behind it count as well: older ones, until their sessions are renewed.
   * When absent, a random one that ends with the process.
   */
  readonly secrets?: readonly string[];
  /** Who lets people in and tells what they may do, in this order; the user table alone when absent. */
  readonly backends?: readonly AuthBackend[];
  readonly hashing?: PasswordHashing;
  /** Counts tries to sign in and up, and to reset and change passwords; when absent, nobody does. */
  readonly throttle?: TryCounter;
  /** Rules for new passwords; `defaultPasswordValidators` when absent, none for an empty list. */
  readonly passwordValidators?: readonly PasswordValidator[];
  /** What people sign in with; an e-mail address must be the only one of its kind. `["username"]` when absent. */
  readonly loginFields?: LoginField | readonly LoginField[];
  /** Whether the canned pages exist; true when absent. */
  readonly enabled?: boolean;
  /** Whether `signUp()` creates users; true when absent. */
  readonly signupEnabled?: boolean;
  /** Whether passwords may be reset by mail; true when absent. */
  readonly passwordResetEnabled?: boolean;
  /** Whether an account needs an e-mail address; false when absent. */
  readonly emailRequired?: boolean;
  /** Characters; 1 when absent. */
  readonly usernameMinLength?: number;
  /** Characters; 8 when absent. */
  readonly passwordMinLength?: number;
  /** Further fields of the user model that somebody may fill in when signing up; none when absent. */
  readonly signupFields?: readonly string[];
  /** Page to sign in; "/login" when absent. */
  readonly loginUrl?: string;
  /** Page to sign up; "/register" when absent. */
  readonly signupUrl?: string;
  /** "/password-reset" when absent. */
  readonly passwordResetUrl?: string;
  /** "/password-reset/confirm/[uid]/[key]" when absent. */
  readonly passwordResetConfirmUrl?: string;
  /** Seconds that the link to a new password is good for; 3,600 when absent. */
  readonly passwordResetTimeout?: number;
  /** The app's own address, which links in mails begin with, or what tells it for a request where that can be believed. */
  readonly publicUrl?: string | ((request: AppRequest) => string | undefined);
  /** Texts of the mail with that link, in place of the usual ones. */
  readonly resetMail?: Partial<ResetMailTemplates>;
  /** Told of what goes wrong where nobody may be told by the answer. */
  readonly logger?: MailLogger;
  /** Where somebody goes after signing in who came from nowhere; "/" when absent. */
  readonly loginRedirectUrl?: string;
  /** The login page when absent. */
  readonly logoutRedirectUrl?: string;
  /** The login page when absent, which sends on who is signed in already. */
  readonly signupRedirectUrl?: string;
  /** Where the login page sends who is signed in already; `loginRedirectUrl` when absent, false for nowhere. */
  readonly redirectAuthenticatedUser?: string | false;
  /** Whether a page's `UserState` follows who is signed in by itself; true when absent. */
  readonly autoSync?: boolean;
  /** Whether it holds the names of the user's groups as well; false when absent. */
  readonly snapshotGroups?: boolean;
  /** Texts in place of the usual ones. */
  readonly messages?: { readonly [K in keyof AuthMessages]?: string };
}

/** Settings with nothing left out. */
export type ReadAuthSettings = Required<
  Omit<AuthSettings, "throttle" | "backends" | "loginFields" | "messages" | "publicUrl" | "resetMail" | "logger">
> & {
  readonly throttle: TryCounter | undefined;
  readonly publicUrl: AuthSettings["publicUrl"];
  readonly resetMail: AuthSettings["resetMail"];
  readonly logger: AuthSettings["logger"];
  readonly backends: readonly AuthBackend[];
  readonly loginFields: readonly LoginField[];
  readonly messages: AuthMessages;
};

/** Fields that decide what somebody may do, or who he is. */
const FORBIDDEN = new Set(
  "id username email password isStaff isActive isSuperuser dateJoined lastLogin groups userPermissions".split(" "),
);

/** Fills settings up. @throws AUTH_LOGIN_FIELDS_INVALID, AUTH_SIGNUP_FIELD_FORBIDDEN, AUTH_BACKEND_TWICE */
export function readAuthSettings(given: AuthSettings, usualBackend: () => AuthBackend): ReadAuthSettings {
  const loginFields = readLoginFields(given.loginFields);
  const loginUrl = given.loginUrl ?? "/login";
  const loginRedirectUrl = given.loginRedirectUrl ?? "/";
  const secrets = (given.secrets ?? []).filter((secret) => secret !== "");
  const settings: ReadAuthSettings = {
    appName: given.appName ?? "app",
    secrets: secrets.length > 0 ? secrets : [randomBytes(32).toString("base64url")],
    backends: given.backends && given.backends.length > 0 ? given.backends : [usualBackend()],
    hashing: given.hashing ?? new PasswordHashing(),
    throttle: given.throttle,
    passwordValidators: given.passwordValidators ?? defaultPasswordValidators,
    loginFields,
    enabled: given.enabled ?? true,
    signupEnabled: given.signupEnabled ?? true,
    passwordResetEnabled: given.passwordResetEnabled ?? true,
    emailRequired: given.emailRequired ?? false,
    usernameMinLength: given.usernameMinLength ?? 1,
    passwordMinLength: given.passwordMinLength ?? 8,
    signupFields: given.signupFields ?? [],
    loginUrl,
    signupUrl: given.signupUrl ?? "/register",
    passwordResetUrl: given.passwordResetUrl ?? "/password-reset",
    passwordResetConfirmUrl: given.passwordResetConfirmUrl ?? "/password-reset/confirm/[uid]/[key]",
    passwordResetTimeout: given.passwordResetTimeout ?? RESET_TIMEOUT,
    publicUrl: given.publicUrl,
    resetMail: given.resetMail,
    logger: given.logger,
    loginRedirectUrl,
    logoutRedirectUrl: given.logoutRedirectUrl ?? loginUrl,
    signupRedirectUrl: given.signupRedirectUrl ?? loginUrl,
    redirectAuthenticatedUser: given.redirectAuthenticatedUser ?? loginRedirectUrl,
    autoSync: given.autoSync ?? true,
    snapshotGroups: given.snapshotGroups ?? false,
    messages: authMessages(given.messages, loginFields),
  };
  for (const field of settings.signupFields) {
    if (FORBIDDEN.has(field)) throw authErrors.AUTH_SIGNUP_FIELD_FORBIDDEN(field);
  }
  assertNames(settings.backends);
  return Object.freeze(settings);
}

function assertNames(backends: readonly AuthBackend[]): void {
  const names = new Set<string>();
  for (const { name } of backends) {
    if (names.has(name)) throw authErrors.AUTH_BACKEND_TWICE(name);
    names.add(name);
  }
}

/** In any case, each once; what is neither of the two is passed over. */
function readLoginFields(given: AuthSettings["loginFields"]): readonly LoginField[] {
  if (given === undefined) return ["username"];
  const names = [given].flat().map((name) => String(name).trim().toLowerCase());
  const known = (["username", "email"] as const).filter((field) => names.includes(field));
  if (known.length === 0) throw authErrors.AUTH_LOGIN_FIELDS_INVALID(JSON.stringify(given).slice(0, 80));
  return known;
}
