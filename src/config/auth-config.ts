/** An `AuthBackend` of `antiphon/auth`; of one that a function makes, such as `modelBackend()`, what it gives. */
export interface AuthBackendConfig {
  readonly name: string;
  readonly call?: never;
}

/** What somebody may type to sign in. */
export type LoginField = "username" | "email";

/** How often something may be tried before it is refused for a while. */
export interface ThrottleConfig {
  /** Tries from one address for one name within the window; 5 when absent. */
  readonly attempts?: number;
  /** Tries from one address, whatever the name, within the window; 50 when absent. */
  readonly ipAttempts?: number;
  /** Seconds after which tries are forgotten; 900 when absent. */
  readonly window?: number;
}

/** One count of tries: so many of one address, of one name, from one browser, or of several of these together. */
export interface ThrottleRuleConfig {
  readonly by: readonly ("ip" | "identifier" | "userAgent")[];
  readonly limit: number;
  readonly seconds: number;
  /** What it holds for; everything when absent. */
  readonly purposes?: readonly ("login" | "signup" | "reset" | "reset-confirm" | "change")[];
}

/** What the texts of a reset mail are given. */
export interface ResetMailFacts {
  /** Where the new password is set. */
  readonly url: string;
  readonly username: string;
  /** Minutes that the link is good for. */
  readonly minutes: number;
}

/** Users, signing in and signing up. */
export interface AuthConfig {
  /** False leaves the pages for signing in and up out. */
  readonly enabled?: boolean;
  /** False refuses new accounts, and leaves their page out. */
  readonly signupEnabled?: boolean;
  /** False refuses new passwords by mail, and leaves their pages out. */
  readonly passwordResetEnabled?: boolean;
  /** Where one signs in; "/login" when absent. */
  readonly loginUrl?: string;
  /** Where one signs up; "/register" when absent. */
  readonly signupUrl?: string;
  /** Where one asks for a new password; "/password-reset" when absent. */
  readonly passwordResetUrl?: string;
  /**
   * Where the link of the mail leads; "/password-reset/confirm/[uid]/[key]" when absent. It holds [uid] and one of [key],
   * [token] and [reset_token]; braces do as well.
   */
  readonly passwordResetConfirmUrl?: string;
  /** Where signing in leads when no other page was asked for; "/" when absent. */
  readonly loginRedirectUrl?: string;
  /** Where signing out leads; `loginUrl` when absent. */
  readonly logoutRedirectUrl?: string;
  /** Where signing up leads; `loginUrl` when absent, which sends on who is signed in. */
  readonly signupRedirectUrl?: string;
  /** Where a signed-in visitor of these pages is sent; `loginRedirectUrl` when absent, false for nowhere. */
  readonly redirectAuthenticatedUser?: string | false;
  /** What one may sign in with; the user name alone when absent. */
  readonly loginFields?: LoginField | readonly LoginField[];
  /** Whether a new account needs an e-mail address. */
  readonly emailRequired?: boolean;
  /** Further fields of the user model that somebody may fill in when signing up. */
  readonly signupFields?: readonly string[];
  /** Least letters of a new user name; 1 when absent. */
  readonly usernameMinLength?: number;
  /** Least letters of a new password; 8 when absent. */
  readonly passwordMinLength?: number;
  /** Seconds that the link to a new password is good for; 3,600 when absent. */
  readonly passwordResetTimeout?: number;
  /** False keeps the user out of pages that do not ask for it. */
  readonly autoSync?: boolean;
  /** Puts the names of a user's groups into what pages are told of it. */
  readonly snapshotGroups?: boolean;
  /** Texts in place of the usual ones, by their names. */
  readonly messages?: { readonly [name: string]: string };
  /** How often each may be tried. */
  readonly throttle?: {
    readonly login?: ThrottleConfig;
    readonly signup?: ThrottleConfig;
    /** Asking for a new password. */
    readonly reset?: ThrottleConfig;
    /** Setting it by the mail's link. */
    readonly resetConfirm?: ThrottleConfig;
    /** Changing it by the old one. */
    readonly change?: ThrottleConfig;
    /** Counts of your own, in place of all others. */
    readonly rules?: readonly ThrottleRuleConfig[];
  };
  /** Who knows users and their permissions, in the order in which they are asked; the models alone when absent. */
  readonly backends?: readonly AuthBackendConfig[];
  /** What the mail with the link to a new password says, in place of the usual texts; `html` escapes what it writes. */
  readonly resetMail?: {
    readonly subject?: (values: ResetMailFacts) => string;
    readonly text?: (values: ResetMailFacts) => string;
    readonly html?: (values: ResetMailFacts) => string;
  };
  /** What one hash of a password costs, by argon2id, which Node has from 24.7 on. */
  readonly passwordHashing?: {
    /** KiB of memory; 19,456 when absent. */
    readonly memory?: number;
    /** Times that the memory is gone through; 2 when absent. */
    readonly passes?: number;
    /** Lanes of one hash; 1 when absent. */
    readonly parallelism?: number;
  };
}

/** Settings of users with their defaults. */
export interface ResolvedAuthConfig extends AuthConfig {
  readonly enabled: boolean;
  readonly signupEnabled: boolean;
  readonly passwordResetEnabled: boolean;
  readonly loginUrl: string;
  readonly signupUrl: string;
  readonly passwordResetUrl: string;
  readonly passwordResetConfirmUrl: string;
  readonly loginRedirectUrl: string;
  readonly logoutRedirectUrl: string;
  readonly signupRedirectUrl: string;
  readonly redirectAuthenticatedUser: string | false;
  /** Each once, in the order of the settings. */
  readonly loginFields: readonly LoginField[];
  readonly emailRequired: boolean;
  readonly usernameMinLength: number;
  readonly passwordMinLength: number;
  readonly passwordResetTimeout: number;
  readonly autoSync: boolean;
  readonly snapshotGroups: boolean;
  readonly messages: { readonly [name: string]: string };
  readonly signupFields: readonly string[];
}

/** Fills in the defaults of users and signing in. */
export function resolveAuth(auth: AuthConfig): ResolvedAuthConfig {
  const loginUrl = auth.loginUrl ?? "/login";
  const loginRedirectUrl = auth.loginRedirectUrl ?? "/";
  return {
    ...auth,
    enabled: auth.enabled ?? true,
    signupEnabled: auth.signupEnabled ?? true,
    passwordResetEnabled: auth.passwordResetEnabled ?? true,
    loginUrl,
    signupUrl: auth.signupUrl ?? "/register",
    passwordResetUrl: auth.passwordResetUrl ?? "/password-reset",
    passwordResetConfirmUrl: auth.passwordResetConfirmUrl ?? "/password-reset/confirm/[uid]/[key]",
    loginRedirectUrl,
    logoutRedirectUrl: auth.logoutRedirectUrl ?? loginUrl,
    signupRedirectUrl: auth.signupRedirectUrl ?? loginUrl,
    redirectAuthenticatedUser: auth.redirectAuthenticatedUser ?? loginRedirectUrl,
    loginFields: auth.loginFields === undefined ? ["username"] : loginFieldsOf(auth.loginFields),
    emailRequired: auth.emailRequired ?? false,
    usernameMinLength: auth.usernameMinLength ?? 1,
    passwordMinLength: auth.passwordMinLength ?? 8,
    passwordResetTimeout: auth.passwordResetTimeout ?? 60 * 60,
    autoSync: auth.autoSync ?? true,
    snapshotGroups: auth.snapshotGroups ?? false,
    messages: auth.messages ?? {},
    signupFields: auth.signupFields ?? [],
  };
}

/**
 * The fields that a setting names: one text or several, whatever their case and the spaces around them, each once; names
 * that are no field are passed over. Empty when none is left.
 */
export function loginFieldsOf(given: unknown): LoginField[] {
  const names = [given]
    .flat()
    .filter((name) => typeof name === "string")
    .map((name) => name.trim().toLowerCase());
  return [...new Set(names)].filter((name): name is LoginField => name === "username" || name === "email");
}
