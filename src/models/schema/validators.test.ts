import { describe, expect, it } from "vitest";
import type { Validator } from "./model.ts";
import { email, maxLength, maxValue, minLength, minValue, oneOf, pattern, slug, url } from "./validators.ts";

const passes = (validator: Validator, values: readonly unknown[]) => {
  for (const value of values) expect(validator(value), String(value).slice(0, 60)).toBeUndefined();
};
const fails = (validator: Validator, values: readonly unknown[]) => {
  for (const value of values) expect(validator(value), String(value).slice(0, 60)).toEqual(expect.any(String));
};

describe("validators", () => {
  it("count characters, not halves of them", () => {
    passes(minLength(2), ["ab", "😀😀", "abc"]);
    fails(minLength(2), ["", "a", "😀"]);
    passes(maxLength(2), ["", "😀😀"]);
    fails(maxLength(2), ["abc", "😀😀😀"]);
  });

  it("compare numbers without loss, and dates in their order", () => {
    passes(minValue(3), [3, 4, "3", "3.0", "12"]);
    fails(minValue(3), [2, "2.99", "-12", -4]);
    passes(maxValue("9007199254740993"), ["9007199254740992", "9007199254740993.0", "-9007199254740999"]);
    fails(maxValue("9007199254740993"), ["9007199254740994", "9007199254740993.0001"]);
    passes(minValue("0.01"), ["0.010", "0.1", "1"]);
    fails(minValue("0.01"), ["0.001", "-1", "0"]);
    passes(minValue("-0"), ["0", 0]);
    passes(minValue("2024-01-01"), ["2024-01-01", "2024-02-01"]);
    fails(maxValue("2024-01-01"), ["2024-01-02"]);
    passes(maxValue(-5), ["-5.5", -6]);
    fails(maxValue(-5), ["-4.5", -4]);
  });

  it("try a pattern the same way every time", () => {
    const code = pattern(/^[a-z]+$/gi, "Letters.");
    passes(code, ["abc", "abc", "ABC"]);
    expect(code("a1")).toBe("Letters.");
    fails(code, ["a".repeat(10_001)]);
  });

  it("know the usual form of an e-mail address", () => {
    passes(email(), ["a@b.co", "ada.lovelace+x@sub.example.org", "jörg@bücher.example", "a@xn--bcher-kva.example"]);
    fails(email(), [
      "",
      "a",
      "a@b",
      "@b.co",
      "a@",
      "a@b..co",
      ".a@b.co",
      "a.@b.co",
      "a..b@c.co",
      "a@-b.co",
      "a@b-.co",
      "a b@c.co",
    ]);
    fails(email(), [
      "a@b.co\n",
      "a@b.co, c@d.co",
      "<a@b.co>",
      "a@[1.2.3.4]",
      "a@1.2.3.4",
      "a@b@c.co",
      "a\0@b.co",
      `${"a".repeat(65)}@b.co`,
      5,
      {},
    ]);
  });

  it("know absolute addresses, and never scripts", () => {
    passes(url(), ["https://example.org", "http://localhost:3000/a?b=c#d", "HTTPS://EXAMPLE.org/ä", "https://[::1]/"]);
    fails(url(), [
      "",
      "example.org",
      "//example.org",
      "javascript:alert(1)",
      "javascript://x%0aalert(1)",
      "data:text/html,x",
      "ftp://a.b",
    ]);
    fails(url(), [
      "https:example.org",
      "https://",
      "https://a b",
      "java\tscript://x",
      "https://a\n.b",
      "https:\\\\a.b",
      " https://a.b",
      5,
    ]);
    passes(url({ schemes: ["ftp"] }), ["ftp://a.b"]);
  });

  it("know slugs and lists", () => {
    passes(slug(), ["a-b_C9"]);
    fails(slug(), ["", "a b", "ä", "a/b", "a\n"]);
    passes(oneOf(["a", 1]), ["a", 1]);
    fails(oneOf(["a", 1]), ["b", "1", {}]);
    expect(oneOf(["S", "M", "L"])("x")).toBe("Choose one of S, M or L.");
  });

  it("SEC-20: cost no more than their text is long", () => {
    const shapes = ["a", "a@", "a.", ".", "-", "@", "0", "1.", "9", "https://a.", "%", "é", "😀", "\\", " "];
    const validators = [
      minLength(1e6),
      maxLength(5),
      minValue(5),
      maxValue("1.5"),
      pattern(/^(a+)+$/),
      email(),
      url(),
      slug(),
      oneOf(["a"]),
    ];
    const cost = (validator: Validator, text: string) => {
      const times = [1, 2, 3].map(() => {
        const start = performance.now();
        validator(text);
        return performance.now() - start;
      });
      return Math.min(...times);
    };
    for (const validator of validators) {
      for (const shape of shapes) {
        const [short, long] = [shape.repeat(20_000 / shape.length), shape.repeat(200_000 / shape.length)].map((text) =>
          cost(validator, text),
        );
        // Ten times the text: quadratic work would cost a hundred times as much.
        expect(long ?? 0).toBeLessThan(60 * Math.max(short ?? 0, 1));
      }
    }
  });
});
