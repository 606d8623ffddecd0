import { expect, it } from "vitest";
import { isOwnOrigin } from "./origin-check.ts";

it.each([
  ["http://a.example", "a.example", true],
  ["https://a.example", "a.example", true],
  ["https://a.example", "a.example:443", true],
  ["http://a.example:3000", "a.example:3000", true],
  ["http://[::1]:3000", "[::1]:3000", true],
  ["https://A.example", "a.EXAMPLE", true],
  ["https://shop.example", "a.example", true],
  ["http://a.example:3001", "a.example:3000", false],
  ["http://a.example", "a.example:3000", false],
  ["http://b.a.example", "a.example", false],
  ["http://a.example.evil.example", "a.example", false],
  ["http://evil.example", "a.example", false],
  ["http://shop.example", "a.example", false],
  ["https://shop.example.evil", "a.example", false],
  ["https://a.example", undefined, false],
  ["https://a.example", "", false],
  ["null", "null", false],
  ["", "a.example", false],
  [undefined, "a.example", false],
  ["file://a.example", "a.example", false],
  ["chrome-extension://a.example", "a.example", false],
  ["a.example", "a.example", false],
  ["http://evil.example", "a.example@evil.example:80x", false],
])("origin %j at host %j: %j", (origin, host, own) => {
  expect(isOwnOrigin({ origin, host, trustedOrigins: ["https://shop.example"] })).toBe(own);
});

it.each([
  ["http://a.example", "https", false],
  ["https://a.example", "https", true],
  ["http://a.example", "http", true],
  // A proxy in front that the app was not told to believe.
  ["https://a.example", "http", true],
] as const)("SEC-1: a page of %s, where the browser asked by %s: %j", (origin, protocol, own) => {
  expect(isOwnOrigin({ origin, host: "a.example", protocol, trustedOrigins: [] })).toBe(own);
});

it.each([
  ["https://shop.example.com", true],
  ["https://a.b.example.com", true],
  ["https://example.com", false],
  ["http://shop.example.com", false],
  ["https://shop.example.com.evil.example", false],
  ["https://evilexample.com", false],
])("CSR-9: %s is trusted here as for requests that change something: %j", (origin, trusted) => {
  expect(isOwnOrigin({ origin, host: "a.example", trustedOrigins: ["https://*.example.com"] })).toBe(trusted);
});
