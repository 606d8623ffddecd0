import type { AuthLogger } from "../auth/auth-settings.ts";
import type { AuthSettings } from "../auth/identity/auth.ts";
import type { ThrottlePurpose } from "../auth/options.ts";
import { argon2id, hasArgon2 } from "../auth/passwords/argon2id.ts";
import { PasswordHashing } from "../auth/passwords/password-hash.ts";
import { minimumLength, notCommon, notNumeric, notSimilar } from "../auth/passwords/password-rules.ts";
import { scrypt } from "../auth/passwords/scrypt.ts";
import { rulesOf, Throttle, type ThrottleRule } from "../auth/throttle/throttle.ts";
import type { Counters } from "../auth/throttle/throttle-counters.ts";
import type { AuthBackend } from "../auth/users/auth-backend.ts";
import { isAllowedHost } from "../bridge/allowed-host.ts";
import type { Mode, ResolvedConfig } from "../config/resolve-config.ts";

/** Where users and sign-in run. */
export interface AuthSurroundings {
  /** "production" when absent. */
  readonly mode?: Mode;
  readonly logger?: AuthLogger;
}

/** What the settings of users and sign-in become for a database. */
export function authSettings(
  config: ResolvedConfig,
  secret: string,
  counters: Counters,
  { mode = "production", logger }: AuthSurroundings = {},
): AuthSettings {
  const { auth, appName, secretKeyFallbacks } = config;
  const { backends, messages, throttle: _, passwordHashing, ...rest } = auth;
  return {
    ...rest,
    appName,
    secrets: [secret, ...secretKeyFallbacks],
    hashing: new PasswordHashing({ hashers: hasArgon2 ? [argon2id(passwordHashing), scrypt()] : [scrypt()] }),
    throttle: new Throttle({ counters, rules: throttleRules(auth.throttle) }),
    passwordValidators: [notSimilar(), minimumLength(auth.passwordMinLength), notCommon(), notNumeric()],
    messages,
    ...publicUrl(config, mode),
    ...(logger ? { logger } : {}),
    ...(backends ? { backends: backends as readonly AuthBackend[] } : {}),
  };
}

/** Without a setting, links may lead to where the app was asked for, if that is one of its own names; never in production. */
function publicUrl({ publicUrl, basePath, allowedHosts }: ResolvedConfig, mode: Mode): Pick<AuthSettings, "publicUrl"> {
  if (publicUrl !== undefined) return { publicUrl: publicUrl + basePath };
  if (mode === "production") return {};
  return {
    publicUrl: ({ protocol, host }) =>
      isAllowedHost(host, { mode, allowedHosts }) ? `${protocol}://${host}${basePath}` : undefined,
  };
}

const PURPOSES: { readonly [key: string]: ThrottlePurpose } = {
  login: "login",
  signup: "signup",
  reset: "reset",
  resetConfirm: "reset-confirm",
  verify: "verify",
  change: "change",
};

/** Returns the rules of the settings: the author's own, or two for each purpose. */
export function throttleRules({ rules, ...purposes }: ResolvedConfig["auth"]["throttle"]): readonly ThrottleRule[] {
  if (rules) return rules;
  return Object.entries(PURPOSES).flatMap(([key, purpose]) => rulesOf(purposes[key as keyof typeof purposes], purpose));
}
