/** How an app runs. */
export type Mode = "development" | "production" | "test";

/** Facts of a process on which a default may depend. */
export interface SettingContext {
  /** The app's folder. */
  readonly root: string;
  readonly mode: Mode;
}

/** The values that a setting accepts: the check, its words in an error message, and how an environment variable is read. */
export interface ValueRule {
  /** For "Expected …". */
  readonly expected: string;
  accepts(value: unknown): boolean;
  /** Reads the text of a variable; undefined if it is not such a value. Absent: the setting has no variable. */
  readonly parse?: (text: string) => unknown;
  /** True for values that no message and no log may show. */
  readonly secret?: true;
}

/** The rule of a setting, and its value if it is left out. */
export interface Setting extends ValueRule {
  /** Returns the one form in which the app's code gets the value, if authors may write it in several. */
  readonly read?: (value: never) => unknown;
  /** The value of a setting that is left out. */
  readonly default?: unknown;
  /** Computes the default from the other settings of the table, with the defaults of those above it. */
  readonly defaultFrom?: (known: never, context: SettingContext) => unknown;
}

/** Settings below a setting. */
export interface RuleGroup {
  readonly group: RuleTable;
}

/** A setting, or a group of further settings. */
export type KeyRule = Setting | RuleGroup;

/** Rules by the names of the settings. */
export type RuleTable = { readonly [name: string]: KeyRule };

/**
 * A table with a rule for every setting of a type: the compiler reports a setting without a rule, and a default of another
 * type.
 *
 * @example
 * export const mailOptions = { from: withDefault(sender, "noreply@localhost") } satisfies RulesOf<MailConfig>;
 */
export type RulesOf<C> = {
  readonly [K in keyof Required<C>]:
    | (ValueRule & {
        readonly default?: C[K];
        readonly defaultFrom?: (known: C, context: SettingContext) => C[K];
      })
    | { readonly group: RulesOf<NonNullable<C[K]>> };
};

/** Gives a setting its default. */
export function withDefault<const R extends ValueRule, const V>(rule: R, value: V): R & { readonly default: V } {
  return { ...rule, default: value };
}

/** Gives a setting a default that depends on other settings or on the process. */
export function withDefaultFrom<const R extends ValueRule, C, V>(
  rule: R,
  compute: (known: C, context: SettingContext) => V,
): R & { readonly defaultFrom: (known: C, context: SettingContext) => V } {
  return { ...rule, defaultFrom: compute };
}

type HasDefault = { readonly default: unknown } | { readonly defaultFrom: unknown } | { readonly group: unknown };

/** The type of the settings of a table after `resolveSettings()`: a setting with a default is never undefined. */
export type Resolved<C, R> = {
  readonly [K in keyof C as K extends keyof R ? (R[K] extends HasDefault ? K : never) : never]-?: ResolvedValue<
    C[K],
    K extends keyof R ? R[K] : never
  >;
} & {
  readonly [K in keyof C as K extends keyof R ? (R[K] extends HasDefault ? never : K) : never]?: ResolvedValue<
    C[K],
    K extends keyof R ? R[K] : never
  >;
};

type ResolvedValue<V, R> = R extends { readonly group: infer G }
  ? Resolved<NonNullable<V>, G>
  : R extends { readonly read: (value: never) => infer Read }
    ? Read
    : NonNullable<V>;

/**
 * Returns settings with their defaults, each in its one form. A setting that is `undefined` counts as absent.
 *
 * @example
 * const { from, folder } = resolveSettings(mailOptions, { from: "ada@example.org" });
 */
export function resolveSettings<C extends object, const R extends RuleTable>(
  rules: R,
  given: C,
  context: SettingContext = { root: ".", mode: "development" },
): Resolved<C, R> {
  return resolveTable(rules, given as Values, context) as Resolved<C, R>;
}

type Values = { readonly [name: string]: unknown };

function resolveTable(rules: RuleTable, given: Values, context: SettingContext): Values {
  const resolved: Record<string, unknown> = {};
  for (const [name, rule] of Object.entries(rules)) {
    const value = given[name];
    if ("group" in rule) resolved[name] = resolveTable(rule.group, (value ?? {}) as Values, context);
    else {
      const found = value ?? rule.default ?? rule.defaultFrom?.({ ...given, ...resolved } as never, context);
      if (found !== undefined) resolved[name] = rule.read ? rule.read(found as never) : found;
    }
  }
  return resolved;
}
