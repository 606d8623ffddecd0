import { describe, expect, it } from "vitest";
import { AntiphonError } from "../../errors.ts";
import { pathOwner, prefixTable, readTarget } from "./path-owner.ts";

const prefixes = prefixTable({ backendPrefix: "/api", adminPrefix: "/admin", extraPrefixes: ["billing/", "/api/v2"] });

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof AntiphonError) return error.code;
    throw error;
  }
  return "nothing thrown";
}

describe("The owner of a path", () => {
  it.each([
    ["/", "frontend"],
    ["/notes", "frontend"],
    ["/api", "backend"],
    ["/api/", "backend"],
    ["/api/me", "backend"],
    ["/api//me", "backend"],
    ["/api/v2/me", "backend"],
    ["/apis", "frontend"],
    ["/API/me", "frontend"],
    ["/x/api/me", "frontend"],
    ["/%61pi/me", "backend"],
    ["/api%2Fme", "frontend"],
    ["/api/a%2Fb", "backend"],
    ["/api;x", "frontend"],
    ["/billing", "backend"],
    ["/billing/3", "backend"],
    ["/admin", "admin"],
    ["/admin/users/3", "admin"],
    ["/administrator", "frontend"],
    ["/_event", "channel"],
    ["/_event/", "channel"],
    ["/_events", "frontend"],
    ["/%5fevent/", "channel"],
    ["/_health", "framework"],
    ["/_upload/3", "framework"],
    ["/_reload", "framework"],
    ["/ping", "framework"],
    ["/pingpong", "frontend"],
    ["/auth-codespace", "framework"],
    ["/api/_upload", "framework"],
    ["/api/_upload/3", "framework"],
    ["/api/_health", "framework"],
    ["/api/_event/", "channel"],
    ["/api/v2/_upload", "framework"],
    ["/admin/_upload", "framework"],
    ["/notes/_upload", "frontend"],
    ["/api/x/_upload", "backend"],
    ["/api/ping", "backend"],
  ])("rows 9, 11: of %s is the %s", (path, owner) => {
    expect(pathOwner(prefixes, path).owner).toBe(owner);
  });

  it("names the endpoint without the prefix that stood before it", () => {
    expect(pathOwner(prefixes, "/api/_upload/3")).toEqual({ owner: "framework", endpoint: "/_upload" });
  });

  it("is the front end for everything else when the app has no back end", () => {
    expect(pathOwner(prefixTable({ backendPrefix: "" }), "/api/me").owner).toBe("frontend");
  });

  it("keeps the admin's path reserved when the configuration does not name it", () => {
    expect(pathOwner(prefixTable({}), "/admin/users").owner).toBe("admin");
  });
});

describe("The prefixes of an app", () => {
  it("row 8: get a leading slash and lose a trailing one", () => {
    expect(prefixTable({ backendPrefix: "api/", adminPrefix: "office", extraPrefixes: [" /billing/ "] })).toEqual({
      backend: "/api",
      admin: "/office",
      extra: ["/billing"],
    });
  });

  it.each([
    [{ backendPrefix: "/" }, "SERVER_PREFIX_ROOT"],
    [{ backendPrefix: "   " }, "SERVER_PREFIX_EMPTY"],
    [{ adminPrefix: "" }, "SERVER_PREFIX_EMPTY"],
    [{ adminPrefix: "/" }, "SERVER_PREFIX_ROOT"],
    [{ extraPrefixes: [""] }, "SERVER_PREFIX_EMPTY"],
    [{ extraPrefixes: ["/"] }, "SERVER_PREFIX_ROOT"],
    [{ backendPrefix: "/_event" }, "SERVER_PREFIX_RESERVED"],
    [{ backendPrefix: "/_event/x" }, "SERVER_PREFIX_RESERVED"],
    [{ backendPrefix: "_upload" }, "SERVER_PREFIX_RESERVED"],
    [{ extraPrefixes: ["/ping/"] }, "SERVER_PREFIX_RESERVED"],
    [{ adminPrefix: "/auth-codespace/x" }, "SERVER_PREFIX_RESERVED"],
    [{ extraPrefixes: ["/api/_event"] }, "SERVER_PREFIX_RESERVED"],
    [{ backendPrefix: "/admin" }, "SERVER_PREFIX_DUPLICATE"],
    [{ backendPrefix: "/api", extraPrefixes: ["api/"] }, "SERVER_PREFIX_DUPLICATE"],
    [{ extraPrefixes: ["/x", "/x"] }, "SERVER_PREFIX_DUPLICATE"],
    [{ backendPrefix: "https://cdn.example/api" }, "SERVER_PREFIX_INVALID"],
    [{ backendPrefix: "/a/../b" }, "SERVER_PREFIX_INVALID"],
    [{ backendPrefix: "//api" }, "SERVER_PREFIX_INVALID"],
    [{ backendPrefix: "/api//" }, "SERVER_PREFIX_INVALID"],
    [{ backendPrefix: "/api?x" }, "SERVER_PREFIX_INVALID"],
    [{ backendPrefix: "/a%2fb" }, "SERVER_PREFIX_INVALID"],
    [{ backendPrefix: "/a\\b" }, "SERVER_PREFIX_INVALID"],
    [{ backendPrefix: "/a b" }, "SERVER_PREFIX_INVALID"],
    [{ backendPrefix: "/[id]" }, "SERVER_PREFIX_INVALID"],
  ])("row 10: %j is refused with %s", (options, code) => {
    expect(codeOf(() => prefixTable(options))).toBe(code);
  });

  it("may begin like a reserved path without being one", () => {
    expect(prefixTable({ backendPrefix: "/_events", extraPrefixes: ["/pings"] }).backend).toBe("/_events");
  });

  it("are refused with the key and the prefix that the author wrote", () => {
    expect(() => prefixTable({ extraPrefixes: ["/x", "/_health"] })).toThrow(
      /extraPrefixes\[1\] "\/_health" collides with the framework's own path "\/_health"/,
    );
  });
});

describe("A request target", () => {
  it.each([
    ["/", "/"],
    ["/notes?tab=1", "/notes"],
    ["/notes?next=//evil.example/..", "/notes"],
    ["?x=1", "/"],
    ["http://localhost:3000/api/me?x=1", "/api/me"],
    ["http://localhost", "/"],
    ["HTTPS://evil.example?x", "/"],
    ["/files/a%2Fb", "/files/a%2Fb"],
    ["/a//b", "/a//b"],
    ["/.well-known/x", "/.well-known/x"],
    ["/notes/...", "/notes/..."],
    ["/%E2%82%AC", "/%E2%82%AC"],
    ["/a%252e%252e/b", "/a%252e%252e/b"],
  ])("%s has the path %s", (target, path) => {
    expect(readTarget(target).path).toBe(path);
  });

  it.each([
    ["//evil.example/notes"],
    ["http://host//evil.example"],
    ["*"],
    ["notes"],
    ["/.."],
    ["/../etc/passwd"],
    ["/api/../admin"],
    ["/api/./me"],
    ["/api/%2e%2e/admin"],
    ["/api/.%2E/admin"],
    ["/api/..%2fadmin"],
    ["/api/..%5cadmin"],
    ["/api\\me"],
    ["/\\evil.example"],
    ["/a%5Cb"],
    ["/a%00b"],
    ["/a%0d%0ab"],
    ["/a%7f"],
    ["/%zz"],
    ["/%"],
    ["/%ff"],
    ["/a#b"],
    ["/a?b#c"],
  ])("%s is refused", (target) => {
    expect(codeOf(() => readTarget(target))).toBe("SERVER_PATH_INVALID");
  });

  it("keeps the query and drops the origin of an absolute form", () => {
    expect(readTarget("http://localhost/api?x=1").url).toBe("/api?x=1");
    expect(readTarget("?x=1").url).toBe("/?x=1");
  });
});
