import type { Validator } from "../models/model.ts";
import { pattern } from "../models/validators.ts";

/** Characters beyond which a name is left as it is: making it uniform takes time, and it can be nobody's. */
const LONGEST = 254;

/** What a username may consist of. */
export const usernameCharacters: Validator = pattern(
  /^[\p{L}\p{M}\p{N}_.@+-]+$/u,
  "Use only letters, digits and @ . + - _",
);

/**
 * A username as it is stored and looked up: without spaces around it, and with one code for what looks alike (NFKC).
 *
 * A text that is too long to be a username is given back as it is.
 *
 * @example
 * normalizeUsername(" Ａda "); // "Ada"
 */
export function normalizeUsername(username: string): string {
  return username.length > LONGEST ? username : username.trim().normalize("NFKC");
}

/** What two usernames have in common that a person would take for the same. */
export function foldUsername(username: string): string {
  return normalizeUsername(username).toLowerCase();
}

/**
 * An e-mail address as it is stored: the domain in lower case, since only the part before it may tell cases apart.
 *
 * @example
 * normalizeEmail("Ada@EXAMPLE.org"); // "Ada@example.org"
 */
export function normalizeEmail(email: string): string {
  const address = email.trim();
  const at = address.lastIndexOf("@");
  return at < 0 ? address : `${address.slice(0, at)}@${address.slice(at + 1).toLowerCase()}`;
}

/** Whether two addresses are one, whatever their case; letters that only look alike tell them apart. */
export function isSameEmail(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** Whether a text is short and whole enough that a database can hold it as a name or an address. */
export function isStorable(text: string): boolean {
  return text.length <= LONGEST && !text.includes("\0") && text.isWellFormed();
}
