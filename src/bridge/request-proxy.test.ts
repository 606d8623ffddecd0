import { afterEach, describe, expect, test } from "vitest";
import { anonymousUser } from "./anonymous-user.ts";
import { beginEventRequest, endEventRequest, runInRequest } from "./current-request.ts";
import { requestOf } from "./request.fixture.ts";
import { request } from "./request-proxy.ts";

afterEach(() => endEventRequest());

const loose = request as unknown as Record<string | symbol, unknown>;

describe("Row 34: request, where no request is", () => {
  test("row 34: is that of an anonymous visitor of the start page, and not bound", () => {
    const { kind, method, path, url, ip, host, protocol, language, session } = request;
    expect(request.isBound).toBe(false);
    expect({ kind, method, path, url, ip, host, protocol, language, session }).toEqual({
      kind: "event",
      method: "GET",
      path: "/",
      url: "/",
      ip: "",
      host: "",
      protocol: "http",
      language: "en",
      session: undefined,
    });
    expect(request.user).toBe(anonymousUser);
    expect([request.username, request.isAuthenticated, request.email]).toEqual(["", false, ""]);
  });

  test("row 34: has an empty query, headers and cookies, which nobody can write into for the next one", () => {
    for (const name of ["query", "headers", "cookies"] as const) {
      expect([name, Object.keys(request[name])]).toEqual([name, []]);
      expect(() => Object.assign(request[name], { a: "1" })).toThrow(TypeError);
      expect((request[name] as Record<string, unknown>)["a"]).toBeUndefined();
    }
  });

  test.each(["body", "params", "stamp", "log", "raw"])("row 34: says by name that there is no %s", (name) => {
    expect(() => loose[name]).toThrow(
      expect.objectContaining({ code: "BRIDGE_NOT_BOUND", message: expect.stringContaining(`request.${name} `) }),
    );
  });

  test("can be awaited, printed and compared without an error", async () => {
    expect(await (request as unknown as Promise<unknown>)).toBe(request);
    expect(JSON.stringify({ request })).toBe('{"request":{}}');
    expect(String(request)).toBe("[object Object]");
  });

  test("cannot be written to", () => {
    expect(() => Object.assign(request, { path: "/x" })).toThrow(TypeError);
    expect(() => Object.assign(request, { mine: 1 })).toThrow(TypeError);
    expect(request.path).toBe("/");
  });
});

describe("Row 34: request, where one is bound", () => {
  test("row 34: is that one, with what its user is asked for most", () => {
    const context = requestOf({ url: "/notes?tab=a", cookie: "user=ada; language=de" });
    runInRequest(context, () => {
      const { isBound, username, isAuthenticated, email, path, host, language } = request;
      expect({ isBound, username, isAuthenticated, email, path, host, language }).toEqual({
        isBound: true,
        username: "ada",
        isAuthenticated: true,
        email: "ada@example.org",
        path: "/notes",
        host: "a.example",
        language: "de",
      });
      expect([request.user, request.session, request.cookies]).toEqual([
        context.user,
        context.session,
        context.cookies,
      ]);
      expect(loose["no such thing"]).toBeUndefined();
    });
    expect([request.isBound, request.username, request.path]).toEqual([false, "", "/"]);
  });

  test("row 35: its headers are found by their names in any case, and listed in lower case", () => {
    const context = requestOf({ cookie: "user=ada" });
    runInRequest(context, () => {
      const { headers } = request;
      expect([headers["Cookie"], headers["COOKIE"], headers.cookie]).toEqual(Array(3).fill("user=ada"));
      expect(["Cookie" in headers, "Other" in headers, headers["Other"]]).toEqual([true, false, undefined]);
      expect({ ...headers }).toEqual({ ...context.headers });
      expect(request.headers).toBe(headers);
    });
  });

  test("row 34: its methods work on it, and what hooks have put on it is there", () => {
    const made = Object.assign(requestOf({ cookie: "user=ada" }), {
      stamp: "stamped",
      greet(this: { stamp: string }) {
        return `hello ${this.stamp}`;
      },
    });
    beginEventRequest(made);
    expect([loose["stamp"], (loose["greet"] as () => string)()]).toEqual(["stamped", "hello stamped"]);
  });

  test("is read anew each time: one that was kept is not another's", () => {
    const kept = request;
    const names = ["ada", "bob"].map((name) =>
      runInRequest(requestOf({ cookie: `user=${name}` }), () => kept.username),
    );
    expect(names).toEqual(["ada", "bob"]);
  });
});
