import { describe, expect, it } from "vitest";
import { NameIdentity, requestOf } from "./request.fixture.ts";

describe("A request", () => {
  it("has what it was made of, the path without its query, and the last value of a name of the query", () => {
    const request = requestOf({ kind: "page", method: "HEAD", url: "/notes/1?tab=a&tab=b%20c&empty=#top" });
    expect(request).toMatchObject({
      kind: "page",
      method: "HEAD",
      url: "/notes/1?tab=a&tab=b%20c&empty=#top",
      path: "/notes/1",
      ip: "192.0.2.1",
      host: "a.example",
      protocol: "https",
    });
    expect({ ...request.query }).toEqual({ tab: "b c", empty: "" });
    expect(request.query).toBe(request.query);
  });

  it.each([
    ["/", "/"],
    ["/a#b?c", "/a"],
    ["/a?b#c", "/a"],
    ["/a%3Fb", "/a%3Fb"],
    ["", ""],
  ])("of %j has the path %j", (url, path) => {
    expect(requestOf({ url }).path).toBe(path);
  });

  it("takes no name of a query for a part of an object", () => {
    const { query } = requestOf({ url: "/?__proto__=x&constructor=y" });
    expect(Object.getPrototypeOf(query)).toBeNull();
    expect(Object.keys(query)).toEqual([]);
    expect(query["toString"]).toBeUndefined();
  });

  it("reads its cookies from the header, unless newer ones are given", () => {
    expect({ ...requestOf({ cookie: "a=1" }).cookies }).toEqual({ a: "1" });
    expect({ ...requestOf({ cookie: "a=1", cookies: { b: "2" } }).cookies }).toEqual({ b: "2" });
    expect({ ...requestOf().cookies }).toEqual({});
  });

  it("asks for session, user and language when somebody asks for them, and once", () => {
    const identity = new NameIdentity();
    const request = requestOf({ cookie: "user=ada; language=de" }, identity);
    expect([identity.calls, request.openedSession]).toEqual([[], undefined]);
    expect([request.user.username, request.user, request.language, request.language]).toEqual([
      "ada",
      request.user,
      "de",
      "de",
    ]);
    expect([identity.calls, request.openedSession]).toEqual([["user", "language"], undefined]);
    expect(request.session).toBe(request.session);
    expect(request.openedSession).toBe(request.session);
    expect(identity.calls).toEqual(["user", "language", "session"]);
  });

  it("finds user and language anew after forgetUser(); the session stays", () => {
    const identity = new NameIdentity();
    const request = requestOf({ cookie: "user=ada" }, identity);
    const { session, user, language } = request;
    request.forgetUser();
    expect([request.session === session, request.user === user, request.language]).toEqual([true, false, language]);
    expect(identity.calls).toEqual(["session", "user", "language", "user", "language"]);
  });

  it("keeps the last Set-Cookie line of each name, and none without a name", () => {
    const request = requestOf();
    for (const line of ["a=1; Path=/", "b=2", "a=3; HttpOnly", "nameless", "=x"]) request.setCookie(line);
    expect([...request.outgoing]).toEqual([
      ["a", "a=3; HttpOnly"],
      ["b", "b=2"],
    ]);
  });
});
