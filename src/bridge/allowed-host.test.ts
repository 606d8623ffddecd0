import { expect, test } from "vitest";
import { isAllowedHost } from "./allowed-host.ts";

test.each([
  ["localhost:3000", true],
  ["app.localhost:3000", true],
  ["127.0.0.1:3000", true],
  ["192.168.1.7:3000", true],
  ["[::1]:3000", true],
  ["evil.example:3000", false],
  ["localhost.evil.example", false],
  ["127.0.0.1.evil.example", false],
  ["", false],
  [undefined, false],
])("in development the host %s is taken: %s", (host, taken) => {
  expect(isAllowedHost(host, { mode: "development", allowedHosts: [] })).toBe(taken);
});

test("names that the author lists are taken, and names below one with a leading dot", () => {
  const rule = { mode: "development", allowedHosts: ["dev.example", ".team.example"] } as const;
  expect(isAllowedHost("dev.example:80", rule)).toBe(true);
  expect(isAllowedHost("ada.team.example", rule)).toBe(true);
  expect(isAllowedHost("team.example.evil", rule)).toBe(false);
});

test("in production every host is taken until the author lists some", () => {
  expect(isAllowedHost("shop.example", { mode: "production", allowedHosts: [] })).toBe(true);
  expect(isAllowedHost("shop.example", { mode: "production", allowedHosts: ["shop.example"] })).toBe(true);
  expect(isAllowedHost("other.example", { mode: "production", allowedHosts: ["shop.example"] })).toBe(false);
  expect(isAllowedHost("127.0.0.1", { mode: "production", allowedHosts: ["shop.example"] })).toBe(false);
});

test("* stands for any name", () => {
  expect(isAllowedHost("shop.example", { mode: "production", allowedHosts: ["*"] })).toBe(true);
  expect(isAllowedHost("shop.example", { mode: "development", allowedHosts: ["*"] })).toBe(true);
});
