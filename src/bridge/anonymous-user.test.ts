import { expect, test } from "vitest";
import { anonymousUser } from "./anonymous-user.ts";

test("row 30: the anonymous user is nobody, and cannot be changed", () => {
  const { id, username, email, firstName, lastName, isAuthenticated, isActive, isStaff, isSuperuser } = anonymousUser;
  expect([id, username, email, firstName, lastName]).toEqual([null, "", "", "", ""]);
  expect([isAuthenticated, isActive, isStaff, isSuperuser]).toEqual([false, false, false, false]);
  expect(() => Object.assign(anonymousUser, { isStaff: true })).toThrow(TypeError);
  expect(() => Object.assign(anonymousUser, { extra: 1 })).toThrow(TypeError);
});

test("row 30: and may do nothing", async () => {
  expect(await anonymousUser.hasPerm("notes.add_note")).toBe(false);
  expect(await anonymousUser.hasPerm("notes.add_note", {})).toBe(false);
  expect(await anonymousUser.hasPerms(["notes.add_note"])).toBe(false);
  expect(await anonymousUser.hasPerms([])).toBe(true);
  expect(await anonymousUser.hasModulePerms("notes")).toBe(false);
  expect(await anonymousUser.hasGroup("Editors")).toBe(false);
  expect([...(await anonymousUser.groupNames())]).toEqual([]);
  expect([...(await anonymousUser.permissions())]).toEqual([]);
});

test.each(["notes.add_note", undefined, { length: 0 }])("hasPerms(%j) is told that it wants a list", async (given) => {
  await expect(anonymousUser.hasPerms(given as never)).rejects.toMatchObject({ code: "BRIDGE_PERMISSIONS_NOT_A_LIST" });
});
