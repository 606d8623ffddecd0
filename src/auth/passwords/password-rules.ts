import { signInOptions } from "../options.ts";
import { commonPasswords } from "./common-passwords.ts";
import { passwordErrors } from "./password-errors.ts";
import { isTooLong, LONGEST_PASSWORD } from "./password-hash.ts";
import {
  type PasswordMessages,
  type PasswordMessageValues,
  type PasswordProblemCode,
  passwordMessages,
} from "./password-messages.ts";

/** One thing that is wrong with a password. */
export interface PasswordProblem {
  /** Stable, such as `password_too_short`. */
  readonly code: string;
  /** A sentence for the person who chose the password. */
  readonly message: string;
}

/** What is known of the person; names of fields and their values. */
export type PasswordOwner = { readonly [field: string]: unknown };

/**
 * A rule for new passwords.
 *
 * @example
 * const noSpaces: PasswordValidator = {
 *   helpText: () => "Your password must not hold spaces.",
 *   check: (password) =>
 *     password.includes(" ") ? { code: "password_space", message: "The password holds a space." } : undefined,
 * };
 */
export interface PasswordValidator {
  /** What is wrong, or undefined; it may be async. */
  check(
    password: string,
    user: PasswordOwner | undefined,
    messages: PasswordMessages,
  ): PasswordProblem | undefined | Promise<PasswordProblem | undefined>;
  /** The sentence that a form shows before a password is typed. */
  helpText(messages: PasswordMessages): string;
}

/** Refuses passwords of fewer characters; 8 when no number is given. */
export function minimumLength(shortest: number = signInOptions.passwordMinLength.default): PasswordValidator {
  return rule("password_too_short", { shortest }, (password) => [...password].length < shortest);
}

/** Refuses what many people use; the list is read once, when the first password is checked. */
export function notCommon(): PasswordValidator {
  return rule("password_too_common", {}, async (password) =>
    (await commonPasswords()).has(password.trim().toLowerCase()),
  );
}

/** Refuses passwords of digits only. */
export function notNumeric(): PasswordValidator {
  return rule("password_entirely_numeric", {}, (password) => /^\p{Nd}+$/u.test(password));
}

/**
 * Refuses what is much like a name or the address of its owner, or like a part of one.
 *
 * Similarity is the share of letters that two texts have in common, from 0 to 1; 0.7 is too much when no number is given.
 *
 * @example
 * const validators = [minimumLength(10), notSimilar({ attributes: ["username", "nickname"] })];
 */
export function notSimilar(
  options: { readonly attributes?: readonly string[]; readonly most?: number } = {},
): PasswordValidator {
  const { attributes = ["username", "firstName", "lastName", "email"], most = 0.7 } = options;
  const code = "password_too_similar";
  return {
    helpText: (messages) => messages.help[code]({}),
    check(password, user, messages) {
      const counted = countLetters(password.toLowerCase());
      const found = attributes.find((name) => partsOf(user?.[name]).some((part) => isSimilar(counted, part, most)));
      if (found === undefined) return undefined;
      return { code, message: messages.problems[code]({ attribute: messages.attributes[found] ?? found }) };
    },
  };
}

/** The rules of an app that names none: at least 8 characters, not like the user, not common, not digits only. */
export const defaultPasswordValidators: readonly PasswordValidator[] = [
  notSimilar(),
  minimumLength(),
  notCommon(),
  notNumeric(),
];

/** What the checks of a password may be told. */
export interface PasswordCheckOptions {
  /** `defaultPasswordValidators` when absent. */
  readonly validators?: readonly PasswordValidator[];
  /** The sentences, for another language. */
  readonly messages?: PasswordMessages;
}

/**
 * Everything that is wrong with a new password; an empty list means that it will do.
 *
 * @example
 * const problems = await passwordProblems(password, { username, email });
 */
export async function passwordProblems(
  password: unknown,
  user?: PasswordOwner,
  options: PasswordCheckOptions = {},
): Promise<PasswordProblem[]> {
  const { validators = defaultPasswordValidators, messages = passwordMessages } = options;
  const typed = typeof password === "string" ? password : "";
  if (isTooLong(typed)) return [problem(messages, "password_too_long", { longest: LONGEST_PASSWORD })];
  const found = await Promise.all(validators.map((validator) => validator.check(typed, user, messages)));
  return found.filter((each) => each !== undefined);
}

/**
 * Refuses a new password that breaks a rule; `details.problems` lists all of them.
 *
 * @throws PASSWORD_INVALID (400)
 * @example
 * await validatePassword(password, { username, email });
 */
export async function validatePassword(
  password: unknown,
  user?: PasswordOwner,
  options: PasswordCheckOptions = {},
): Promise<void> {
  const problems = await passwordProblems(password, user, options);
  if (problems.length === 0) return;
  throw passwordErrors.PASSWORD_INVALID.with(
    { details: { problems } },
    problems.map(({ message }) => message).join(" "),
  );
}

/**
 * Reads a new password that came from a form: the same twice where it is asked for twice, and one that the rules allow.
 *
 * @throws PASSWORD_MISMATCH, PASSWORD_INVALID
 */
export async function readNewPassword(
  password: unknown,
  repeated: unknown,
  user?: PasswordOwner,
  options: PasswordCheckOptions = {},
): Promise<string> {
  if (repeated !== undefined && repeated !== password) throw passwordErrors.PASSWORD_MISMATCH();
  await validatePassword(password, user, options);
  if (typeof password !== "string") throw passwordErrors.PASSWORD_INVALID("Enter a password.");
  return password;
}

function rule(
  code: PasswordProblemCode,
  values: PasswordMessageValues,
  breaks: (password: string) => boolean | Promise<boolean>,
): PasswordValidator {
  return {
    helpText: (messages) => messages.help[code](values),
    check: async (password, _, messages) => ((await breaks(password)) ? problem(messages, code, values) : undefined),
  };
}

function problem(
  messages: PasswordMessages,
  code: PasswordProblemCode,
  values: PasswordMessageValues,
): PasswordProblem {
  return { code, message: messages.problems[code](values) };
}

interface Letters {
  readonly length: number;
  readonly counts: ReadonlyMap<string, number>;
}

/** A value's text in lower case, whole and word by word. */
function partsOf(value: unknown): string[] {
  if (typeof value !== "string" || value === "") return [];
  const text = value.toLowerCase();
  return [...text.split(/[^\p{L}\p{M}\p{N}_]+/u), text].filter((part) => part !== "");
}

/** Counting letters takes one look at each, however long both texts are. */
function isSimilar(password: Letters, part: string, most: number): boolean {
  const { length, counts } = countLetters(part);
  let shared = 0;
  for (const [letter, count] of counts) shared += Math.min(count, password.counts.get(letter) ?? 0);
  return (2 * shared) / (password.length + length) >= most;
}

function countLetters(text: string): Letters {
  const counts = new Map<string, number>();
  let length = 0;
  for (const letter of text) {
    counts.set(letter, (counts.get(letter) ?? 0) + 1);
    length++;
  }
  return { length, counts };
}
