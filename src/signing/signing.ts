import { createHash, createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import { signingErrors } from "./errors.ts";

/** Sixteen bits for each character, so that no two texts have the same bytes; UTF-8 makes one of all half characters. */
const ENCODING = "utf16le";
const SALT = "antiphon signing 1";
const SHAPE = /^[A-Za-z0-9_-]{43}$/;

/** Derived keys that are kept; purposes are few, and written in code. */
const KEPT = 200;
const derived = new Map<string, Buffer>();

/**
 * Signs a text for one purpose: 43 characters that only the holder of the secret can make.
 *
 * Each purpose has a key of its own, so a signature of one purpose is worth nothing for another, however the two texts
 * are cut. Write the purpose in code, and never make it of what somebody typed.
 *
 * @throws SIGNING_SECRET_MISSING
 * @example
 * const token = `${noteId}.${signature("share-note", noteId, secret)}`;
 */
export function signature(purpose: string, value: string, secret: string): string {
  return createHmac("sha256", keyOf(purpose, secret)).update(value, ENCODING).digest("base64url");
}

/**
 * Tells which of the secrets made a signature: its place in the list, or -1. It takes the same time for every wrong one.
 *
 * The first secret is the one that signs now; the others are older ones that still count. Anything may be given to it:
 * what is no text is no signature.
 *
 * @throws SIGNING_SECRET_MISSING
 * @example
 * if (isSignature("share-note", noteId, request.query["signature"], secrets) < 0) throw new Error("no");
 */
export function isSignature(purpose: string, value: string, given: unknown, secrets: readonly string[]): number {
  if (secrets.length === 0) throw signingErrors.SIGNING_SECRET_MISSING();
  // Of its exact shape first: cut to bytes, a character beyond ASCII could look like another.
  if (typeof given !== "string" || !SHAPE.test(given)) return -1;
  const bytes = Buffer.from(given, "latin1");
  return secrets.findIndex((secret) =>
    timingSafeEqual(bytes, Buffer.from(signature(purpose, value, secret), "latin1")),
  );
}

function keyOf(purpose: string, secret: string): Buffer {
  if (secret === "") throw signingErrors.SIGNING_SECRET_MISSING();
  const name = `${purpose.length}:${purpose}${secret}`;
  const known = derived.get(name);
  if (known) return known;
  // Its digest, because the derivation takes no purpose of more than a kilobyte.
  const info = createHash("sha256").update(purpose, ENCODING).digest();
  const key = Buffer.from(hkdfSync("sha256", Buffer.from(secret, ENCODING), SALT, info, 32));
  derived.set(name, key);
  if (derived.size > KEPT) derived.delete(derived.keys().next().value as string);
  return key;
}
