import { textForReader } from "../../i18n/keyed-text.ts";
import type { Validator } from "../../models/schema/model.ts";
import { pattern } from "../../models/schema/validators.ts";

/** Characters beyond which a name is left as it is: making it uniform takes time, and it can be nobody's. */
const LONGEST = 254;

const CHARACTERS = pattern(/^[\p{L}\p{M}\p{N}_.@+-]+$/u, "Use only letters, digits and @ . + - _");

/** Code points that show nothing, such as the Hangul filler: with one of them a name looks like another user's name. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u;

/** More marks on one letter than any language puts there hide the text around the name. */
const MANY_MARKS = /\p{M}{5}/u;

/** Alphabets with letters that look like those of another one. */
const ALPHABETS = [
  /\p{Script=Latin}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Armenian}/u,
  /\p{Script=Cherokee}/u,
];

/** Checks that a username can be read, and told from another user's name by sight. */
export const usernameCharacters: Validator = (value) => {
  if (typeof value !== "string") return CHARACTERS(value);
  if (INVISIBLE.test(value) || MANY_MARKS.test(value))
    return textForReader({ key: "Use only characters that can be seen." });
  const wrong = CHARACTERS(value);
  if (wrong !== undefined) return wrong;
  if (!/[\p{L}\p{N}]/u.test(value)) return textForReader({ key: "Use at least one letter or digit." });
  if (ALPHABETS.filter((alphabet) => alphabet.test(value)).length > 1)
    return textForReader({ key: "Use the letters of one alphabet only." });
  return undefined;
};

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

/** Whether a username has the form of an e-mail address. */
export function isAddress(username: string): boolean {
  return username.includes("@");
}

/** Whether two addresses are one, whatever their case; letters that only look alike tell them apart. */
export function isSameEmail(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** Whether a text is short and whole enough that a database can hold it as a name or an address. */
export function isStorable(text: string): boolean {
  return text.length <= LONGEST && !text.includes("\0") && text.isWellFormed();
}
