import { expect, test } from "vitest";
import { isSessionKey, newSessionKey, sessionIdOf } from "./session-key.ts";

test("SES-10: a new key has 32 letters and digits, each as likely as any other", () => {
  const counts = new Map<string, number>();
  const keys = Array.from({ length: 4_000 }, () => newSessionKey());
  for (const key of keys) {
    expect(key).toMatch(/^[a-z0-9]{32}$/);
    for (const letter of key) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  }
  expect(new Set(keys).size).toBe(keys.length);
  expect(counts.size).toBe(36);
  // 128,000 letters, 3,556 of each: six standard deviations are 353. With a bias by modulo the first four come 8/7 as often.
  const bounds = [...counts.values()].map((count) => Math.abs(count - 128_000 / 36));
  expect(Math.max(...bounds)).toBeLessThan(353);
});

test.each([
  ["abcdefgh", true],
  ["abcdefg", false],
  ["", false],
  ["ABCDEFGHIJ", false],
  ["abcdefgh ", false],
  ["abcdefgh\n", false],
  ["abc/../def", false],
  ["a".repeat(65), false],
  ["ａｂｃｄｅｆｇｈ", false],
  [undefined, false],
  [null, false],
  [12_345_678, false],
  [["abcdefgh"], false],
  [{ length: 8 }, false],
])("SES-10: %j can be a key: %j", (value, can) => {
  expect(isSessionKey(value)).toBe(can);
});

test("SES-19: an id is the SHA-256 of the key in 43 characters", () => {
  expect(sessionIdOf("abcdefgh")).toBe("nFbMUbN0w7oYkhDVttS_V3kNNRyWxHwCGQ7PHkMGNas");
  expect(sessionIdOf("abcdefgi")).not.toBe(sessionIdOf("abcdefgh"));
});
