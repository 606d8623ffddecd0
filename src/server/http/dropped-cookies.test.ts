import { expect, test } from "vitest";
import { dropsCookies } from "./dropped-cookies.ts";

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
