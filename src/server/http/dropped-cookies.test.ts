import { describe, expect, test } from "vitest";
import type { Logger } from "../logger.ts";
import { dropsCookies, noteDropped } from "./dropped-cookies.ts";

const SECURE = ["__Host-sessionid=a; Path=/; HttpOnly; Secure; SameSite=Lax"];
const drops = (origin: string | undefined, cookies = SECURE) => dropsCookies({ headers: { origin } }, cookies);

test("a browser drops Secure cookies of a page that was opened over plain HTTP from another machine", () => {
  for (const origin of [
    "http://notes.lan",
    "http://notes.lan:3000",
    "http://192.168.1.5:3000",
    "http://localhost.lan",
  ]) {
    expect([origin, drops(origin)]).toEqual([origin, true]);
  }
});

test("it keeps them over HTTPS, on its own machine, and when they are not Secure; without an Origin nobody knows", () => {
  for (const origin of [
    "https://notes.lan",
    "http://localhost:3000",
    "http://app.localhost:3000",
    "http://127.0.0.1:3000",
    "http://[::1]:3000",
    "null",
    "no URL",
    undefined,
  ]) {
    expect([origin, drops(origin)]).toEqual([origin, false]);
  }
  expect(drops("http://notes.lan", ["sessionid=a; Path=/; HttpOnly", "Secure=1; Path=/"])).toBe(false);
  expect(drops("http://notes.lan", [])).toBe(false);
});

describe("the log says that cookies are dropped", () => {
  const received = (origin: string, host: string, protocol: "http" | "https" = "http") => {
    const lines: string[] = [];
    const logger = { warn: (_details: object, message: string) => lines.push(message) } as unknown as Logger;
    for (let time = 0; time < 3; time++) noteDropped(logger, { headers: { origin }, host, protocol }, SECURE);
    return lines;
  };

  test("once a minute for the address to which the request came", () => {
    expect(received("http://notes.lan:3000", "notes.lan:3000")).toEqual([
      expect.stringContaining("http://notes.lan:3000"),
    ]);
    expect(received("http://notes.lan", "notes.lan")).toHaveLength(1);
  });

  test.each([
    ["an origin that is another address", "http://evil.example", "notes.lan", "http"],
    ["an origin of plain HTTP over HTTPS", "http://notes.lan", "notes.lan", "https"],
    ["an origin without a host", "http://notes.lan", "", "http"],
  ] as const)("and nothing for %s, which anybody can send", (_, origin, host, protocol) => {
    expect(received(origin, host, protocol)).toEqual([]);
  });

  test("with an address that is cut when it is long", () => {
    const host = `${"a.".repeat(2_000)}lan`;
    expect(received(`http://${host}`, host)[0]?.length).toBeLessThan(600);
  });
});
