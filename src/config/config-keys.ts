import type { AuthConfig, ThrottleConfig } from "./auth-config.ts";
import type { AntiphonConfig, DatabaseConfig, LimitsConfig } from "./define-config.ts";
import type { MailConfig } from "./mail-config.ts";
import type { SessionConfig } from "./session-config.ts";
import * as rules from "./value-rules.ts";
import { type KeyRule, milliseconds, oneOf, wholeNumber } from "./value-rules.ts";

/** Longest sign of life of a connection: the sum of two of them is timed as well. */
const DAY = 86_400_000;

/** A rule for every key of a type; a key that is missing here is an error of the compiler. */
type RulesOf<T> = { readonly [K in keyof Required<T>]: KeyRule };

const database = {
  url: rules.databaseUrl,
  dialects: rules.dialects,
  poolSize: wholeNumber(1, 1_000),
  busyTimeout: milliseconds(),
  statementTimeout: milliseconds(),
  transactionTimeout: milliseconds(),
} satisfies RulesOf<DatabaseConfig>;

const session = {
  cookieName: rules.cookieName,
  maxAge: wholeNumber(1),
  sameSite: oneOf("lax", "strict", "none"),
  secure: rules.flag,
  allowInsecure: rules.flag,
  domain: rules.domain,
  path: rules.cookiePath,
  backend: oneOf("database", "memory"),
  saveEveryRequest: rules.flag,
  newPerMinute: wholeNumber(1),
} satisfies RulesOf<SessionConfig>;

const throttle = {
  group: {
    attempts: wholeNumber(1),
    ipAttempts: wholeNumber(1),
    window: wholeNumber(1, 31_536_000),
  } satisfies RulesOf<ThrottleConfig>,
};

const auth = {
  enabled: rules.flag,
  signupEnabled: rules.flag,
  passwordResetEnabled: rules.flag,
  loginUrl: rules.appPath,
  signupUrl: rules.appPath,
  passwordResetUrl: rules.appPath,
  passwordResetConfirmUrl: rules.confirmPath,
  loginRedirectUrl: rules.appPath,
  logoutRedirectUrl: rules.appPath,
  signupRedirectUrl: rules.appPath,
  redirectAuthenticatedUser: rules.appPathOrFalse,
  loginFields: rules.loginFields,
  emailRequired: rules.flag,
  signupFields: rules.texts,
  usernameMinLength: wholeNumber(1, 150),
  passwordMinLength: wholeNumber(1, 4096),
  passwordResetTimeout: wholeNumber(1),
  autoSync: rules.flag,
  snapshotGroups: rules.flag,
  messages: rules.textsByName,
  throttle: {
    group: {
      login: throttle,
      signup: throttle,
      reset: throttle,
      resetConfirm: throttle,
      change: throttle,
      rules: rules.throttleRules,
    } satisfies RulesOf<NonNullable<AuthConfig["throttle"]>>,
  },
  backends: rules.objects,
  resetMail: {
    group: {
      subject: rules.callback,
      text: rules.callback,
      html: rules.callback,
    } satisfies RulesOf<NonNullable<AuthConfig["resetMail"]>>,
  },
  passwordHashing: {
    group: {
      memory: wholeNumber(8, 1_048_576),
      passes: wholeNumber(1, 100),
      parallelism: wholeNumber(1, 64),
    } satisfies RulesOf<NonNullable<AuthConfig["passwordHashing"]>>,
  },
} satisfies RulesOf<AuthConfig>;

const mail = {
  backend: oneOf("console", "file", "memory", "smtp"),
  from: rules.sender,
  url: rules.mailUrl,
  host: rules.nonEmptyText,
  port: wholeNumber(1, 65535),
  user: rules.nonEmptyText,
  password: rules.secretText,
  secure: rules.flag,
  allowUnencrypted: rules.flag,
  folder: rules.nonEmptyText,
} satisfies RulesOf<MailConfig>;

const limits = {
  frameSize: wholeNumber(1),
  depth: wholeNumber(1),
  queue: wholeNumber(1),
  queueBytes: wholeNumber(1),
  eventsPerSecond: wholeNumber(1),
  burst: wholeNumber(1),
  background: wholeNumber(1),
  tabs: wholeNumber(1),
  socketsPerAddress: wholeNumber(1),
  socketsPerSession: wholeNumber(1),
  stateBytes: wholeNumber(1),
  addressStateBytes: wholeNumber(1),
  tabBytes: wholeNumber(1),
  tabBytesMax: wholeNumber(1),
  replayBytes: wholeNumber(1),
  replayFrames: wholeNumber(1),
  unsentBytes: wholeNumber(1),
  leaveAfter: milliseconds(),
  expireAfter: milliseconds(),
  stuckAfter: milliseconds(),
  aliveTimeout: milliseconds(),
  identityCheck: milliseconds(),
  pingInterval: milliseconds(DAY),
  pingTimeout: milliseconds(DAY),
  bodyBytes: wholeNumber(1),
} satisfies RulesOf<LimitsConfig>;

/** Every key of `antiphon.config.ts`; the type makes a key that is missing here an error. */
export const CONFIG_KEYS: RulesOf<AntiphonConfig> = {
  appName: rules.nonEmptyText,
  backendPrefix: rules.text,
  adminPrefix: rules.text,
  extraPrefixes: rules.texts,
  eventBridge: rules.bridge,
  database: { group: database },
  secretKey: rules.secretText,
  secretKeyFallbacks: rules.secretTexts,
  publicUrl: rules.origin,
  assetsUrl: rules.folderUrl,
  session: { group: session },
  auth: { group: auth },
  mail: { group: mail },
  port: wholeNumber(0, 65535),
  host: rules.nonEmptyText,
  trustedOrigins: rules.originPatterns,
  allowedHosts: rules.texts,
  trustProxy: rules.proxies,
  limits: { group: limits },
  shutdownMs: milliseconds(),
  contentSecurityPolicy: rules.policy,
  onStart: rules.callback,
  onStop: rules.callback,
  vite: rules.viteSettings,
};
