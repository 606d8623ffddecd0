import { textForReader, wordList } from "../../i18n/keyed-text.ts";
import type { LazyText } from "../../i18n/lazy-text.ts";
import type { Validator } from "./model.ts";
import { characters } from "./text.ts";

/** Longest text that an author's pattern is tried on, since nobody knows what it costs. */
const LONGEST_PATTERN_TEXT = 10_000;
const LONGEST_EMAIL = 254;
const LONGEST_URL = 2_048;

/**
 * At least so many characters.
 *
 * @example
 * const title: FieldOptions = { validators: [minLength(3)] };
 */
export function minLength(least: number): Validator {
  return (value) => {
    if (typeof value === "string" && value.length >= 2 * least) return undefined;
    return characters(String(value)) >= least
      ? undefined
      : textForReader({ key: "Use at least {{count}} characters.", values: { count: least } });
  };
}

/**
 * At most so many characters; for a bound below the column's, which is checked anyway.
 *
 * @example
 * const nick: FieldOptions = { validators: [maxLength(20)] };
 */
export function maxLength(most: number): Validator {
  return (value) => {
    const text = String(value);
    if (text.length <= most || characters(text) <= most) return undefined;
    return textForReader({ key: "Use at most {{count}} characters.", values: { count: most } });
  };
}

/**
 * Not below a bound: a number, a decimal or big integer as text (compared without loss), or an ISO date.
 *
 * @example
 * const price: FieldOptions = { validators: [minValue("0.01")] };
 */
export function minValue(least: number | bigint | string): Validator {
  const text = { key: "Enter a value of at least {{0}}.", values: { 0: least } };
  return (value) => (compare(value, least) < 0 ? textForReader(text) : undefined);
}

/**
 * Not above a bound; see `minValue`.
 *
 * @example
 * const age: FieldOptions = { validators: [maxValue(150)] };
 */
export function maxValue(most: number | bigint | string): Validator {
  const text = { key: "Enter a value of at most {{0}}.", values: { 0: most } };
  return (value) => (compare(value, most) > 0 ? textForReader(text) : undefined);
}

/**
 * Matches an expression of yours; write `^…$` when the whole text must match. Never build one from what a user typed.
 *
 * Text above 10,000 characters is refused without trying.
 *
 * @example
 * const code: FieldOptions = { validators: [pattern(/^[A-Z]{3}-\d+$/, "Enter a code such as ABC-12.")] };
 */
export function pattern(expression: RegExp, message: string | LazyText = "Enter a valid value."): Validator {
  // The flags g and y make test() remember where it was.
  const stateless = new RegExp(expression.source, expression.flags.replace(/[gy]/g, ""));
  return (value) => {
    const text = String(value);
    return text.length <= LONGEST_PATTERN_TEXT && stateless.test(text) ? undefined : textForReader(message);
  };
}

const LOCAL_PART = /^[\p{L}\p{N}.!#$%&'*+/=?^_`{|}~-]+$/u;
const DOMAIN_LABEL = /^[\p{L}\p{N}-]+$/u;

/**
 * An e-mail address of the usual form: `name@host.domain`, without comments, quotes or bare hosts.
 *
 * @example
 * const address: FieldOptions = { validators: [email()] };
 */
export function email(message: string | LazyText = "Enter a valid e-mail address."): Validator {
  return (value) => (typeof value === "string" && isEmail(value) ? undefined : textForReader(message));
}

/**
 * An absolute address with one of the schemes, `https` and `http` when none are named; never `javascript:`.
 *
 * @example
 * const site: FieldOptions = { validators: [url()] };
 */
export function url(
  options: { readonly schemes?: readonly string[]; readonly message?: string | LazyText } = {},
): Validator {
  const { schemes = ["http", "https"], message = "Enter a valid URL." } = options;
  return (value) => (typeof value === "string" && isUrl(value, schemes) ? undefined : textForReader(message));
}

/**
 * Letters without accents, digits, hyphens and underscores: what stands in an address without escaping.
 *
 * @example
 * const slugField: FieldOptions = { validators: [slug()] };
 */
export function slug(message: string | LazyText = "Use only letters, numbers, hyphens and underscores."): Validator {
  return (value) => (typeof value === "string" && /^[A-Za-z0-9_-]+$/.test(value) ? undefined : textForReader(message));
}

/**
 * One of the listed values; for an enum the column checks it already.
 *
 * @example
 * const size: FieldOptions = { validators: [oneOf(["S", "M", "L"])] };
 */
export function oneOf(items: readonly (string | number | boolean)[]): Validator {
  const known: ReadonlySet<unknown> = new Set(items);
  const text = { key: "Choose one of {{0}}.", values: { 0: wordList(items.map(String), "or") } };
  return (value) => (known.has(value) ? undefined : textForReader(text));
}

function isEmail(text: string): boolean {
  if (text.length > LONGEST_EMAIL) return false;
  const at = text.lastIndexOf("@");
  const local = text.slice(0, at);
  if (at < 1 || local.length > 64 || !LOCAL_PART.test(local)) return false;
  if (local.startsWith(".") || local.endsWith(".") || local.includes("..")) return false;
  const labels = text.slice(at + 1).split(".");
  return labels.length > 1 && labels.every(isLabel) && !/^\d+$/.test(labels.at(-1) ?? "");
}

function isLabel(label: string): boolean {
  return label.length <= 63 && DOMAIN_LABEL.test(label) && !label.startsWith("-") && !label.endsWith("-");
}

function isUrl(text: string, schemes: readonly string[]): boolean {
  // The parser drops tabs and line ends and repairs slashes; an address that needs it is not what was typed.
  if (text.length > LONGEST_URL || /[\s\p{Cc}\\]/u.test(text)) return false;
  const end = text.indexOf("://");
  if (end < 1 || !schemes.includes(text.slice(0, end).toLowerCase()) || !URL.canParse(text)) return false;
  const { hostname } = new URL(text);
  return hostname !== "" && !hostname.startsWith(".") && !hostname.includes("..");
}

const NUMBER = /^([+-]?)(\d+)(?:\.(\d+))?$/;

/** Numbers are compared digit by digit, so that big ones keep theirs; other text, such as dates, letter by letter. */
function compare(left: unknown, right: unknown): number {
  if (typeof left === "number" && typeof right === "number") return left - right;
  const [one, other] = [digits(String(left)), digits(String(right))];
  if (one !== undefined && other !== undefined) return compareDigits(one, other);
  if (typeof left === "number" || typeof right === "number") return Number(left) - Number(right);
  return order(String(left), String(right));
}

interface Digits {
  readonly negative: boolean;
  readonly whole: string;
  readonly fraction: string;
}

function digits(text: string): Digits | undefined {
  const match = NUMBER.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = "", fraction = ""] = match;
  let first = 0;
  while (whole[first] === "0") first++;
  let last = fraction.length;
  while (fraction[last - 1] === "0") last--;
  const significant = { whole: whole.slice(first), fraction: fraction.slice(0, last) };
  return { ...significant, negative: sign === "-" && significant.whole + significant.fraction !== "" };
}

function compareDigits(one: Digits, other: Digits): number {
  if (one.negative !== other.negative) return one.negative ? -1 : 1;
  const size =
    one.whole.length - other.whole.length || order(one.whole, other.whole) || order(one.fraction, other.fraction);
  return one.negative ? -size : size;
}

function order(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
