import { hash, randomFillSync } from "node:crypto";

const ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789";
const LENGTH = 32;
/** The largest multiple of the alphabet's size that a byte can hold: bytes above it would favour the first letters. */
const FAIR = 252;
const KEY = /^[a-z0-9]{8,64}$/;

/** A new session key: 32 letters and digits, about 165 bits that nobody can guess. */
export function newSessionKey(): string {
  let key = "";
  const bytes = new Uint8Array(LENGTH + 8);
  while (key.length < LENGTH) {
    randomFillSync(bytes);
    for (const byte of bytes) {
      if (byte < FAIR && key.length < LENGTH) key += ALPHABET[byte % ALPHABET.length];
    }
  }
  return key;
}

/** Whether something that a browser sent can be a session key at all; anything else counts as no key. */
export function isSessionKey(value: unknown): value is string {
  return typeof value === "string" && (ids.has(value) || KEY.test(value));
}

/**
 * Under which name a session is stored: a hash of its key, so that who reads the table cannot sign in with what it says.
 * It is also what parts of the framework call a session by.
 */
export function sessionIdOf(key: string): string {
  const known = ids.get(key);
  if (known !== undefined) return known;
  const id = hash("sha256", key, "base64url");
  // Every event of a tab asks for the same.
  if (ids.size >= KEPT_IDS) ids.delete(ids.keys().next().value as string);
  ids.set(key, id);
  return id;
}

const KEPT_IDS = 5_000;
const ids = new Map<string, string>();
