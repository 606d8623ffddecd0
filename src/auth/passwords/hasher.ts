import { trimEnd } from "../../trim-ends.ts";
/**
 * One way to hash passwords. Its texts name the algorithm, its settings and the salt, so that old ones can be checked
 * after the settings were changed.
 *
 * Antiphon has `argon2id()` and `scrypt()`; write one of your own for hashes that come from another system.
 *
 * @example
 * const hasher: Hasher = argon2id({ memory: 8, passes: 1 });
 */
export interface Hasher {
  /** Stands first in its texts, between dollars: `$argon2id$…`. */
  readonly algorithm: string;
  /** Hashes with a new salt. */
  hash(password: string): Promise<string>;
  /** False for a text that it cannot read; it does not throw for one. */
  verify(password: string, encoded: string): Promise<boolean>;
  /** Whether a text was made with other settings than those of now. */
  needsUpgrade(encoded: string): boolean;
  /** Whether it can read a text, its settings being within sane bounds. */
  reads(encoded: string): boolean;
  /** After a wrong password: does the work that a text of weaker settings saved, so that the time tells nothing. */
  harden?(password: string, encoded: string): Promise<void>;
}

/** A hash in parts: `$algorithm$v=19$m=19456,t=2,p=1$salt$hash`, as most systems write it. */
export interface HashParts {
  readonly algorithm: string;
  readonly version: number | undefined;
  readonly settings: { readonly [name: string]: number };
  readonly salt: Buffer;
  readonly hash: Buffer;
}

const SHAPE =
  /^\$([a-z0-9-]{1,32})(?:\$v=(\d{1,4}))?\$([a-z]{1,8}=\d{1,10}(?:,[a-z]{1,8}=\d{1,10}){0,7})\$([A-Za-z0-9+/]{1,128})\$([A-Za-z0-9+/]{1,256})$/;

/** Takes a stored hash apart; undefined for any other text. */
export function readHash(encoded: string): HashParts | undefined {
  if (encoded.length > 512) return undefined;
  const [, algorithm, version, settings, salt, hash] = SHAPE.exec(encoded) ?? [];
  if (algorithm === undefined || settings === undefined || salt === undefined || hash === undefined) return undefined;
  const pairs = settings.split(",").map((pair) => pair.split("=") as [string, string]);
  return {
    algorithm,
    version: version === undefined ? undefined : Number(version),
    settings: Object.fromEntries(pairs.map(([name, value]) => [name, Number(value)])),
    salt: Buffer.from(salt, "base64"),
    hash: Buffer.from(hash, "base64"),
  };
}

/** Writes a hash as one text. */
export function writeHash({ algorithm, version, settings, salt, hash }: HashParts): string {
  const pairs = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  const head = version === undefined ? [algorithm] : [algorithm, `v=${version}`];
  return `$${[...head, pairs.join(","), base64(salt), base64(hash)].join("$")}`;
}

function base64(bytes: Buffer): string {
  return trimEnd(bytes.toString("base64"), "=");
}
