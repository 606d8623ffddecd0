import { expect, test } from "vitest";
import { withBase, withoutBase } from "./base-path.ts";

test.each([
  ["/", "/app/"],
  ["/notes?tab=2", "/app/notes?tab=2"],
  ["//evil.example", "//evil.example"],
  ["/\\evil.example", "/\\evil.example"],
  ["https://example.org/", "https://example.org/"],
  ["?tab=2", "?tab=2"],
  ["#part", "#part"],
  ["notes", "notes"],
])("%s is requested as %s below /app", (path, requested) => {
  expect([withBase("/app", path), withBase("", path)]).toEqual([requested, path]);
});

test.each([
  ["/app", "/"],
  ["/app/", "/"],
  ["/app?x=1", "/?x=1"],
  ["/app#part", "/#part"],
  ["/app/notes?tab=2", "/notes?tab=2"],
  ["/app/app/notes", "/app/notes"],
  ["/notes", "/notes"],
  ["/apple", "/apple"],
  ["/App/notes", "/App/notes"],
  ["/app//evil.example", "/app//evil.example"],
])("%s below /app is %s of the app", (requested, path) => {
  expect([withoutBase("/app", requested), withoutBase("", requested)]).toEqual([path, requested]);
});
