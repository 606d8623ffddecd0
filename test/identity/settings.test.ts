import type { AntiphonConfig, AntiphonError } from "antiphon";
import { currentAuth, validatePassword } from "antiphon/auth";
import { TestBrowser } from "antiphon/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AccountState } from "../fixtures/identity-app/src/account.state.ts";
import { PASSWORD, type World, world } from "../support/identity-world.ts";

/** One request of a browser that holds these cookies. */
async function ask(desk: World, path: string, { cookie, body }: { cookie?: string; body?: object } = {}) {
  const headers = { origin: desk.app.url, ...(cookie === undefined ? {} : { cookie }) };
  const init = body && {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify(body),
  };
  const response = await desk.app.fetch(path, init ?? { headers });
  const lines = response.headers.getSetCookie();
  return { response, lines, line: lines[0] ?? "", kept: lines[0]?.split(";", 1)[0] ?? "" };
}

describe("what an app gets that sets nothing", () => {
  let desk: World;
  beforeAll(async () => {
    desk = await world();
  });
  afterAll(() => desk[Symbol.asyncDispose]());

  const post = (type: string, body: string) =>
    desk.app.fetch("/api/remember", {
      method: "POST",
      headers: { origin: desk.app.url, "content-type": type },
      body,
    });
  const headerOf = (name: string) => async () => (await desk.app.fetch("/")).headers.get(name);
  const sent = async (length: number) => {
    await using tab = await desk.app.open("/");
    return await tab.call(AccountState, "signIn", "x".repeat(length), PASSWORD).then(
      () => "taken",
      (error: { code: string }) => error.code,
    );
  };
  const first = () => ask(desk, "/api/remember", { body: { key: "note", value: "x" } });

  const rows: [string, () => Promise<unknown>, unknown][] = [
    [
      "the session's cookie",
      async () => (await first()).line.replace(/=[a-z0-9]{32};/, "=KEY;"),
      "sessionid=KEY; Path=/; Max-Age=1209600; HttpOnly; SameSite=Lax",
    ],
    [
      "no cookie against forged requests",
      async () => (await first()).lines.map((line) => line.split("=", 1)[0]),
      ["sessionid", "antiphon_identity"],
    ],
    ["no save in every request", async () => (await ask(desk, "/api/me", { cookie: (await first()).kept })).lines, []],
    [
      "an hour for a link to a new password",
      () => desk.app.run(async () => currentAuth().settings.passwordResetTimeout),
      3_600,
    ],
    [
      "four rules for a new password",
      () =>
        desk.app.run(async () => {
          const { passwordValidators: validators } = currentAuth().settings;
          const refusal = validatePassword("1234567", { username: "1234567" }, { validators });
          const { details } = (await refusal.catch((error: unknown) => error)) as AntiphonError;
          const { problems } = details as { readonly problems: readonly { readonly code: string }[] };
          return problems.map(({ code }) => code).toSorted();
        }),
      ["password_entirely_numeric", "password_too_common", "password_too_short", "password_too_similar"],
    ],
    [
      "a mebibyte of body",
      async () => {
        const body = (size: number) => JSON.stringify({ key: "k", value: 1, pad: "x".repeat(size) });
        const sizes = [1024 * 1024 - 100, 1024 * 1024];
        return Promise.all(sizes.map(async (size) => (await post("application/json", body(size))).status));
      },
      [200, 413],
    ],
    [
      "a form has a thousand fields at most",
      async () => {
        const form = (fields: number) => Array.from({ length: fields }, (_, index) => `f${index}=1`).join("&");
        const status = async (fields: number) => (await post("application/x-www-form-urlencoded", form(fields))).status;
        return [await status(1_001), (await status(1_000)) === (await status(2))];
      },
      [413, true],
    ],
    [
      "256 KiB of a message",
      async () => [await sent(260_000), await sent(262_144)],
      ["taken", "CLIENT_FRAME_TOO_LARGE"],
    ],
    ["X-Frame-Options", headerOf("x-frame-options"), "DENY"],
    ["X-Content-Type-Options", headerOf("x-content-type-options"), "nosniff"],
    ["Cross-Origin-Opener-Policy", headerOf("cross-origin-opener-policy"), "same-origin"],
    ["Referrer-Policy", headerOf("referrer-policy"), "same-origin"],
    ["Content-Security-Policy", headerOf("content-security-policy"), expect.stringContaining("default-src 'self'")],
  ];
  test.each(rows)("%s", async (_, actual, expected) => {
    expect(await actual()).toEqual(expected);
  });
});

describe("SES-14: what the app sets for its session's cookie is what the browser gets", () => {
  const cases: [string, AntiphonConfig["session"], string, string][] = [
    [
      "name, life and SameSite",
      { cookieName: "sid", maxAge: 600, sameSite: "strict" },
      "sid=KEY; Path=/; Max-Age=600; HttpOnly; SameSite=Strict",
      "sid=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Strict",
    ],
    [
      "domain and path",
      { domain: "example.com", path: "/api", secure: true, sameSite: "none" },
      "sessionid=KEY; Path=/api; Domain=example.com; Max-Age=1209600; HttpOnly; Secure; SameSite=None",
      "sessionid=; Path=/api; Domain=example.com; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=None",
    ],
    [
      "secure, of the whole host",
      { secure: true },
      "__Host-sessionid=KEY; Path=/; Max-Age=1209600; HttpOnly; Secure; SameSite=Lax",
      "__Host-sessionid=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Lax",
    ],
  ];
  test.each(cases)("SES-14, SES-8: %s, when it is set and when it is taken away", async (_, session, set, deleted) => {
    await using desk = await world({ config: { session: session ?? {} } });
    const signedIn = await ask(desk, "/api/login", { body: { username: "ada", password: PASSWORD } });
    expect(signedIn.line.replace(/=[a-z0-9]{32};/, "=KEY;")).toBe(set);
    const me = await ask(desk, "/api/me", { cookie: signedIn.kept });
    expect(await me.response.json()).toMatchObject({ name: "ada" });
    const signedOut = await ask(desk, "/api/logout", { cookie: signedIn.kept, body: {} });
    expect(signedOut.line).toBe(deleted);
  });

  test("SES-9: with saveEveryRequest a view that asks for nothing sends the cookie again, and varies on it", async () => {
    await using desk = await world({ config: { session: { saveEveryRequest: true } } });
    const browser = new TestBrowser();
    await desk.app.signIn("ada", browser);
    const cookie = `sessionid=${browser.value("sessionid")}`;
    const { response, line } = await ask(desk, "/api/nothing", { cookie });
    expect(line).toMatch(new RegExp(`^${cookie}; Path=/; Max-Age=1209600;`));
    expect([response.headers.get("vary"), response.headers.get("cache-control")]).toEqual(["Cookie", "private"]);
    const stranger = await ask(desk, "/api/nothing");
    expect([stranger.lines, stranger.response.headers.get("vary")]).toEqual([[], null]);
  });
});
