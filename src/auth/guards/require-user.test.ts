import { expect, test } from "vitest";
import { fakeUser, Visitor } from "../visitor.fixture.ts";
import { requireUser } from "./require-user.ts";

test("row 96: requireUser gives the signed-in user, and throws AUTH_REQUIRED for anybody else", () => {
  const user = fakeUser();
  expect(new Visitor(user).in(() => requireUser())).toBe(user);
  const error = expect.objectContaining({ code: "AUTH_REQUIRED", status: 401, expose: true });
  expect(() => new Visitor().in(() => requireUser())).toThrow(error);
  expect(() => requireUser()).toThrow(error);
});
