import { expect, test } from "vitest";
import type { RequestSession } from "../../bridge/request-types.ts";
import { forgetResetToken, moveResetTokenToSession, resetTokenOfSession } from "./reset-session.ts";

function session(): RequestSession {
  const values = new Map<string, unknown>();
  return {
    get: (key: string) => values.get(key),
    set: (key: string, value: unknown) => void values.set(key, JSON.parse(JSON.stringify(value))),
    has: (key: string) => values.has(key),
    delete: (key: string) => values.delete(key),
  } as unknown as RequestSession;
}

test("RST-5: the token moves from the address to the session, for the user of that link only, until it was used", () => {
  const kept = session();
  expect(resetTokenOfSession(kept, "MQ")).toBeUndefined();
  moveResetTokenToSession(kept, "MQ", "t-token");
  expect(resetTokenOfSession(kept, "MQ")).toBe("t-token");
  for (const uid of ["Mg", "", undefined, null, ["MQ"]]) expect(resetTokenOfSession(kept, uid)).toBeUndefined();
  forgetResetToken(kept);
  expect(resetTokenOfSession(kept, "MQ")).toBeUndefined();
  forgetResetToken(kept);
});

test("RST-5: whatever else stands in its place counts as no token", () => {
  for (const value of ["t-token", null, { token: "t" }, { uid: "MQ" }, { uid: "MQ", token: 5 }]) {
    const kept = session();
    kept.set("_auth_password_reset", value);
    expect(resetTokenOfSession(kept, "MQ")).toBeUndefined();
  }
});
