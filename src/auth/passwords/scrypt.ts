import crypto from "node:crypto";
import { type Hasher, type HashParts, readHash, writeHash } from "./hasher.ts";
import { passwordErrors } from "./password-errors.ts";

/** How much work one hash is. */
export interface ScryptOptions {
  /** Blocks, as a power of two: 15 when absent, which are 32 MiB with a block size of 8. */
  readonly costLog2?: number;
  /** Size of a block; 8 when absent. */
  readonly blockSize?: number;
  /** How often it is done; 3 when absent. */
  readonly parallelism?: number;
}

interface Work {
  readonly ln: number;
  readonly r: number;
  readonly p: number;
}

const SALT_BYTES = 16;
const HASH_BYTES = 32;
const MOST_MEMORY = 1024 ** 3;

/**
 * Hashes with scrypt, by default as OWASP recommends it for 32 MiB: the fallback where there is no argon2.
 *
 * @throws PASSWORD_HASHER_OPTIONS
 * @example
 * const hashing = new PasswordHashing({ hashers: [scrypt()] });
 */
export function scrypt(options: ScryptOptions = {}): Hasher {
  const { costLog2 = 15, blockSize = 8, parallelism = 3 } = options;
  const work: Work = { ln: costLog2, r: blockSize, p: parallelism };
  const wrong = problemOf(work);
  if (wrong !== undefined) throw passwordErrors.PASSWORD_HASHER_OPTIONS("scrypt", wrong);
  return new ScryptHasher(work);
}

class ScryptHasher implements Hasher {
  readonly algorithm = "scrypt";
  readonly #work: Work;

  constructor(work: Work) {
    this.#work = work;
  }

  async hash(password: string): Promise<string> {
    const salt = crypto.randomBytes(SALT_BYTES);
    const hash = await run(password, salt, this.#work, HASH_BYTES);
    return writeHash({ algorithm: this.algorithm, version: undefined, settings: { ...this.#work }, salt, hash });
  }

  async verify(password: string, encoded: string): Promise<boolean> {
    const stored = read(encoded);
    if (!stored) return false;
    return crypto.timingSafeEqual(await run(password, stored.salt, stored.work, stored.hash.length), stored.hash);
  }

  needsUpgrade(encoded: string): boolean {
    const stored = read(encoded);
    if (!stored) return true;
    const { ln, r, p } = stored.work;
    const same = ln === this.#work.ln && r === this.#work.r && p === this.#work.p;
    return !same || stored.salt.length < SALT_BYTES || stored.hash.length < HASH_BYTES;
  }

  reads(encoded: string): boolean {
    return read(encoded) !== undefined;
  }

  async harden(password: string, encoded: string): Promise<void> {
    const stored = read(encoded);
    const missing = costOf(this.#work) - (stored ? costOf(stored.work) : 0);
    if (missing <= 0) return;
    const { r } = this.#work;
    // The most blocks that fit into what is missing, as often as they fit.
    const ln = Math.max(1, Math.min(this.#work.ln, Math.floor(Math.log2(missing / r))));
    const p = Math.max(1, Math.round(missing / (2 ** ln * r)));
    await run(password, crypto.randomBytes(SALT_BYTES), { ln, r, p }, HASH_BYTES);
  }
}

function costOf({ ln, r, p }: Work): number {
  return 2 ** ln * r * p;
}

function read(encoded: string): (HashParts & { readonly work: Work }) | undefined {
  const parts = readHash(encoded);
  if (parts?.algorithm !== "scrypt" || parts.version !== undefined) return undefined;
  const { ln, r, p, ...others } = parts.settings;
  if (ln === undefined || r === undefined || p === undefined || Object.keys(others).length > 0) return undefined;
  const work = { ln, r, p };
  if (problemOf(work) !== undefined || parts.salt.length < 8 || parts.hash.length < 16) return undefined;
  return { ...parts, work };
}

/** A stored text with absurd settings must not take all memory of the server, nor a thread for minutes. */
function problemOf({ ln, r, p }: Work): string | undefined {
  if (!Number.isSafeInteger(ln) || ln < 1 || ln > 20) return "costLog2 is 1 to 20";
  if (!Number.isSafeInteger(r) || r < 1 || r > 64) return "blockSize is 1 to 64";
  if (!Number.isSafeInteger(p) || p < 1 || p > 64) return "parallelism is 1 to 64";
  return 128 * costOf({ ln, r, p }) <= 8 * MOST_MEMORY && memoryOf({ ln, r, p }) <= MOST_MEMORY
    ? undefined
    : "together they take too long or more than a gigabyte";
}

function memoryOf({ ln, r, p }: Work): number {
  return 128 * r * (2 ** ln + p + 2);
}

function run(password: string, salt: Buffer, work: Work, length: number): Promise<Buffer> {
  const options: crypto.ScryptOptions = { cost: 2 ** work.ln, blockSize: work.r, parallelization: work.p };
  return new Promise((resolve, reject) => {
    crypto.scrypt(password, salt, length, { ...options, maxmem: memoryOf(work) + 65_536 }, (error, hash) =>
      error ? reject(error) : resolve(hash),
    );
  });
}
