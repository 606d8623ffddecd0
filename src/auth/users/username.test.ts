import { expect, test } from "vitest";
import { fieldOf } from "../../models/schema/field-info.ts";
import { USERNAME_MAX_LENGTH, User } from "./user-model.ts";
import {
  foldUsername,
  isSameEmail,
  isStorable,
  normalizeEmail,
  normalizeUsername,
  usernameCharacters,
} from "./username.ts";

test("AUT-16: a username has one form for what looks alike, and none for what is too long to be one", () => {
  expect(normalizeUsername(" Ａda ")).toBe("Ada");
  expect(normalizeUsername("ﬁ")).toBe("fi");
  expect(foldUsername("ÅDA")).toBe(foldUsername("A\u030ADA"));
  const long = "ﬁ".repeat(100_000);
  expect(normalizeUsername(long)).toBe(long);
  expect(fieldOf(User, "username")?.maxLength).toBe(USERNAME_MAX_LENGTH);
});

test("AUT-19: of an address the domain is written in lower case, and nothing else is changed", () => {
  expect(normalizeEmail(" Ada.L@EXAMPLE.Org ")).toBe("Ada.L@example.org");
  expect(normalizeEmail('"a@B"@EXAMPLE.org')).toBe('"a@B"@example.org');
  expect(normalizeEmail("NoAddress")).toBe("NoAddress");
  expect(normalizeEmail("")).toBe("");
});

test("addresses are the same in any case, and never because letters look alike", () => {
  expect(isSameEmail("Ada@Example.org", "ada@example.ORG")).toBe(true);
  expect(isSameEmail("mike@example.org", "mıke@example.org")).toBe(false);
  expect(isSameEmail("a@example.org", "ａ@example.org")).toBe(false);
});

test("a username holds letters of any script, digits and a few signs", () => {
  for (const name of ["ada", "Ada.L@example.org", "a-b_c+d", "علي", "あだ", "José", "7"])
    expect(usernameCharacters(name), name).toBeUndefined();
  for (const name of [
    "root\u034f",
    "ro\ufe0fot",
    "root\u3164",
    "root\u115f",
    "root\uffa0",
    "root\u180b",
    "root\u2060",
    "\u3164",
  ]) {
    expect(usernameCharacters(name), JSON.stringify(name)).toBe("Use only characters that can be seen.");
  }
  expect(usernameCharacters(`a${"\u0301".repeat(140)}`)).toBe("Use only characters that can be seen.");
  for (const name of [".", "..", "+++", "-", "_", "@"]) {
    expect(usernameCharacters(name), name).toBe("Use at least one letter or digit.");
  }
  for (const name of ["r\u043e\u043et", "\u0391da", "pаypal"]) {
    expect(usernameCharacters(name), JSON.stringify(name)).toBe("Use the letters of one alphabet only.");
  }
  for (const name of ["жук", "ünal", "straße", "Nguyễn", "नमस्ते", "ada2", "山田taro"]) {
    expect(usernameCharacters(name), name).toBeUndefined();
  }
  for (const name of ["a b", "<b>", "a\nb", "a/b", "a\u202Eb", "a\u0000", "a'", "", "x".repeat(100_000)]) {
    expect(usernameCharacters(name), name.slice(0, 9)).toEqual(expect.any(String));
  }
});

test("SEC-12: what no database could hold is told from the rest", () => {
  expect(["ada", "\ud83d\ude00"].every(isStorable)).toBe(true);
  expect(["a\0", "\ud800", "x".repeat(255)].some(isStorable)).toBe(false);
});
