import { expect, test } from "vitest";
import { signature } from "../../signing/signing.ts";
import { AuthHashes, authHash } from "./auth-hash.ts";

const user = { id: 1, password: "$argon2id$stored" };

test("AUT-9: a hash is of one user, one password and one secret, and of nothing else that is signed", () => {
  const hash = authHash(user, "secret");
  const others = [
    authHash({ ...user, id: 2 }, "secret"),
    authHash({ ...user, password: "$argon2id$other" }, "secret"),
    authHash(user, "other secret"),
    authHash({ id: "1 1", password: "x" }, "secret"),
    authHash({ id: 1, password: "1 x" }, "secret"),
    signature("another purpose", `${user.id} ${user.password}`, "secret"),
  ];
  expect(new Set([hash, ...others]).size).toBe(others.length + 1);
  expect(hash).not.toContain(user.password);
});

test("AUT-10: tells with which secret a hash was made; anything else is made with none", () => {
  const hashes = new AuthHashes(user, ["new", "old"]);
  expect(hashes.current).toBe(authHash(user, "new"));
  expect(["new", "old", "older"].map((secret) => hashes.match(authHash(user, secret)))).toEqual([0, 1, -1]);
  for (const wrong of [undefined, null, 5, {}, [], "", "x".repeat(43), "é".repeat(43), `${hashes.current} `]) {
    expect(hashes.match(wrong)).toBe(-1);
  }
});

test("AUT-11: of a handover both hashes count, the later one up to its moment; anything else in one counts for nothing", () => {
  const hashes = new AuthHashes(user, ["new", "old"]);
  const [current, old, other] = [hashes.current, authHash(user, "old"), authHash({ ...user, id: 2 }, "new")];
  const soon = Date.now() + 60_000;
  expect(hashes.match({ before: current, after: other, until: soon })).toBe(0);
  expect(hashes.match({ before: current, after: other, until: 0 })).toBe(0);
  expect(hashes.match({ before: other, after: current, until: soon })).toBe(0);
  expect(hashes.match({ before: other, after: old })).toBe(1);
  expect(hashes.match({ after: current, until: soon })).toBe(0);
  for (const wrong of [
    { before: other, after: current, until: 0 },
    { before: other, after: current, until: null },
    { before: other, after: other },
    { before: [current], after: [current] },
    { current },
    [current],
  ]) {
    expect(hashes.match(wrong)).toBe(-1);
  }
});
