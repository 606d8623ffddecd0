import { describe, expect, it } from "vitest";
import { ODD_KINDS, oddValue } from "./errors.fixture.ts";
import { AntiphonError, asError, reasonOf } from "./errors.ts";

describe("What was thrown", () => {
  it.each(ODD_KINDS)("becomes an Error that can be read, extended and has no endless causes: %s", (kind) => {
    const error = asError(oddValue(kind));
    expect(error).toBeInstanceOf(Error);
    expect(typeof error.message).toBe("string");
    expect(error.message.length).toBeLessThan(20_000);
    expect(error.stack?.length).toBeLessThan(50_000);
    expect(Object.isExtensible(error)).toBe(true);
    let causes = 0;
    for (let cause = error.cause; cause instanceof Error; cause = cause.cause) causes++;
    expect(causes).toBeLessThan(20);
    for (const key of Object.keys(error)) Reflect.get(error, key);
    expect(typeof reasonOf(oddValue(kind))).toBe("string");
  });

  it("stays the same Error if it is an ordinary one, with its causes and properties", () => {
    const error = Object.assign(new TypeError("no", { cause: new Error("why") }), { code: "E_NO", sql: { text: "…" } });
    expect(asError(error)).toBe(error);
    const many = new AggregateError([new Error("a"), "b"], "many");
    expect(asError(many)).toBe(many);
  });

  it("keeps code, status and details of one of our errors that cannot be extended", () => {
    const details = { issues: [] };
    const frozen = Object.freeze(new AntiphonError("NOTE_GONE", "It is gone.", { status: 404, expose: true, details }));
    expect(asError(frozen)).toMatchObject({
      code: "NOTE_GONE",
      message: "It is gone.",
      status: 404,
      expose: true,
      details,
    });
  });

  it("has the message that a reader can use", () => {
    expect(asError("text").message).toBe("text");
    expect(asError(null).message).toBe("null");
    expect(asError({ message: "of an object" }).message).toBe("of an object");
    expect(asError(Symbol("x")).message).toBe("Symbol(x)");
    expect(asError("").message).toBe("");
  });
});
