import { clientAddress } from "../../bridge/client-address.ts";
import { YEAR_SECONDS } from "../../protocol/durations.ts";
import { resolveSettings } from "../../setting.ts";
import {
  type ThrottleConfig,
  type ThrottleKey,
  type ThrottlePurpose,
  type ThrottleRule,
  throttleOptions,
} from "../options.ts";
import { passwordErrors } from "../passwords/password-errors.ts";
import { foldUsername } from "../users/username.ts";
import { type Counter, type CounterMatch, type Counters, digest, steadyNow } from "./throttle-counters.ts";

export type { ThrottleKey, ThrottlePurpose, ThrottleRule } from "../options.ts";
export type { Counters } from "./throttle-counters.ts";

/** Who tries. */
export interface ThrottleKeys {
  /** `request.ip`. */
  readonly ip: string;
  /** The name or address that was typed; case, spaces around it and look-alike letters make no difference. */
  readonly identifier?: string;
  readonly userAgent?: string;
  /** True if the try is counted under another name already: rules that count by no name do not count it again. */
  readonly alias?: boolean;
}

/** One count, as a list for people shows it. */
export interface ThrottleEntry {
  readonly purpose: ThrottlePurpose;
  /** What is counted by, such as `identifier+ip`; with its seconds, `ip/3600`, where several rules count by the same. */
  readonly rule: string;
  readonly ip?: string;
  /** A digest of the name: two entries with the same one are about the same name. */
  readonly identifier?: string;
  readonly count: number;
  readonly resetAt: Date;
  /** Whether the next try is refused. */
  readonly locked: boolean;
}

/** What `Throttle` may be told. */
export interface ThrottleOptions {
  readonly counters: Counters;
  /** Those of `DEFAULT_RULES` when absent; an empty list counts nothing. */
  readonly rules?: readonly ThrottleRule[];
  /** Milliseconds since 1970, for tests. */
  readonly now?: () => number;
}

/**
 * Five tries in a quarter of an hour for one name from one address, and fifty from one address. A name alone is not
 * counted, so that nobody can lock somebody else out.
 */
export const DEFAULT_RULES: readonly ThrottleRule[] = rulesOf(resolveSettings(throttleOptions, {} as ThrottleConfig));

/** Returns the rules of one purpose, or of all: for a name from an address, and for an address whatever the name. */
export function rulesOf(
  { attempts, ipAttempts, window }: Required<ThrottleConfig>,
  purpose?: ThrottlePurpose,
): readonly ThrottleRule[] {
  const shared = { seconds: window, ...(purpose === undefined ? {} : { purposes: [purpose] }) };
  return [
    // First, so that an address that is refused leaves no count for each name that it tries.
    { by: ["ip"], limit: ipAttempts, ...shared },
    { by: ["identifier", "ip"], limit: attempts, ...shared },
  ];
}

/**
 * Refuses what was tried too often: sign-ins, and whatever else a stranger can try again and again.
 *
 * A try is counted before its work is done and given back after it went well: a hundred tries at once get no further
 * than a hundred one after the other.
 *
 * @throws THROTTLE_RULE_INVALID
 * @example
 * await throttle.begin("login", { ip: request.ip, identifier: username });
 * if (await hashing.verify(password, stored)) await throttle.succeed("login", { ip: request.ip, identifier: username });
 */
export class Throttle {
  readonly #counters: Counters;
  readonly #rules: readonly (ThrottleRule & { readonly name: string })[];
  readonly #now: () => number;

  constructor({ counters, rules = DEFAULT_RULES, now = steadyNow }: ThrottleOptions) {
    this.#counters = counters;
    this.#rules = rules.map((rule, index) => ({ ...rule, name: nameOf(rule, rules.toSpliced(index, 1)) }));
    this.#now = now;
  }

  /**
   * Counts a try and refuses it when there were too many; `details.retryAfter` are the seconds until the next one.
   *
   * @throws AUTH_THROTTLED (429)
   */
  async begin(purpose: ThrottlePurpose, keys: ThrottleKeys): Promise<void> {
    const counted: Counter[] = [];
    for (const { rule, counter } of this.#counts(purpose, keys)) {
      const { count, resetAt } = await this.#counters.increment(counter, rule.seconds * 1000);
      if (count <= rule.limit) {
        counted.push(counter);
        continue;
      }
      // Who is refused for one reason has not made a try that counts for another.
      for (const other of counted) await this.#counters.refund(other);
      // A store with another idea of the time must not announce more than a window.
      const left = Math.min(rule.seconds, Math.ceil((resetAt - this.#now()) / 1000));
      const retryAfter = Math.max(1, left);
      throw passwordErrors.AUTH_THROTTLED.with({ details: { retryAfter } }, retryAfter);
    }
  }

  /**
   * Tells that a counted try went well: the name begins anew for this address, and everything else gets the one try
   * back. The failures of other names from the same address stay counted.
   */
  async succeed(purpose: ThrottlePurpose, keys: ThrottleKeys): Promise<void> {
    for (const { rule, counter } of this.#counts(purpose, keys)) {
      if (rule.by.includes("ip") && rule.by.includes("identifier")) await this.#counters.forget(counter);
      else await this.#counters.refund(counter);
    }
  }

  /** Gives a counted try back that was not made after all, because the server was too busy for example. */
  async refund(purpose: ThrottlePurpose, keys: ThrottleKeys): Promise<void> {
    for (const { counter } of this.#counts(purpose, keys)) await this.#counters.refund(counter);
  }

  /** Takes the counts of an address, of a name, or of both together away, or all of them, and tells how many. */
  clear(keys: Partial<Pick<ThrottleKeys, "ip" | "identifier">> = {}): Promise<number> {
    const { ip, identifier } = keys;
    const match: CounterMatch = {
      ...(ip === undefined ? {} : { ip: clientAddress(ip) }),
      ...(identifier === undefined ? {} : { identifier: identifierDigest(identifier) }),
    };
    return this.#counters.clear(match);
  }

  /** What is counted at this moment, the highest count first; 100 entries when no limit is given. */
  async list(limit = 100): Promise<readonly ThrottleEntry[]> {
    const states = await this.#counters.list(limit);
    const limitOf = (purpose: ThrottlePurpose, name: string) =>
      this.#rules.find((rule) => rule.name === name && holdsFor(rule, purpose))?.limit ?? Number.POSITIVE_INFINITY;
    return states.map(({ purpose, rule, ip, identifier, count, resetAt }) => ({
      purpose,
      rule,
      ...(ip === undefined ? {} : { ip }),
      ...(identifier === undefined ? {} : { identifier }),
      count,
      resetAt: new Date(resetAt),
      locked: count >= limitOf(purpose, rule),
    }));
  }

  /** Frees the room of counts whose window is over, and tells how many; a command or a schedule calls it. */
  clearExpired(): Promise<number> {
    return this.#counters.clearExpired();
  }

  #counts(purpose: ThrottlePurpose, keys: ThrottleKeys): { rule: ThrottleRule; counter: Counter }[] {
    const known = digested(keys);
    return this.#rules
      .filter((rule) => holdsFor(rule, purpose) && rule.by.every((key) => known[key] !== undefined))
      .filter(({ by }) => !keys.alias || by.includes("identifier"))
      .map((rule) => {
        const values = Object.fromEntries(rule.by.map((key) => [key, known[key]]));
        return { rule, counter: { purpose, rule: rule.name, ...values } };
      });
  }
}

function digested({ ip, identifier, userAgent }: ThrottleKeys): { readonly [K in ThrottleKey]: string | undefined } {
  return {
    ip: clientAddress(ip),
    identifier: typeof identifier === "string" ? identifierDigest(identifier) : undefined,
    userAgent: typeof userAgent === "string" ? digest(userAgent.slice(0, 1_000)) : undefined,
  };
}

/** As in signing in, so that another spelling of a name is no fresh start. */
function identifierDigest(identifier: string): string {
  return digest(foldUsername(identifier));
}

/** What a rule counts by; where others count by the same, a short and a long window for example, each counts for itself. */
function nameOf(rule: ThrottleRule, others: readonly ThrottleRule[]): string {
  const wrong = (reason: string) => passwordErrors.THROTTLE_RULE_INVALID(JSON.stringify(rule), reason);
  if (rule.by.length === 0) throw wrong("it counts by nothing");
  if (new Set(rule.by).size < rule.by.length) throw wrong("it counts by one thing twice");
  if (rule.by.some((key) => !["ip", "identifier", "userAgent"].includes(key))) {
    throw wrong("tries can be counted by ip, identifier and userAgent");
  }
  if (!Number.isSafeInteger(rule.limit) || rule.limit < 1) throw wrong("limit is no whole number from 1");
  if (!(rule.seconds >= 1 && rule.seconds <= YEAR_SECONDS)) throw wrong("seconds are 1 to a year's");
  const name = keysOf(rule);
  const alike = others.filter((other) => keysOf(other) === name && shareAPurpose(rule, other));
  if (alike.length === 0) return name;
  const own = Math.round(rule.seconds);
  if (alike.some(({ seconds }) => Math.round(seconds) === own))
    throw wrong("another rule counts the same for as long, so that the higher limit never holds");
  return `${name}/${own}`;
}

function keysOf({ by }: ThrottleRule): string {
  return [...by].sort().join("+");
}

function holdsFor({ purposes }: ThrottleRule, purpose: ThrottlePurpose): boolean {
  return purposes?.includes(purpose) ?? true;
}

function shareAPurpose(one: ThrottleRule, other: ThrottleRule): boolean {
  return one.purposes?.some((purpose) => holdsFor(other, purpose)) ?? other.purposes?.length !== 0;
}
