import { describe, expect, it } from "vitest";
import { nearestName } from "../nearest-name.ts";
import { checkConfig, configProblems } from "./check-config.ts";
import type { AntiphonConfig } from "./define-config.ts";
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
        trustProxy: ["10.0.0.0/8"],
        limits: { tabs: 5, burst: undefined },
        contentSecurityPolicy: { "img-src": ["'self'", "https://cdn.example.com"], "font-src": [] },
        eventBridge: "session",
        secretKey: "x",
        secretKeyFallbacks: ["y"],
        publicUrl: "https://app.example.com",
        trustedOrigins: ["https://shop.example.com", "https://*.example.com"],
        session: { cookieName: "sid", maxAge: 60, sameSite: "strict", secure: true, domain: "example.com", path: "/" },
        auth: {
          loginFields: " Email ",
          redirectAuthenticatedUser: false,
          passwordResetConfirmUrl: "/reset/{uid}/{token}",
          messages: { usernameTaken: "Taken." },
          throttle: {
            login: { attempts: 3, window: 60, ipAttempts: 9 },
            rules: [{ by: ["userAgent", "ip"], limit: 3, seconds: 60, purposes: ["login"] }],
          },
          backends: [{}],
          passwordHashing: { memory: 8, passes: 1, parallelism: 1 },
        },
        mail: { backend: "smtp", from: "Notes <noreply@example.com>", url: "smtps://me:secret@mail.example.com" },
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
    [{ eventBridge: "half" }, "eventBridge", 'true, false, "full", "session" or "none"', '"half"'],
    [{ secretKey: 12345 }, "secretKey", "a text that is not empty", "a value of type number"],
    [{ secretKey: " \n" }, "secretKey", "a text that is not empty", "a text of 2 characters"],
    [{ secretKeyFallbacks: [""] }, "secretKeyFallbacks", "a list of texts that are not empty", "a list of 1"],
    [{ mail: { password: 5 } }, "mail.password", "a text that is not empty", "a value of type number"],
    [{ mail: { url: "http://me:pw@x" } }, "mail.url", expect.stringContaining("smtps://"), "a text of 14 characters"],
    [{ mail: { from: "a@b\r\nBcc: c@d" } }, "mail.from", expect.stringContaining("on one line"), expect.anything()],
    [{ assetsUrl: "https://a.example/x" }, "assetsUrl", expect.stringContaining('ends with "/"'), expect.anything()],
    [{ publicUrl: "https://a.example/" }, "publicUrl", expect.stringContaining("without a path"), expect.anything()],
    [{ session: { sameSite: "Lax" } }, "session.sameSite", 'one of "lax", "strict", "none"', '"Lax"'],
    [{ session: { cookieName: "a=b" } }, "session.cookieName", expect.stringContaining("letters"), '"a=b"'],
    [{ session: { domain: "a;b" } }, "session.domain", expect.stringContaining("example.com"), '"a;b"'],
    [{ session: { path: "/;x" } }, "session.path", 'a path such as "/"', '"/;x"'],
    [
      { auth: { loginUrl: "//evil.example" } },
      "auth.loginUrl",
      'a path of the app such as "/login"',
      expect.anything(),
    ],
    [{ auth: { loginUrl: "/\\evil.example" } }, "auth.loginUrl", expect.anything(), expect.anything()],
    [{ auth: { redirectAuthenticatedUser: true } }, "auth.redirectAuthenticatedUser", expect.anything(), "true"],
    [
      { auth: { passwordResetConfirmUrl: "/x/[uid]" } },
      "auth.passwordResetConfirmUrl",
      expect.anything(),
      '"/x/[uid]"',
    ],
    [{ auth: { throttle: { login: { attempts: 0 } } } }, "auth.throttle.login.attempts", expect.anything(), "0"],
    [{ auth: { throttle: { logn: {} } } }, "auth.throttle.logn", 'a known key, perhaps "login"', expect.anything()],
    [
      { auth: { throttle: { rules: [{ by: ["name"], limit: 1, seconds: 1 }] } } },
      "auth.throttle.rules",
      expect.stringContaining("limit: 5"),
      expect.anything(),
    ],
    [
      { auth: { throttle: { rules: [{ by: ["ip"], limit: 1, second: 1 }] } } },
      "auth.throttle.rules",
      expect.anything(),
      expect.anything(),
    ],
    [{ auth: { throttle: 5 } }, "auth.throttle", "an object such as { login: … }", "5"],
    [
      { auth: { messages: { a: 1 } } },
      "auth.messages",
      expect.stringContaining("texts by their names"),
      expect.anything(),
    ],
    [{ auth: { backends: [null] } }, "auth.backends", "a list of objects", "the list [null]"],
    [{ contentSecurityPolicy: true }, "contentSecurityPolicy", expect.stringContaining("false, or"), "true"],
    [
      { limits: { expireAfter: 30 * 86_400_000 } },
      "limits.expireAfter",
      "a whole number from 1 to 2000000000",
      "2592000000",
    ],
    [
      { limits: { pingTimeout: 30 * 86_400_000 } },
      "limits.pingTimeout",
      "a whole number from 1 to 86400000",
      "2592000000",
    ],
    [
      { database: { transactionTimeout: 3e9 } },
      "database.transactionTimeout",
      "a whole number from 1 to 2000000000",
      "3000000000",
    ],
    [{ shutdownMs: 3e9 }, "shutdownMs", "a whole number from 1 to 2000000000", "3000000000"],
  ])("tells of %j which key it is, what was expected and what was got", (config, key, expected, got) => {
    expect(configProblems(config)).toEqual([{ key, expected, got }]);
  });

  it.each([
    "*",
    "https://*",
    "https://*.*.example.com",
    "https://a.*.example.com",
    "app.example.com",
    "https://app.example.com/",
    "https://app.example.com/path",
    "null",
    "file://x",
  ])("CSR-7: refuses %s as a trusted origin", (origin) =>
    expect(configProblems({ trustedOrigins: [origin] })).toHaveLength(1),
  );

  it.each([[], "", "name", [" "], ["phone"], 5, null, [3]])("refuses %j as the fields to sign in with", (fields) => {
    expect(configProblems({ auth: { loginFields: fields } })).toEqual([
      {
        key: "auth.loginFields",
        expected: 'at least one of "username" and "email"',
        got: expect.any(String),
      },
    ]);
  });

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
    const { limits } = resolveConfig({ limits: { burst: undefined } }, { root: "/", mode: "test" });
    expect(limits.burst).toBe(400);
    expect(Object.values(limits)).not.toContain(undefined);
  });

  it("secure the session's cookie in production, and let it live for 14 days", () => {
    const session = {
      cookieName: "sessionid",
      maxAge: 1_209_600,
      sameSite: "lax",
      path: "/",
      saveEveryRequest: false,
      newPerMinute: 60,
    };
    expect(resolveConfig({}, { root: "/", mode: "development" }).session).toEqual({ ...session, secure: false });
    expect(resolveConfig({}, { root: "/", mode: "production" }).session).toEqual({ ...session, secure: true });
    expect(
      resolveConfig({ session: { secure: undefined as never } }, { root: "/", mode: "production" }).session.secure,
    ).toBe(true);
  });

  it("lead from one page of signing in to the next", () => {
    const tries = { attempts: 5, ipAttempts: 50, window: 900 };
    const auth = (given: AntiphonConfig["auth"] = {}) =>
      resolveConfig({ auth: given }, { root: "/", mode: "test" }).auth;
    expect(auth()).toEqual({
      enabled: true,
      signupEnabled: true,
      passwordResetEnabled: true,
      loginUrl: "/login",
      signupUrl: "/register",
      passwordResetUrl: "/password-reset",
      passwordResetConfirmUrl: "/password-reset/confirm/[uid]/[key]",
      passwordChangeUrl: "/password-change",
      verifyEmailUrl: "/verify-email",
      emailVerification: false,
      verifyTimeout: 900,
      keptSessionKeys: [],
      pageClasses: {},
      loginRedirectUrl: "/",
      logoutRedirectUrl: "/login",
      signupRedirectUrl: "/login",
      redirectAuthenticatedUser: "/",
      loginFields: ["username"],
      emailRequired: false,
      usernameMinLength: 1,
      passwordMinLength: 8,
      passwordResetTimeout: 3600,
      autoSync: true,
      snapshotGroups: false,
      messages: {},
      signupFields: [],
      throttle: { login: tries, signup: tries, reset: tries, resetConfirm: tries, change: tries, verify: tries },
      resetMail: {},
      passwordHashing: { memory: 19_456, passes: 2, parallelism: 1 },
    });
    expect(auth({ loginUrl: "/in", loginRedirectUrl: "/desk" })).toMatchObject({
      logoutRedirectUrl: "/in",
      signupRedirectUrl: "/in",
      redirectAuthenticatedUser: "/desk",
    });
    expect(auth({ redirectAuthenticatedUser: false }).redirectAuthenticatedUser).toBe(false);
  });

  it.each([
    [" Email ", ["email"]],
    [
      ["EMAIL", "username", "email"],
      ["email", "username"],
    ],
    [["phone", "username"], ["username"]],
  ])("take %j as the fields %j to sign in with", (given, fields) => {
    const loginFields = given as "email";
    expect(resolveConfig({ auth: { loginFields } }, { root: "/", mode: "test" }).auth.loginFields).toEqual(fields);
  });

  it("send mails by the server that is named, print them without one, and keep them under test", () => {
    const backend = (mail: AntiphonConfig["mail"] & object, mode: "development" | "production" | "test") =>
      resolveConfig({ mail }, { root: "/", mode }).mail.backend;
    expect(backend({}, "development")).toBe("console");
    expect(backend({ host: "mail.example.com" }, "production")).toBe("smtp");
    expect(backend({ url: "smtp://mail.example.com" }, "development")).toBe("smtp");
    expect(backend({ host: "mail.example.com" }, "test")).toBe("memory");
    expect(backend({ backend: "file" }, "test")).toBe("file");
  });

  it.each([
    [undefined, "full"],
    [true, "full"],
    ["session", "session"],
    ["none", "none"],
    [false, false],
  ] as const)("take %j for the bridge %j", (eventBridge, expected) => {
    const config = eventBridge === undefined ? {} : { eventBridge };
    expect(resolveConfig(config, { root: "/", mode: "test" }).eventBridge).toBe(expected);
  });
});
