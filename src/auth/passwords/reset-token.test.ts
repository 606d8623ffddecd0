import { expect, test } from "vitest";
import { checkResetToken, decodeUid, encodeUid, makeResetToken, type ResetUser } from "./reset-token.ts";

const SECRETS = ["a secret of the tests"];
const START = Date.UTC(2030, 0, 1);
const ada: ResetUser = {
  id: 7,
  email: "ada@example.org",
  password: "$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA",
  lastLogin: new Date(START - 1_000),
  isActive: true,
};
const at = (time: number, secrets = SECRETS) => ({ secrets, now: () => time });

test("RST-1: a token is the second in base 36 and a signature, fits into an address, and holds nothing of the user", () => {
  const token = makeResetToken(ada, at(START));
  expect(token).toMatch(/^[0-9a-z]+-[\w-]{43}$/);
  expect(Number.parseInt(token.split("-")[0] as string, 36)).toBe(START / 1000);
  expect(checkResetToken(ada, token, at(START))).toBe(true);
  expect(makeResetToken(ada, at(START + 999))).toBe(token);
  expect(makeResetToken(ada, at(START + 1_000))).not.toBe(token);
});

test("RST-2: it is good for an hour and no second longer, or for as long as the app says", () => {
  const token = makeResetToken(ada, at(START));
  expect(checkResetToken(ada, token, at(START + 3_600_999))).toBe(true);
  expect(checkResetToken(ada, token, at(START + 3_601_000))).toBe(false);
  expect(checkResetToken(ada, token, { ...at(START + 61_000), timeout: 60 })).toBe(false);
  expect(checkResetToken(ada, token, { ...at(START + 86_400_000), timeout: 86_400 })).toBe(true);
});

test.each([
  [
    "the password was set anew, to the same one too, since its salt is another",
    { password: "$argon2id$v=19$m=8,t=1,p=1$b3RoZXI$aGFzaA" },
  ],
  ["the user signed in", { lastLogin: new Date(START) }],
  ["the user signed in for the first time", { lastLogin: null }],
  ["the address was changed", { email: "ada@example.com" }],
  ["the address has other capitals", { email: "Ada@example.org" }],
  ["it is another user's", { id: 8 }],
  ["the user is no longer active", { isActive: false }],
] as [string, Partial<ResetUser>][])("RST-3: it is worth nothing once %s", (_, change) => {
  const token = makeResetToken(ada, at(START));
  expect(checkResetToken({ ...ada, ...change }, token, at(START))).toBe(false);
});

test("RST-3: the user may have been deleted, and the token tampered with or be no token at all", () => {
  const token = makeResetToken(ada, at(START));
  const [moment = "", made = ""] = token.split("-", 1).concat(token.slice(token.indexOf("-") + 1));
  const later = (Number.parseInt(moment, 36) + 1).toString(36);
  const wrong = [
    ...[undefined, null, 5, {}, [token], "", "-", token.toUpperCase(), `${token} `, `0${token}`, `${token}x`],
    `${later}-${made}`,
    `${moment}-`,
    `${moment}${made}`,
    `-${made}`,
    `${"z".repeat(11)}-${made}`,
    `${moment}-${"A".repeat(43)}`,
    "x".repeat(100_000),
    `${"1".repeat(100_000)}-${made}`,
  ];
  for (const given of wrong) expect(checkResetToken(ada, given, at(START))).toBe(false);
  expect(checkResetToken(undefined, token, at(START))).toBe(false);
});

test("RST-3: nobody can make a token for a user that does not exist or can't sign in", () => {
  const nobody: ResetUser = { id: 0, email: "", password: "!", lastLogin: null, isActive: false };
  expect(checkResetToken(undefined, makeResetToken(nobody, at(START)), at(START))).toBe(false);
});

test("RST-3: values that run into each other are not the same user", () => {
  for (const sign of ['","', ",", "|", ":", "", "\u0000"]) {
    const one = { ...ada, id: `7${sign}x`, password: "y" };
    const other = { ...ada, id: "7", password: `x${sign}y` };
    expect(makeResetToken(one, at(START))).not.toBe(makeResetToken(other, at(START)));
  }
});

test("RST-3: the last sign-in counts by the second, in whatever form a row has it", () => {
  const token = makeResetToken(ada, at(START));
  for (const lastLogin of [new Date(START - 1), (START - 1) as number, new Date(START - 500).toISOString()]) {
    expect(checkResetToken({ ...ada, lastLogin }, token, at(START))).toBe(true);
  }
});

test("RST-4: tokens of an older secret count as long as it is listed, and each secret makes others", () => {
  const old = makeResetToken(ada, at(START, ["old"]));
  expect(old).not.toBe(makeResetToken(ada, at(START, ["new"])));
  expect(checkResetToken(ada, old, at(START, ["new", "old"]))).toBe(true);
  expect(checkResetToken(ada, old, at(START, ["new"]))).toBe(false);
  expect(() => makeResetToken(ada, at(START, []))).toThrow(expect.objectContaining({ code: "SIGNING_SECRET_MISSING" }));
});

test.each([7, 0, 12345678901, "9007199254740993", "550e8400-e29b-41d4-a716-446655440000", "schlüssel ☃"])(
  "RST-13: the key %s comes back from a link",
  (id) => {
    expect(encodeUid(id)).toMatch(/^[\w-]+$/);
    expect(decodeUid(encodeUid(id))).toBe(String(id));
  },
);

test("RST-13, SEC-20: what is no key in a link is none, and nothing throws", () => {
  const wrong = [undefined, null, 5, {}, ["Nw"], "", "=", "Nw==", "N w", "Nx", "€", "_w", "../..", "A".repeat(100_000)];
  for (const uid of wrong) expect(decodeUid(uid)).toBeUndefined();
});
