import { expect, test } from "vitest";
import { AntiphonError } from "../../errors.ts";
import { describeError } from "./error-response.ts";

const busy = (details: unknown) => new AntiphonError("AUTH_BUSY", "Busy.", { status: 503, expose: true, details });

test("THR-1: the seconds that an error tells become Retry-After, whole ones", () => {
  expect(describeError(busy({ retryAfter: 4.2 }), "r", "production")).toEqual({
    status: 503,
    body: { error: { code: "AUTH_BUSY", message: "Busy.", ref: "r" } },
    title: "Service Unavailable",
    unexpected: true,
    retryAfter: 5,
  });
});

test("what is no number of seconds makes no header", () => {
  const foreign = Object.assign(new Error("Busy."), { details: { retryAfter: 5 } });
  for (const error of [
    busy(undefined),
    busy(null),
    busy({ retryAfter: "5\r\nX: y" }),
    busy({ retryAfter: -1 }),
    foreign,
  ]) {
    expect(describeError(error, "r", "production")).not.toHaveProperty("retryAfter");
  }
  expect(describeError(busy({ retryAfter: Number.POSITIVE_INFINITY }), "r", "production")).not.toHaveProperty(
    "retryAfter",
  );
});

test("the methods that an error of ours tells become Allow, and nothing else does", () => {
  const refused = (details: unknown, status = 405) => new AntiphonError("AUTH_X", "No.", { status, details });
  expect(describeError(refused({ allow: "POST, PUT" }), "r", "production")).toMatchObject({ allow: "POST, PUT" });
  const foreign = Object.assign(new Error("No."), { statusCode: 405, details: { allow: "POST" } });
  for (const error of [
    refused(undefined),
    refused({ allow: "POST\r\nX: y" }),
    refused({ allow: 5 }),
    refused({ allow: "POST" }, 400),
    foreign,
  ]) {
    expect(describeError(error, "r", "production")).not.toHaveProperty("allow");
  }
});
