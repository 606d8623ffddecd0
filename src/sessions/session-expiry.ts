import { TICKET_LIFE } from "../protocol/endpoints.ts";
import { sessionErrors } from "./errors.ts";

/** Milliseconds for which a session lives whose cookie is not fetched. Its ticket is issued after it was stored. */
export const UNCLAIMED_LIFE = TICKET_LIFE + 1_000;

/** Seconds, a moment as ISO text, 0 for "until the browser closes", or null for the default. */
export type StoredExpiry = number | string | null;

/** Latest moment that every database can keep, in milliseconds since 1970. */
const LATEST = Date.UTC(9999, 0, 1);

/** Checks what `setExpiry()` was given. @throws SESSION_EXPIRY_INVALID */
export function storedExpiry(value: unknown): StoredExpiry {
  if (value === null) return null;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  throw sessionErrors.SESSION_EXPIRY_INVALID(value instanceof Date ? "an invalid Date" : String(value));
}

/** Reads what a stored session says of its expiry; whatever it does not understand is the default. */
export function readExpiry(value: unknown): StoredExpiry {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  return typeof value === "string" && !Number.isNaN(Date.parse(value)) ? value : null;
}

/** When a session with this expiry ends if it is saved at `now`; milliseconds since 1970. `age`: default, in seconds. */
export function expiresAt(expiry: StoredExpiry, now: number, age: number): number {
  const at = typeof expiry === "string" ? Date.parse(expiry) : now + (expiry || age) * 1_000;
  return Math.min(LATEST, Math.round(at));
}
