import { expect, test } from "vitest";
import { readSetCookie } from "../bridge/cookie-header.ts";
import { cookieLines, deletionLines, type SessionCookieOptions, sessionCookie } from "./session-cookie.ts";

const KEY = "abcdefghijklmnopqrstuvwxyz012345";

test("SES-14: HttpOnly, SameSite=Lax and the whole path by default; the second cookie is readable", () => {
  const lines = cookieLines(sessionCookie(), KEY, 1_209_600);
  expect(lines[0]).toBe(`sessionid=${KEY}; Path=/; Max-Age=1209600; HttpOnly; SameSite=Lax`);
  expect(lines[1]).toMatch(/^antiphon_identity=[\w-]{10}; Path=\/; Max-Age=1209600; SameSite=Lax$/);
});

test("SES-14: a secure cookie for the whole host is __Host-, which no other host can set", () => {
  const [session, identity] = cookieLines(sessionCookie({ secure: true, sameSite: "strict" }), KEY, 60);
  expect(session).toBe(`__Host-sessionid=${KEY}; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=Strict`);
  expect(identity).toMatch(/^antiphon_identity=.{10}; Path=\/; Max-Age=60; Secure; SameSite=Strict$/);
  expect(sessionCookie({ secure: true, domain: "example.com" }).name).toBe("sessionid");
  expect(sessionCookie({ secure: true, path: "/app" }).name).toBe("sessionid");
  expect(sessionCookie({ secure: true, cookieName: "__Host-mine" }).name).toBe("__Host-mine");
});

test("SES-8: the deletion has the attributes of the cookie, without which a browser keeps it", () => {
  const cookie = sessionCookie({
    cookieName: "sid",
    domain: "example.com",
    path: "/app",
    secure: true,
    sameSite: "none",
  });
  expect(cookieLines(cookie, KEY, 60)[0]).toBe(
    `sid=${KEY}; Path=/app; Domain=example.com; Max-Age=60; HttpOnly; Secure; SameSite=None`,
  );
  expect(deletionLines(cookie)[0]).toBe(
    "sid=; Path=/app; Domain=example.com; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=None",
  );
  expect(readSetCookie(deletionLines(cookie)[0] as string)?.gone).toBe(true);
});

test("SES-11: without an age both cookies end with the browser", () => {
  for (const line of cookieLines(sessionCookie(), KEY, undefined)) expect(line).not.toMatch(/Max-Age|Expires/);
});

test("the readable cookie changes with the key and with it alone, and says nothing of it", () => {
  const value = (line = "") => /^antiphon_identity=([^;]+)/.exec(line)?.[1];
  const of = (key: string, age: number) => value(cookieLines(sessionCookie(), key, age)[1]);
  expect(of(KEY, 60)).toBe(of(KEY, 120));
  expect(of(KEY, 60)).not.toBe(of(`${KEY.slice(0, -1)}6`, 60));
  expect(KEY).not.toContain(of(KEY, 60));
  expect(value(deletionLines(sessionCookie())[1])).toBe(value(deletionLines(sessionCookie())[1]));
  expect(value(deletionLines(sessionCookie())[1])).not.toBe(of(KEY, 60));
});

test.each<[string, SessionCookieOptions]>([
  ["cookieName", { cookieName: "" }],
  ["cookieName", { cookieName: "a=b" }],
  ["cookieName", { cookieName: "a\r\nSet-Cookie: b" }],
  ["cookieName", { cookieName: "__Host-sid" }],
  ["maxAge", { maxAge: 0 }],
  ["maxAge", { maxAge: 1.5 }],
  ["path", { path: "app" }],
  ["path", { path: "/a; Domain=evil.example" }],
  ["path", { path: "/a\r\n" }],
  ["domain", { domain: "" }],
  ["domain", { domain: "a.example; Path=/" }],
  ["sameSite", { sameSite: "none" }],
  ["sameSite", { sameSite: "never" as never }],
])("a wrong %s is refused: %j", (option, options) => {
  expect(() => sessionCookie(options)).toThrow(
    expect.objectContaining({ code: "SESSION_COOKIE_INVALID", message: expect.stringContaining(`${option} is wrong`) }),
  );
});

test("under basePath both cookies are sent below it, without __Host-; a path of its own stays", () => {
  const pathsOf = (options: Parameters<typeof sessionCookie>[0]) =>
    cookieLines(sessionCookie(options), "k", undefined).map((line) =>
      /^([\w-]+)=.*; Path=([^;]+)/.exec(line)?.slice(1),
    );
  expect(pathsOf({ secure: true, basePath: "/app" })).toEqual([
    ["sessionid", "/app"],
    ["antiphon_identity", "/app"],
  ]);
  expect(pathsOf({ path: "/app/deep", basePath: "/app" })).toEqual([
    ["sessionid", "/app/deep"],
    ["antiphon_identity", "/app"],
  ]);
});
