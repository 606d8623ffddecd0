import crypto from "node:crypto";
import { promisify } from "node:util";
import { resolveSettings } from "../../setting.ts";
import { type Argon2idOptions, argon2idOptions } from "../options.ts";
import { type Hasher, type HashParts, readHash, writeHash } from "./hasher.ts";
import { passwordErrors } from "./password-errors.ts";

interface Work {
  readonly m: number;
  readonly t: number;
  readonly p: number;
}

const VERSION = 19;
const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** True where Node has argon2, which it does from version 24.7. */
export const hasArgon2 = typeof crypto.argon2 === "function";

/**
 * Hashes with argon2id, by default as OWASP recommends it at the least: 19 MiB, two passes, one lane.
 *
 * @throws PASSWORD_HASHER_OPTIONS
 * @example
 * const hashing = new PasswordHashing({ hashers: [argon2id(), scrypt()] });
 * @example
 * // In tests, where many users are made.
 * const hashing = new PasswordHashing({ hashers: [argon2id({ memory: 8, passes: 1 })] });
 */
export function argon2id(options: Argon2idOptions = {}): Hasher {
  if (!hasArgon2) throw passwordErrors.PASSWORD_HASHER_OPTIONS("argon2id", "this Node has no argon2; 24.7 has");
  const { memory, passes, parallelism } = resolveSettings(argon2idOptions, options);
  const work: Work = { m: memory, t: passes, p: parallelism };
  const wrong = problemOf(work);
  if (wrong !== undefined) throw passwordErrors.PASSWORD_HASHER_OPTIONS("argon2id", wrong);
  return new Argon2idHasher(work);
}

class Argon2idHasher implements Hasher {
  readonly algorithm = "argon2id";
  readonly #work: Work;

  constructor(work: Work) {
    this.#work = work;
  }

  async hash(password: string): Promise<string> {
    const salt = crypto.randomBytes(SALT_BYTES);
    const hash = await run(password, salt, this.#work, HASH_BYTES);
    return writeHash({ algorithm: this.algorithm, version: VERSION, settings: { ...this.#work }, salt, hash });
  }

  async verify(password: string, encoded: string): Promise<boolean> {
    const stored = read(encoded);
    if (!stored) return false;
    const hash = await run(password, stored.salt, stored.work, stored.hash.length);
    return crypto.timingSafeEqual(hash, stored.hash);
  }

  needsUpgrade(encoded: string): boolean {
    const stored = read(encoded);
    if (!stored) return true;
    const { m, t, p } = stored.work;
    const same = m === this.#work.m && t === this.#work.t && p === this.#work.p;
    return !same || stored.salt.length < SALT_BYTES || stored.hash.length < HASH_BYTES;
  }

  reads(encoded: string): boolean {
    return read(encoded) !== undefined;
  }

  async harden(password: string, encoded: string): Promise<void> {
    const stored = read(encoded);
    const { m, t, p } = this.#work;
    // Time grows with memory times passes.
    const missing = m * t - (stored ? stored.work.m * stored.work.t : 0);
    if (missing <= 0) return;
    const memory = Math.max(8 * p, Math.ceil(missing / t));
    await run(password, crypto.randomBytes(SALT_BYTES), { m: memory, t, p }, HASH_BYTES);
  }
}

function read(encoded: string): (HashParts & { readonly work: Work }) | undefined {
  const parts = readHash(encoded);
  if (parts?.algorithm !== "argon2id" || parts.version !== VERSION) return undefined;
  const { m, t, p, ...others } = parts.settings;
  if (m === undefined || t === undefined || p === undefined || Object.keys(others).length > 0) return undefined;
  const work = { m, t, p };
  if (problemOf(work) !== undefined || parts.salt.length < 8 || parts.hash.length < 16) return undefined;
  return { ...parts, work };
}

/** A stored text with absurd settings must not take all memory of the server. */
function problemOf({ m, t, p }: Work): string | undefined {
  if (!Number.isSafeInteger(p) || p < 1 || p > 64) return "parallelism is 1 to 64";
  if (!Number.isSafeInteger(m) || m < 8 * p || m > 1_048_576) {
    return "memory is 8 KiB for each lane to 1,048,576 KiB";
  }
  return Number.isSafeInteger(t) && t >= 1 && t <= 100 ? undefined : "passes are 1 to 100";
}

function run(password: string, salt: Buffer, { m, t, p }: Work, length: number): Promise<Buffer> {
  const parameters = { message: password, nonce: salt, memory: m, passes: t, parallelism: p, tagLength: length };
  return promisify(crypto.argon2)("argon2id", parameters) as Promise<Buffer>;
}
