import { describe, expect, it } from "vitest";
import { checkConfig, configProblems } from "./check-config.ts";
import { nearestName } from "./nearest-name.ts";
import { resolveConfig } from "./resolve-config.ts";

describe("Checking settings", () => {
  it("finds nothing wrong with good ones, and takes undefined for absent", () => {
    expect(
      configProblems({
        appName: "notes",
        backendPrefix: "/api",
        adminPrefix: undefined,
        extraPrefixes: ["/billing"],
        port: 0,
        host: "::1",
        allowedOrigins: ["https://app.example.com", "http://localhost:8080"],
        trustProxy: ["10.0.0.0/8"],
        limits: { tabs: 5, burst: undefined },
        contentSecurityPolicy: { "img-src": ["'self'", "https://cdn.example.com"], "font-src": [] },
        onStart: () => {},
        vite: { plugins: [] },
      }),
    ).toEqual([]);
  });

  it.each([
    [{ port: "3000" }, "port", "a whole number from 0 to 65535", '"3000"'],
    [{ port: 70000 }, "port", "a whole number from 0 to 65535", "70000"],
    [{ port: 1.5 }, "port", "a whole number from 0 to 65535", "1.5"],
    [{ host: " " }, "host", "a text that is not empty", '" "'],
    [{ appName: null }, "appName", "a text that is not empty", "null"],
    [{ extraPrefixes: "/x" }, "extraPrefixes", "a list of texts", '"/x"'],
    [{ extraPrefixes: [3] }, "extraPrefixes", "a list of texts", "the list [3]"],
    [{ limits: { tabs: 0 } }, "limits.tabs", "a whole number of at least 1", "0"],
    [{ limits: { tab: 5 } }, "limits.tab", 'a known key, perhaps "tabs"', "a key that nothing reads"],
    [{ limits: 5 }, "limits", "an object such as { frameSize: … }", "5"],
    [{ prot: 5 }, "prot", 'a known key, perhaps "port"', "a key that nothing reads"],
    [{ constructor: 5 }, "constructor", expect.stringContaining("one of appName"), "a key that nothing reads"],
    [{ onStart: "start" }, "onStart", "a function", '"start"'],
    [{ vite: () => ({}) }, "vite", "an object of Vite settings", "a function"],
    [{ trustProxy: 1 }, "trustProxy", "true, false or a list of the proxies' addresses", "1"],
    [{ contentSecurityPolicy: true }, "contentSecurityPolicy", expect.stringContaining("false, or"), "true"],
  ])("tells of %j which key it is, what was expected and what was got", (config, key, expected, got) => {
    expect(configProblems(config)).toEqual([{ key, expected, got }]);
  });

  it.each(["*", "app.example.com", "https://app.example.com/", "https://app.example.com/path", "null", "file://x"])(
    "refuses %s as an allowed origin",
    (origin) => expect(configProblems({ allowedOrigins: [origin] })).toHaveLength(1),
  );

  it.each([
    { "img-src": ["a; script-src *"] },
    { "img-src": ["a b"] },
    { "img-src": "*" },
    { "img-src\n": [] },
    { "x;y": [] },
  ])("refuses %j as a policy, because it could smuggle in another directive", (contentSecurityPolicy) =>
    expect(configProblems({ contentSecurityPolicy })).toHaveLength(1),
  );

  it("throws all problems at once, in the sentence and as data", () => {
    expect(() => checkConfig({ prot: 1, limits: { tabs: "many" } }, "antiphon.config.ts")).toThrow(
      expect.objectContaining({
        code: "CONFIG_INVALID",
        message:
          "antiphon.config.ts has 2 problems:\n" +
          '  prot: Expected a known key, perhaps "port". Got a key that nothing reads.\n' +
          '  limits.tabs: Expected a whole number of at least 1. Got "many".',
        details: [expect.objectContaining({ key: "prot" }), expect.objectContaining({ key: "limits.tabs" })],
      }),
    );
  });
});

describe("The nearest name", () => {
  it.each([
    ["prot", "port"],
    ["PORT", "port"],
    ["backendprefx", "backendPrefix"],
    ["colour", undefined],
    ["x", undefined],
  ])("of %s is %s", (given, nearest) => {
    expect(nearestName(given, ["port", "host", "backendPrefix"])).toBe(nearest);
  });
});

describe("Settings with their defaults", () => {
  it("listen on this machine only in development and on all addresses in production", () => {
    expect(resolveConfig({}, { root: "/srv/notes", mode: "development" })).toMatchObject({
      appName: "notes",
      host: "127.0.0.1",
      port: 3000,
      backendPrefix: "",
      adminPrefix: "/admin",
      extraPrefixes: [],
      trustProxy: false,
      limits: { bodyBytes: 1048576 },
    });
    expect(resolveConfig({}, { root: "/", mode: "production" }).host).toBe("0.0.0.0");
    expect(
      resolveConfig({ host: "::1", limits: { tabs: 3, burst: undefined } }, { root: "/", mode: "production" }),
    ).toMatchObject({
      host: "::1",
      limits: { tabs: 3, bodyBytes: 1048576 },
    });
    expect(Object.keys(resolveConfig({ limits: { burst: undefined } }, { root: "/", mode: "test" }).limits)).toEqual([
      "bodyBytes",
    ]);
  });
});
