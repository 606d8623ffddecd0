import { describe, expect, it, test } from "vitest";
import { type CrossSiteRequest, crossSiteProblem, trustedOrigins } from "./cross-site.ts";

const ORIGINS = {
  absent: undefined,
  own: "https://a.example",
  foreign: "https://evil.example",
  null: "null",
} as const;
const SITES = {
  absent: undefined,
  "same-origin": "same-origin",
  "same-site": "same-site",
  "cross-site": "cross-site",
} as const;

const problem = (request: Partial<CrossSiteRequest>) =>
  crossSiteProblem({
    method: "POST",
    headers: {},
    protocol: "https",
    host: "a.example",
    trustedOrigins: trustedOrigins(["https://shop.example", "https://*.partner.example", "http://lan.example:8080"]),
    hasSessionCookie: true,
    ...request,
  });
const passes = (headers: CrossSiteRequest["headers"], more: Partial<CrossSiteRequest> = {}) =>
  problem({ headers, ...more }) === undefined;

describe("CSR-8: Sec-Fetch-Site decides where it is sent, else Origin, else a session's cookie needs a Referer", () => {
  const passing: readonly [site: keyof typeof SITES, origin: keyof typeof ORIGINS][] = [
    ["same-origin", "absent"],
    ["same-origin", "own"],
    ["same-origin", "foreign"],
    ["same-origin", "null"],
    ["absent", "own"],
  ];
  for (const [siteName, site] of Object.entries(SITES)) {
    for (const [originName, origin] of Object.entries(ORIGINS)) {
      const expected = passing.some(([s, o]) => s === siteName && o === originName);
      test(`CSR-8: Sec-Fetch-Site ${siteName}, Origin ${originName}: ${expected ? "passes" : "refused"}`, () => {
        const headers = {
          ...(site === undefined ? {} : { "sec-fetch-site": site }),
          ...(origin === undefined ? {} : { origin }),
        };
        expect(passes(headers)).toBe(expected);
      });
    }
  }

  test("CSR-8: what the visitor started himself passes; an unknown word does not", () => {
    expect(passes({ "sec-fetch-site": "none" })).toBe(true);
    for (const site of ["", "same-origin, cross-site", "SAME-ORIGIN", "unknown"]) {
      expect(passes({ "sec-fetch-site": site })).toBe(false);
    }
  });

  test("CSR-8: another site passes when its origin is trusted", () => {
    for (const site of ["same-site", "cross-site", undefined]) {
      const headers = { origin: "https://shop.example", ...(site === undefined ? {} : { "sec-fetch-site": site }) };
      expect(passes(headers)).toBe(true);
    }
  });

  test("CSR-8: with neither header and no session's cookie there is nothing to abuse", () => {
    expect(passes({}, { hasSessionCookie: false })).toBe(true);
    expect(passes({}, { hasSessionCookie: true })).toBe(false);
  });
});

test("CSR-1: methods that change nothing pass, every other one is checked", () => {
  const headers = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };
  for (const method of ["GET", "HEAD", "OPTIONS", "TRACE"]) expect(passes(headers, { method })).toBe(true);
  for (const method of ["POST", "PUT", "PATCH", "DELETE", "PROPFIND", "get", ""]) {
    expect(passes(headers, { method })).toBe(false);
  }
});

describe("CSR-2: an Origin must be the request's own or trusted", () => {
  it.each([
    ["https://a.example", true],
    ["https://a.example:443", true],
    ["https://A.EXAMPLE", true],
    ["https://shop.example", true],
    ["https://x.partner.example", true],
    ["https://x.y.partner.example", true],
    ["http://lan.example:8080", true],
    ["http://a.example", false],
    ["https://a.example:8443", false],
    ["https://b.a.example", false],
    ["https://a.example.evil.example", false],
    ["http://shop.example", false],
    ["https://partner.example", false],
    ["https://evilpartner.example", false],
    ["http://x.partner.example", false],
    ["https://partner.example.evil", false],
    ["http://lan.example", false],
    ["https://x.partner.example:8443", false],
    ["null", false],
    ["", false],
    ["a.example", false],
    ["file://a.example", false],
    ["https://", false],
    ["https://a.example, https://evil.example", false],
    ["https://[", false],
  ])("CSR-2: %j passes: %j", (origin, expected) => {
    expect(passes({ origin })).toBe(expected);
  });
});

describe("CSR-3: over HTTPS without Origin the Referer must be of this site", () => {
  it.each([
    ["https://a.example/form?x=1", true],
    ["https://shop.example/", true],
    ["https://x.partner.example/y", true],
    [undefined, false],
    ["", false],
    ["http://a.example/form", false],
    ["https://evil.example/?https://a.example", false],
    ["https://a.example.evil.example/", false],
    ["http://http://www.example.com/", false],
    ["https://", false],
    ["about:blank", false],
  ])("CSR-3: %j passes: %j", (referer, expected) => {
    expect(passes(referer === undefined ? {} : { referer })).toBe(expected);
  });

  test("CSR-3: a foreign Referer is refused also without a session", () => {
    expect(passes({ referer: "https://evil.example/" }, { hasSessionCookie: false })).toBe(false);
  });
});

test("CSR-10: over plain HTTP, where browsers send no Sec-Fetch-Site, Origin carries it", () => {
  const lan = { protocol: "http", host: "192.168.0.7:3000" } as const;
  expect(passes({ origin: "http://192.168.0.7:3000" }, lan)).toBe(true);
  expect(passes({ origin: "http://192.168.0.7" }, lan)).toBe(false);
  expect(passes({ origin: "https://192.168.0.7:3000" }, lan)).toBe(false);
  expect(passes({ origin: "http://evil.example" }, lan)).toBe(false);
  expect(passes({ referer: "http://192.168.0.7:3000/login" }, lan)).toBe(true);
  expect(passes({}, lan)).toBe(false);
});

test("CSR-6: what signs in is guarded although there is no session yet", () => {
  const anonymous = { hasSessionCookie: false };
  expect(passes({ origin: "https://evil.example" }, anonymous)).toBe(false);
  expect(passes({ "sec-fetch-site": "cross-site" }, anonymous)).toBe(false);
  expect(passes({ "sec-fetch-site": "same-site", origin: "https://b.a.example" }, anonymous)).toBe(false);
});

test("a malformed host matches nothing", () => {
  for (const host of ["", "[", "a b"]) expect(passes({ origin: "https://a.example" }, { host })).toBe(false);
});

describe("CSR-7: trusted origins", () => {
  it.each([
    "shop.example",
    "*.shop.example",
    "//shop.example",
    "https://",
    "https://shop.example/path",
    "https://*",
    "https://*.",
    "https://a.*.example",
    "https://shop.example?x",
    "https://ada@shop.example",
    "ftp://shop.example",
    "",
  ])("CSR-7: %j is refused when the server starts", (origin) => {
    expect(() => trustedOrigins([origin])).toThrow(expect.objectContaining({ code: "CSRF_ORIGIN_INVALID" }));
  });

  test("CSR-7: they are brought into the form that browsers send", () => {
    expect(trustedOrigins(["HTTPS://Shop.Example:443", "https://shop.example/", "http://*.Lan.example:8080"])).toEqual([
      "https://shop.example",
      "https://shop.example",
      "http://*.lan.example:8080",
    ]);
  });
});

test("SEC-20, SEC-27: a reason quotes no more than a line of a long header, and it takes no time", () => {
  const long = `https://${"a.".repeat(50_000)}\u001b[31m\n`;
  const started = performance.now();
  const reasons = [problem({ headers: { origin: long } }), problem({ headers: { referer: long } })];
  expect(performance.now() - started).toBeLessThan(50);
  for (const reason of reasons) {
    expect(reason?.length).toBeLessThan(400);
    expect(reason).not.toMatch(/\p{Cc}/u);
  }
});
