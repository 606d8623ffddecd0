import { expect, test } from "vitest";
import { isSignature, signature } from "./signing.ts";

const SECRET = "a secret of the tests";

test("A signature is 43 characters that fit into an address, and the same each time", () => {
  expect(signature("reset", "value", SECRET)).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(signature("reset", "value", SECRET)).toBe(signature("reset", "value", SECRET));
  expect(isSignature("reset", "value", signature("reset", "value", SECRET), [SECRET])).toBe(0);
});

test("SEC-25: however purpose and value are cut, no signature counts for another cut", () => {
  const texts = ["abcdef", "reset:1:2", "ééé日本", "aaaaaaa", "a\u0000b\u0000c", "6:abc:def"];
  const made = new Map<string, string>();
  for (const text of texts) {
    for (let at = 0; at <= text.length; at++) {
      const [purpose, value] = [text.slice(0, at), text.slice(at)];
      made.set(signature(purpose, value, SECRET), JSON.stringify([purpose, value]));
    }
  }
  expect(made.size).toBe(texts.reduce((sum, text) => sum + text.length + 1, 0));
});

test("SEC-25: random splits of purpose, value and secret never collide", () => {
  const seen = new Map<string, string>();
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  const text = () => Array.from({ length: random(4) }, () => "ab:1"[random(4)]).join("");
  for (let round = 0; round < 3_000; round++) {
    const parts = [text(), text(), `s${text()}`] as const;
    const made = signature(...parts);
    const name = JSON.stringify(parts);
    expect(seen.get(made) ?? name).toBe(name);
    seen.set(made, name);
  }
  expect(seen.size).toBeGreaterThan(100);
});

test("SEC-25: half characters, which UTF-8 would make equal, are told apart", () => {
  expect(signature("reset", "\ud800", SECRET)).not.toBe(signature("reset", "\ud801", SECRET));
  expect(signature("\ud800", "x", SECRET)).not.toBe(signature("\ud801", "x", SECRET));
});

test("A purpose may be longer than the derivation takes", () => {
  const long = "p".repeat(10_000);
  expect(signature(long, "x", SECRET)).not.toBe(signature(`${long}p`, "x", SECRET));
});

test("The place of the secret that signed is told, so that an old one can be told from the new one", () => {
  const old = signature("reset", "value", "old");
  expect(isSignature("reset", "value", old, ["new", "old", "older"])).toBe(1);
  expect(isSignature("reset", "value", old, ["new"])).toBe(-1);
});

test("Anything that is no signature counts as none, and nothing throws", () => {
  const good = signature("reset", "value", SECRET);
  const wide = String.fromCharCode(good.charCodeAt(0) + 256) + good.slice(1);
  const wrong = [
    undefined,
    null,
    1,
    {},
    [good],
    { toString: () => good },
    "",
    good.slice(1),
    `${good}=`,
    ` ${good}`,
    wide,
  ];
  for (const given of wrong) expect(isSignature("reset", "value", given, [SECRET])).toBe(-1);
  expect(isSignature("reset", "value", "x".repeat(100_000), [SECRET])).toBe(-1);
  for (let at = 0; at < good.length; at++) {
    const other = good[at] === "A" ? "B" : "A";
    expect(isSignature("reset", "value", good.slice(0, at) + other + good.slice(at + 1), [SECRET])).toBe(-1);
  }
});

test("Nothing is signed without a secret", () => {
  expect(() => signature("reset", "value", "")).toThrow(expect.objectContaining({ code: "SIGNING_SECRET_MISSING" }));
  expect(() => isSignature("reset", "value", "x", [])).toThrow(
    expect.objectContaining({ code: "SIGNING_SECRET_MISSING" }),
  );
});
