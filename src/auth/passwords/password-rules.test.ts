import { expect, test } from "vitest";
import { commonPasswords } from "./common-passwords.ts";
import { passwordMessages } from "./password-messages.ts";
import {
  defaultPasswordValidators,
  minimumLength,
  notCommon,
  notNumeric,
  notSimilar,
  type PasswordOwner,
  type PasswordValidator,
  passwordProblems,
  validatePassword,
} from "./password-rules.ts";

const codes = async (password: unknown, user?: PasswordOwner, validators?: readonly PasswordValidator[]) =>
  (await passwordProblems(password, user, validators ? { validators } : {})).map(({ code }) => code);

test("PWD-8: by default a password has 8 characters, is not common, not numeric and not like its owner", async () => {
  expect(await codes("correct horse battery")).toEqual([]);
  expect(await codes("xk7Rq2!")).toEqual(["password_too_short"]);
  expect(await codes("☃☃xk7Rq2")).toEqual([]);
  expect(await codes("🙂🙂🙂🙂")).toEqual(["password_too_short"]);
  expect(await codes("password")).toEqual(["password_too_common"]);
  expect(await codes("8365920174638")).toEqual(["password_entirely_numeric"]);
  expect(await codes("٨٣٦٥٩٢٠١٧٤٦٣٨")).toEqual(["password_entirely_numeric"]);
  expect(await codes("testclient9", { username: "testclient" })).toEqual(["password_too_similar"]);
});

test("PWD-8: everything that is wrong is told at once, with codes and sentences", async () => {
  expect(await passwordProblems("12345", { username: "12345" })).toEqual([
    { code: "password_too_similar", message: "The password is too similar to the username." },
    { code: "password_too_short", message: "This password is too short: it needs at least 8 characters." },
    { code: "password_too_common", message: "This password is too common." },
    { code: "password_entirely_numeric", message: "This password is entirely numeric." },
  ]);
  const error = await validatePassword("12345").catch((reason) => reason);
  expect(error).toMatchObject({ code: "PASSWORD_INVALID", status: 400, expose: true });
  expect(error.details.problems.map(({ code }: { code: string }) => code)).toEqual([
    "password_too_short",
    "password_too_common",
    "password_entirely_numeric",
  ]);
  expect(error.message).not.toContain("12345");
  await validatePassword("correct horse battery");
});

test("PWD-8: every rule tells beforehand what it expects, with its own numbers", () => {
  const textsOf = (validators: readonly PasswordValidator[]) =>
    validators.map((rule) => rule.helpText(passwordMessages));
  expect(textsOf(defaultPasswordValidators)).toEqual([
    "Your password must not be similar to your name, username or e-mail address.",
    "Your password must have at least 8 characters.",
    "Your password must not be one that many people use.",
    "Your password must not consist of digits only.",
  ]);
  expect(textsOf([minimumLength(1)])).toEqual(["Your password must have at least 1 character."]);
});

test("PWD-8: the sentences come from one table, which another language replaces", async () => {
  const french = {
    ...passwordMessages,
    problems: { ...passwordMessages.problems, password_too_similar: () => "Trop proche." },
    help: { ...passwordMessages.help, password_too_short: ({ shortest = 0 }) => `Au moins ${shortest}.` },
  };
  const user = { username: "testclient" };
  expect(await passwordProblems("testclient", user, { messages: french })).toMatchObject([{ message: "Trop proche." }]);
  expect(minimumLength(9).helpText(french)).toBe("Au moins 9.");
});

test.each([
  ["testclient", { username: "testclient" }, "username"],
  ["TESTCLIENT1", { username: "testclient" }, "username"],
  ["example.com", { email: "ada@example.com" }, "e-mail address"],
  ["lovelace12", { lastName: "Lovelace" }, "last name"],
  ["Élisabeth", { firstName: "élisabeth" }, "first name"],
  ["tneilctset", { username: "testclient" }, "username"],
  ["hopper-1906", { firstName: "Grace Brewster", lastName: "Murray Hopper 1906" }, "last name"],
])("PWD-8: %s is too similar to %o", async (password, user, attribute) => {
  expect(await passwordProblems(password, user, { validators: [notSimilar()] })).toEqual([
    { code: "password_too_similar", message: `The password is too similar to the ${attribute}.` },
  ]);
});

test("PWD-8: similarity below 0.7, an empty or missing field, and a short part of a long password pass", async () => {
  const rule = [notSimilar()];
  expect(await codes("xk7Rq2!mLp", { username: "testclient", email: "", firstName: undefined }, rule)).toEqual([]);
  expect(await codes("aaaaaaaaaaaaaaaaaaaab", { username: "ab" }, rule)).toEqual([]);
  expect(await codes("anything", undefined, rule)).toEqual([]);
  for (const value of [null, 5, {}, ["testclient"]])
    expect(await codes("testclient", { username: value }, rule)).toEqual([]);
});

test("PWD-8: how similar is too much, and to which fields, can be told", async () => {
  const user = { username: "abcdefgh", nickname: "zyxwvuts" };
  // Six of eight letters shared: 0.75.
  expect(await codes("abcdefXY", user, [notSimilar()])).toEqual(["password_too_similar"]);
  expect(await codes("abcdefXY", user, [notSimilar({ most: 0.8 })])).toEqual([]);
  const nickname = notSimilar({ attributes: ["nickname"] });
  expect(await passwordProblems("zyxwvuts", user, { validators: [nickname] })).toEqual([
    { code: "password_too_similar", message: "The password is too similar to the nickname." },
  ]);
  expect(await codes("abcdefgh", user, [nickname])).toEqual([]);
});

test("PWD-8: at least 20,000 common passwords are known, compared in lower case and without spaces around", async () => {
  expect((await commonPasswords()).size).toBeGreaterThanOrEqual(20_000);
  const rule = [notCommon()];
  for (const password of ["password123", " Password123\n", "TRUSTNO1", "p@ssw0rd", "letmein"]) {
    expect(await codes(password, undefined, rule)).toEqual(["password_too_common"]);
  }
  expect(await codes("__proto__", undefined, rule)).toEqual([]);
});

test("PWD-8: digits with anything else are not entirely numeric", async () => {
  expect(await codes("42424242a", undefined, [notNumeric()])).toEqual([]);
  expect(await codes("", undefined, [notNumeric()])).toEqual([]);
});

test("PWD-9, SEC-20: a huge password is refused before any rule sees it, and huge names are looked at once", async () => {
  const never: PasswordValidator = { check: () => expect.unreachable(), helpText: () => "" };
  for (const password of ["x".repeat(1_048_576), "é".repeat(2_049)]) {
    expect(await codes(password, undefined, [never])).toEqual(["password_too_long"]);
  }
  const password = "a ".repeat(2_048);
  const names = ["a".repeat(100_000), "a ".repeat(50_000), " ".repeat(100_000), "é-".repeat(50_000)];
  for (const username of names) {
    expect(await codes(password, { username, email: username })).toEqual([]);
  }
  expect(await codes("ab ".repeat(1_000), { username: "ab ".repeat(1_000) })).toEqual(["password_too_similar"]);
});

test("PWD-9: the letters of a password are counted once, and those of a name once for the whole and once for its words", async () => {
  let read = 0;
  const counted = (text: string) =>
    Object.assign(Object.create(String.prototype), {
      toLowerCase: () => ({
        *[Symbol.iterator]() {
          for (const letter of text) {
            read++;
            yield letter;
          }
        },
      }),
    });
  const words = Array.from({ length: 1_000 }, (_, index) => `w${index}`).join(" ");
  await notSimilar().check(counted("x".repeat(4_000)), { username: words }, passwordMessages);
  expect(read).toBe(4_000);
});

test("What is no text is no password: it is too short", async () => {
  for (const value of [undefined, null, 5, {}, ["correct horse battery"]]) {
    expect(await codes(value)).toEqual(["password_too_short"]);
  }
});

test("A rule of one's own may wait, and stands beside the others", async () => {
  const leaked: PasswordValidator = {
    check: async (password) => (password.includes("leak") ? { code: "leaked", message: "It was leaked." } : undefined),
    helpText: () => "It must not have been leaked.",
  };
  expect(await codes("leak", undefined, [leaked, minimumLength(5)])).toEqual(["leaked", "password_too_short"]);
});
