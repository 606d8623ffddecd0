// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from "vitest";
import { tabStorage } from "./session-storage.ts";

afterEach(() => {
  vi.unstubAllGlobals();
  sessionStorage.clear();
});

test("gives back what was stored, and nothing for a key that was removed or a text that is not JSON", () => {
  expect([tabStorage.set("a", "[1]"), tabStorage.get("a"), tabStorage.getJson("a")]).toEqual([true, "[1]", [1]]);
  tabStorage.set("a", "[");
  expect(tabStorage.getJson("a")).toBeUndefined();
  tabStorage.remove("a");
  expect([tabStorage.get("a"), tabStorage.getJson("a")]).toEqual([undefined, undefined]);
});

test("stores nothing and never throws where the user forbids storage", () => {
  const forbid = () => {
    throw new DOMException("denied", "SecurityError");
  };
  vi.stubGlobal("sessionStorage", { getItem: forbid, setItem: forbid, removeItem: forbid });
  tabStorage.remove("a");
  expect([tabStorage.set("a", "1"), tabStorage.get("a"), tabStorage.getJson("a")]).toEqual([
    false,
    undefined,
    undefined,
  ]);
});
