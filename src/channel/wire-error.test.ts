import { once } from "node:events";
import { expect, test } from "vitest";
import { AntiphonError } from "../errors.ts";
import { wireError } from "./wire-error.ts";

const logger = { warn: () => {}, error: () => {} };
const throttled = (expose: boolean) =>
  new AntiphonError("AUTH_THROTTLED", "Too many tries.", { expose, details: { retryAfter: 61 } });

test("THR-6: a page is told after how many seconds it may try again", () => {
  expect(wireError(throttled(true), "Account.signIn", { mode: "production", logger })).toEqual({
    code: "AUTH_THROTTLED",
    message: "Too many tries.",
    retryAfter: 61,
  });
});

test("of an error that is not meant for it, a page is told nothing more than a reference", () => {
  expect(wireError(throttled(false), "Account.signIn", { mode: "production", logger })).toEqual({
    code: "AUTH_THROTTLED",
    message: "Something went wrong on the server.",
    ref: expect.any(String),
  });
});

test("a page is answered also when the app's own logger throws, and the process is warned", async () => {
  const warned = once(process, "warning");
  const throwing = {
    warn: () => {},
    error: () => {
      throw new Error("the disk is full");
    },
  };
  expect(wireError(new Error("no such table"), "Notes.save", { mode: "production", logger: throwing })).toEqual({
    code: "EVENT_FAILED",
    message: "Something went wrong on the server.",
    ref: expect.any(String),
  });
  const [warning] = await warned;
  expect(warning.message).toMatch(/^Notes\.save failed \(.+\): no such table\. The logger threw: the disk is full\.$/);
});
