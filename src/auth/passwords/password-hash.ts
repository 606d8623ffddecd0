import { randomInt } from "node:crypto";
import { trimEnd } from "../../trim-ends.ts";
import { argon2id, hasArgon2 } from "./argon2id.ts";
import { HashLine } from "./hash-line.ts";
import { type Hasher, readHash } from "./hasher.ts";
import { passwordErrors } from "./password-errors.ts";
import { scrypt } from "./scrypt.ts";

export type { Hasher } from "./hasher.ts";

/** Bytes of the longest password; a longer one is refused before any work is done. */
export const LONGEST_PASSWORD = 4096;

const UNUSABLE = "!";
const UNUSABLE_LENGTH = 40;
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** What `PasswordHashing` may be told. */
export interface PasswordHashingOptions {
  /** The first one makes new hashes, all of them check stored ones; argon2id and scrypt when absent. */
  readonly hashers?: readonly Hasher[];
  /** How many are hashed at once; when absent, one less than Node's pool has threads, which makes 3. */
  readonly concurrency?: number;
  /** How many may wait for that; 100 when absent. */
  readonly waiting?: number;
}

/** What `verify` may be told. */
export interface VerifyOptions {
  /** Given a new hash when a right password was stored with an older algorithm or older settings; it saves it. */
  readonly onUpgrade?: (encoded: string) => void | Promise<void>;
}

/** What a person may see of a stored password; nothing of it helps to guess it. */
export interface PasswordSummary {
  /** Undefined when nobody can sign in with it. */
  readonly algorithm: string | undefined;
  /** Such as `m=19456,t=2,p=1`. */
  readonly settings: string;
  readonly salt: string;
  readonly hash: string;
}

/** The hashers of an app that names none: argon2id where Node has it, then scrypt. */
export function defaultHashers(): readonly Hasher[] {
  return hasArgon2 ? [argon2id(), scrypt()] : [scrypt()];
}

/**
 * Hashes passwords and checks them, a few at a time.
 *
 * A check always does the work of one hash, whether there is such a user or not, so that its time tells nobody which
 * names exist.
 *
 * @throws PASSWORD_HASHER_MISSING
 * @example
 * const hashing = new PasswordHashing();
 * const stored = await hashing.hash("correct horse battery staple");
 * const right = await hashing.verify("correct horse battery staple", stored);
 */
export class PasswordHashing {
  /** How often a hasher worked so far; tests count with it where a clock would lie. */
  runs = 0;
  readonly #hashers: ReadonlyMap<string, Hasher>;
  readonly #preferred: Hasher;
  readonly #line: HashLine;

  constructor(options: PasswordHashingOptions = {}) {
    const { hashers = defaultHashers(), concurrency = freeThreads(), waiting = 100 } = options;
    const [preferred] = hashers;
    if (!preferred) throw passwordErrors.PASSWORD_HASHER_MISSING("no hasher was given");
    this.#preferred = preferred;
    this.#hashers = new Map(hashers.map((hasher) => [hasher.algorithm, hasher]));
    this.#line = new HashLine(Math.max(1, concurrency), waiting);
  }

  /**
   * Makes what is stored for a password.
   *
   * @throws PASSWORD_TOO_LONG, AUTH_BUSY
   */
  async hash(password: string): Promise<string> {
    if (isTooLong(password)) throw passwordErrors.PASSWORD_TOO_LONG(LONGEST_PASSWORD);
    return this.#line.run(() => this.#hash(password));
  }

  /**
   * Whether a password is the stored one. Give undefined for a user that does not exist: it takes as long.
   *
   * @throws AUTH_BUSY
   */
  async verify(password: string, encoded: string | null | undefined, options: VerifyOptions = {}): Promise<boolean> {
    if (typeof password !== "string" || isTooLong(password)) return false;
    const upgraded = await this.#line.run(() => this.#verify(password, encoded, options));
    if (typeof upgraded === "string") await options.onUpgrade?.(upgraded);
    return upgraded !== false;
  }

  /** Something to store for a user who can't sign in with a password; no two are equal. */
  unusable(): string {
    return UNUSABLE + Array.from({ length: UNUSABLE_LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join("");
  }

  /** Whether a user with this stored text has a password at all. */
  isUsable(encoded: string | null | undefined): encoded is string {
    return typeof encoded === "string" && encoded !== "" && !encoded.startsWith(UNUSABLE);
  }

  /** Whether a stored text was made by an older algorithm or with older settings. */
  needsUpgrade(encoded: string): boolean {
    return this.#reader(encoded) !== this.#preferred || this.#preferred.needsUpgrade(encoded);
  }

  /** What may be shown of a stored text. */
  summary(encoded: string | null | undefined): PasswordSummary {
    const parts = typeof encoded === "string" ? readHash(encoded) : undefined;
    if (!parts) return { algorithm: undefined, settings: "", salt: "", hash: "" };
    const settings = Object.entries(parts.settings).map(([name, value]) => `${name}=${value}`);
    const { algorithm, salt, hash } = parts;
    return { algorithm, settings: settings.join(","), salt: masked(salt, 2), hash: masked(hash, 6) };
  }

  /** False, true, or a new hash to store in place of the old one. */
  async #verify(
    password: string,
    encoded: string | null | undefined,
    { onUpgrade }: VerifyOptions,
  ): Promise<boolean | string> {
    const hasher = this.#reader(encoded);
    if (!hasher || !this.isUsable(encoded)) {
      await this.#hash(password);
      return false;
    }
    this.runs++;
    const right = await hasher.verify(password, encoded);
    if (!right) {
      if (hasher === this.#preferred && hasher.harden && hasher.needsUpgrade(encoded)) {
        this.runs++;
        await hasher.harden(password, encoded);
      }
      return false;
    }
    return onUpgrade && this.needsUpgrade(encoded) ? this.#hash(password) : true;
  }

  #hash(password: string): Promise<string> {
    this.runs++;
    return this.#preferred.hash(password);
  }

  #reader(encoded: string | null | undefined): Hasher | undefined {
    if (!this.isUsable(encoded)) return undefined;
    const algorithm = /^\$([a-z0-9-]{1,32})\$/.exec(encoded)?.[1] ?? "";
    const hasher = this.#hashers.get(algorithm);
    return hasher?.reads(encoded) ? hasher : undefined;
  }
}

/** Whether a text is too long for a password; nothing is done with one that is. */
export function isTooLong(password: string): boolean {
  return password.length > LONGEST_PASSWORD || Buffer.byteLength(password) > LONGEST_PASSWORD;
}

function masked(bytes: Buffer, shown: number): string {
  const text = trimEnd(bytes.toString("base64"), "=");
  return text.slice(0, shown) + "*".repeat(Math.max(0, text.length - shown));
}

/** Node's pool has four threads unless told; one stays free for files and names. */
function freeThreads(): number {
  const told = Number(process.env["UV_THREADPOOL_SIZE"]);
  return Math.max(1, (Number.isSafeInteger(told) && told > 0 ? told : 4) - 1);
}
