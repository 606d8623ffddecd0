import { describe, expect, it, test } from "vitest";
import { FOREIGN_URLS } from "../protocol/foreign-urls.fixture.ts";
import { type NextOptions, safeNext } from "./safe-next.ts";

const next = (value: unknown, options: Partial<NextOptions> = {}) =>
  safeNext(value, { host: "testserver", secure: false, allowedHosts: ["testserver2"], fallback: "/home", ...options });

describe("NXT-1: addresses that lead elsewhere", () => {
  it.each(FOREIGN_URLS)("NXT-1: %j is not taken", (url) => {
    expect(next(url)).toBe("/home");
  });
});

describe("NXT-1: addresses that stay", () => {
  it.each([
    "/view/?param=http://example.com",
    "/view/?param=https://example.com",
    "/view?param=ftp://example.com",
    "view/?param=//example.com",
    "https://testserver/",
    "HTTPS://testserver/",
    "//testserver/",
    "http://testserver/confirm?email=me@example.com",
    "/url%20with%20spaces/",
    "path/http:2222222222",
  ])("NXT-1: %j is taken", (url) => {
    expect(next(url)).toBe(url);
  });
});

describe("NXT-2", () => {
  it.each([
    ["///example.com", "three slashes"],
    ["//example.com", "a host that is not allowed"],
    ["//testserver:8000/", "another port"],
    ["//ada@testserver/", "a name before the host"],
    ["https:/path", "a scheme without a host"],
    ["https:", "a scheme alone"],
    ["data:text/html,x", "a scheme that is no web"],
    ["/a\u0000b", "a control character"],
    ["/a\tb", "a tab, which browsers leave out"],
    ["/\t/example.com", "a tab between two slashes"],
    ["\u200b//example.com", "an invisible character first"],
    [`/${"a".repeat(2048)}`, "more than 2048 characters"],
    ["", "nothing"],
    ["   ", "only spaces"],
  ])("NXT-2: refuses %j: %s", (url) => {
    expect(next(url)).toBe("/home");
  });

  test("NXT-2: over HTTPS an address over plain HTTP is refused, with and without a scheme", () => {
    for (const url of ["http://testserver/p", "//testserver/p", "ftp://testserver/p"]) {
      expect(next(url, { secure: true })).toBe("/home");
    }
    for (const url of ["https://testserver/p", "HTTPS://testserver/p", "/view/?param=http://example.com"]) {
      expect(next(url, { secure: true })).toBe(url);
    }
  });

  test("NXT-2: the request's host and the allowed ones, each with its port", () => {
    expect(next("https://testserver2/")).toBe("https://testserver2/");
    expect(next("//localhost:3000/x", { host: "localhost:3000" })).toBe("//localhost:3000/x");
    expect(next("//localhost/x", { host: "localhost:3000" })).toBe("/home");
    expect(next("//", { host: "" })).toBe("/home");
    expect(next("http://", { host: "" })).toBe("/home");
    expect(next("http://ada:pw@testserver/", { allowedHosts: ["ada:pw@testserver"] })).toBe(
      "http://ada:pw@testserver/",
    );
    expect(next("http://ada:pw@testserver\\@example.com", { allowedHosts: ["ada:pw@testserver"] })).toBe("/home");
  });

  test("NXT-2: spaces around an address are left out", () => {
    expect(next("  /notes ")).toBe("/notes");
  });
});

test("NXT-3: what is no text leads to the fallback", () => {
  for (const value of [undefined, null, 1, ["/a"], { toString: () => "/a" }, Symbol("x")])
    expect(next(value)).toBe("/home");
});

test("SEC-16: no reading of an address that a browser makes leads to another site", () => {
  const parts = [
    "/",
    "\\",
    "//",
    ":",
    "@",
    "http:",
    "https:",
    "javascript:",
    "evil.example",
    "testserver",
    ".",
    "?",
    "#",
    "\t",
  ];
  let taken = 0;
  const visit = (url: string, depth: number) => {
    const safe = next(url);
    if (safe !== "/home") {
      taken++;
      const read = new URL(safe, "http://testserver/login");
      expect([safe, read.protocol, read.hostname]).toEqual([safe, expect.stringMatching(/^https?:$/), "testserver"]);
    }
    if (depth > 0) for (const part of parts) visit(url + part, depth - 1);
  };
  for (const part of parts) visit(part, 3);
  expect(taken).toBeGreaterThan(1000);
});

test("SEC-20: a very long address takes no time", () => {
  const started = performance.now();
  for (const part of ["a", ":", "/", "\\", " ", "http://", "\u0000"]) next(part.repeat(100_000));
  expect(performance.now() - started).toBeLessThan(50);
});
