import { describe, expect, it, test } from "vitest";
import { parseCookies, readSetCookie } from "./cookie-header.ts";

describe("A Cookie header", () => {
  it("is read into values by name, without the blanks around either", () => {
    expect({ ...parseCookies("a=1; b=2;c=3;\td \t=\t 4 ") }).toEqual({ a: "1", b: "2", c: "3", d: "4" });
  });

  it.each([undefined, "", ";", " ; ;; "])("of %j holds nothing", (header) => {
    expect(Object.keys(parseCookies(header))).toEqual([]);
  });

  it("counts the first of two with one name, which is the most specific one", () => {
    expect({ ...parseCookies("a=first; b=x; a=second; a=") }).toEqual({ a: "first", b: "x" });
    expect({ ...parseCookies("a=; a=second") }).toEqual({ a: "" });
  });

  it.each([
    ['a="in quotes"', "in quotes"],
    ['a=""', ""],
    ['a="', '"'],
    ['a="half', '"half'],
    ['a=half"', 'half"'],
    ['a="twice""', 'twice"'],
    ['a=" kept "', " kept "],
  ])("takes quotes off a value that stands in them whole: %s", (header, value) => {
    expect(parseCookies(header)["a"]).toBe(value);
  });

  it.each([
    ["a=%41%20b", "A b"],
    ['a="%3B"', ";"],
    ["a=%C3%A9", "é"],
    ["a=%", "%"],
    ["a=100%", "100%"],
    ["a=%zz%41", "%zz%41"],
    ["a=%C3", "%C3"],
    ["a=1+2", "1+2"],
  ])("reads escapes, and leaves what is none as it is: %s", (header, value) => {
    expect(parseCookies(header)["a"]).toBe(value);
  });

  it("keeps everything after the first equals sign", () => {
    expect({ ...parseCookies("a=b=c==; d==") }).toEqual({ a: "b=c==", d: "=" });
  });

  it("leaves out what is malformed, and reads on", () => {
    expect({ ...parseCookies("alone; =nameless; ==; a=1;  =x; \t=x; b=2") }).toEqual({ a: "1", b: "2" });
  });

  it.each(["__proto__", "constructor", "toString", "hasOwnProperty"])("takes %s for a name like any other", (name) => {
    const cookies = parseCookies(`${name}=x`);
    expect(Object.keys(cookies)).toEqual([name]);
    expect(cookies[name]).toBe("x");
    expect(Object.getPrototypeOf(cookies)).toBeNull();
    expect(parseCookies("a=1")[name]).toBeUndefined();
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });

  it("tells names by their case, and does not decode them", () => {
    expect({ ...parseCookies("Session=a; session=b; %41=c") }).toEqual({ Session: "a", session: "b", "%41": "c" });
  });

  // Browsers take a name with such a blank for another one and let any page of a sibling host set it.
  test.each([0x00a0, 0xfeff, 0x2003, 0x2028, 0x3000, 0x000b, 0x000c, 0x0085])(
    "SEC-14: a name with U+%s beside it is not the name",
    (code) => {
      const blank = String.fromCodePoint(code);
      const name = "__Host-sessionid";
      for (const other of [blank + name, name + blank, ` ${blank}${name}`, `${name}${blank} `]) {
        const cookies = parseCookies(`${other}=attacker; ${name}=victim`);
        expect(cookies[name]).toBe("victim");
        expect(Object.keys(cookies)).toEqual([other.replace(/^ | $/g, ""), name]);
        expect(parseCookies(`${other}=attacker`)[name]).toBeUndefined();
      }
    },
  );

  it("keeps such blanks in values, too", () => {
    expect(parseCookies("a=\u00a0x\u00a0")["a"]).toBe("\u00a0x\u00a0");
  });

  it("reads a very long header in no time", () => {
    const begin = performance.now();
    parseCookies(`${" ".repeat(50_000)}a${" ".repeat(50_000)}=${"\t ".repeat(50_000)}x`);
    parseCookies(";".repeat(200_000));
    expect(performance.now() - begin).toBeLessThan(1_000);
  });
});

describe("A Set-Cookie line", () => {
  it("tells the name and the value that a browser keeps", () => {
    expect(readSetCookie('theme="dark%20blue"; Path=/; HttpOnly; SameSite=Lax')).toEqual({
      name: "theme",
      value: "dark blue",
      gone: false,
    });
    expect(readSetCookie(" a = 1 ")).toEqual({ name: "a", value: "1", gone: false });
    expect(readSetCookie("a=b=c")).toEqual({ name: "a", value: "b=c", gone: false });
  });

  it.each(["", "alone", "=nameless", "; Path=/"])("of %j is none", (line) => {
    expect(readSetCookie(line)).toBeUndefined();
  });

  it.each([
    ["a=; Max-Age=0", true],
    ["a=; max-age = 0", true],
    ["a=; MAX-AGE=-1", true],
    ["a=1; Max-Age=60", false],
    ["a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", true],
    ["a=1; expires=Fri, 01 Jan 2100 00:00:00 GMT", false],
    ["a=1; Expires=whenever", false],
    ["a=1; Max-Age=soon", false],
    ["a=Max-Age=0", false],
    ["a=", false],
    ["a=1; Path=/; Max-Age=0; HttpOnly", true],
  ])("of %j ends the cookie: %j", (line, gone) => {
    expect(readSetCookie(line)?.gone).toBe(gone);
  });

  test("SEC-14: its name is no other one either, for a blank beside it", () => {
    expect(readSetCookie("\u00a0sessionid=x")?.name).toBe("\u00a0sessionid");
  });
});
