import { join } from "node:path";
import type { AntiphonConfig } from "antiphon";
import { User } from "antiphon/auth";
import { objects } from "antiphon/models";
import { type OpenOptions, type TestApp, TestBrowser, type TestTab, testApp } from "antiphon/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AccountState } from "../fixtures/accounts-app/src/account.state.ts";

const ROOT = join(import.meta.dirname, "../fixtures/accounts-app");
const OLD = "correct horse";
const NEW = "battery staple 77";
/** Every try is free: for tests that are about something else. */
const FREE = { attempts: 1_000, ipAttempts: 1_000 };
const UNCOUNTED = { login: FREE, reset: FREE, resetConfirm: FREE, change: FREE, signup: FREE };

function open(auth: AntiphonConfig["auth"] = {}, others: AntiphonConfig = {}): Promise<TestApp> {
  return testApp({ root: ROOT, config: { ...others, auth: { throttle: UNCOUNTED, ...auth } } });
}

let app: TestApp;
beforeAll(async () => {
  app = await open();
});
afterAll(() => app.close());

let made = 0;
/** A user of this test alone. */
async function somebody(on = app) {
  const username = `reader${++made}`;
  await on.createUser({ username, email: `${username}@example.org`, password: OLD });
  return { username, email: `${username}@example.org` };
}

/** A tab that shows the account's state. */
async function visit(path: string, options: OpenOptions = {}, on = app): Promise<TestTab> {
  const tab = await on.open(path, options);
  await tab.watch(AccountState);
  return tab;
}

const state = (tab: TestTab) => tab.view(AccountState);
const who = async (tab: TestTab) => ((await (await tab.fetch("/api/me")).json()) as { name: string }).name;
const effect = (tab: TestTab) => tab.effects.at(-1);

async function linkFor(email: string, on = app): Promise<string> {
  const before = on.outbox.length;
  await using tab = await visit("/password-reset", {}, on);
  await tab.call(AccountState, "submitPasswordResetRequest", { email });
  expect(state(tab).resetEmailSent).toBe(true);
  const text = (await on.mailsSent())[before]?.text ?? "";
  return new URL(/https?:\/\/\S+/.exec(text)?.[0] ?? "https://none.example").pathname;
}

describe("signing in", () => {
  test("rows 53, 61, 102: the form signs in and leads on, and no password becomes a var", async () => {
    const { username } = await somebody();
    await using tab = await visit("/login");
    await tab.call(AccountState, "submitLoginForm", { username: ` ${username} `, password: OLD });
    expect(await who(tab)).toBe(username);
    expect(state(tab)).toMatchObject({ isAuthenticated: true, username, loginError: "" });
    expect(tab.url).toBe("/");
    expect(Object.keys(state(tab)).filter((name) => /password(?!Change)/i.test(name))).toEqual([]);
    expect(JSON.stringify(tab.frames)).not.toContain(OLD);
  });

  test("rows 65, 101: an e-mail address does in place of the name", async () => {
    const { username, email } = await somebody();
    await using tab = await visit("/login");
    await tab.call(AccountState, "submitLoginForm", { username: email.toUpperCase(), password: OLD });
    expect(await who(tab)).toBe(username);
  });

  test("row 102, AUT-15: wrong password and unknown user are refused alike, and the session stays", async () => {
    const { username } = await somebody();
    await using tab = await visit("/login");
    for (const form of [
      { username, password: "wrong" },
      { username: "nobody", password: OLD },
      { username: "", password: "" },
      {},
      { username: { $ne: "" }, password: ["x"] },
    ]) {
      await tab.call(AccountState, "submitLoginForm", form);
      expect(state(tab).loginError).toBe("Invalid username, email, or password.");
    }
    expect(await who(tab)).toBe("");
    await tab.call(AccountState, "onLoadLogin");
    expect(state(tab).loginError).toBe("");
  });

  test("W30, NXT-4: the visitor goes to the page that they asked for, and never to another site", async () => {
    const { username } = await somebody();
    const form = { username, password: OLD };
    for (const [next, to] of [
      ["/inside?tab=2", "/inside?tab=2"],
      ["https://evil.example/", "/"],
      ["//evil.example", "/"],
      ["/\\evil.example", "/"],
      ["/login", "/"],
    ] as const) {
      await using tab = await visit(`/login?next=${encodeURIComponent(next)}`);
      await tab.call(AccountState, "submitLoginForm", form);
      expect([next, tab.url]).toEqual([next, to]);
    }
  });

  test("rows 64, 104: a signed-in visitor of the pages to sign in and up is sent on", async () => {
    const { username } = await somebody();
    for (const path of ["/login?next=%2Finside", "/register?next=%2Finside"]) {
      await using tab = await visit(path, { as: username });
      expect(tab.url).toBe("/inside");
    }
    await using stranger = await visit("/login");
    expect([stranger.url, stranger.effects]).toEqual(["/login", []]);
    await using still = await open({ redirectAuthenticatedUser: false });
    const other = await somebody(still);
    await using tab = await visit("/login", { as: other.username }, still);
    expect(tab.url).toBe("/login");
  });

  test("ACC-2: a form with a box for it decides whether the session outlives the browser", async () => {
    const { username } = await somebody();
    const atClose = async (remember: unknown) => {
      await using tab = await visit("/login");
      const form = { username, password: OLD, ...(remember === undefined ? {} : { remember }) };
      await tab.call(AccountState, "submitLoginForm", form);
      return ((await (await tab.fetch("/api/me")).json()) as { atClose: boolean }).atClose;
    };
    const chosen = [];
    for (const remember of [undefined, "on", true, "", "false", false]) chosen.push(await atClose(remember));
    expect(chosen).toEqual([false, false, false, true, true, true]);
  });

  test("THR-1: after too many tries the form says when to try again, also for the right password", async () => {
    await using strict = await open({ throttle: { login: { attempts: 2 } } });
    const { username } = await somebody(strict);
    await using tab = await visit("/login", {}, strict);
    for (const password of ["a", "b"]) await tab.call(AccountState, "submitLoginForm", { username, password });
    await tab.call(AccountState, "submitLoginForm", { username, password: OLD });
    expect(state(tab).loginError).toMatch(/^Too many tries\. Try again in \d+ minutes\.$/);
    expect(await who(tab)).toBe("");
  });

  test("rows 62, 85: signing out leads to the login page, or where the settings say", async () => {
    const { username } = await somebody();
    await using tab = await visit("/inside", { as: username });
    await tab.call(AccountState, "logout");
    expect([await who(tab), tab.url]).toEqual(["", "/login"]);
    await using other = await open({ logoutRedirectUrl: "/" });
    const { username: name } = await somebody(other);
    await using second = await visit("/inside", { as: name }, other);
    await second.call(AccountState, "logout");
    expect(second.url).toBe("/");
  });

  test("row 67, W48: texts of the settings take the place of the usual ones, in the visitor's language", async () => {
    const { username } = await somebody();
    const browser = new TestBrowser();
    browser.takeLines(["antiphon_language=ar"]);
    await using tab = await visit("/login", { browser });
    await tab.call(AccountState, "submitLoginForm", { username, password: "wrong" });
    expect(state(tab).loginError).toBe("اسم المستخدم أو البريد الإلكتروني أو كلمة المرور غير صحيحة.");
    await using own = await open({ messages: { invalidCredentials: "No such luck." } });
    await using other = await visit("/login", {}, own);
    await other.call(AccountState, "submitLoginForm", { username, password: "wrong" });
    expect(state(other).loginError).toBe("No such luck.");
  });

  test("row 102: without requests for events the form says so", async () => {
    await using deaf = await open({}, { eventBridge: false });
    await using tab = await visit("/login", {}, deaf);
    await tab.call(AccountState, "submitLoginForm", { username: "ada", password: OLD });
    expect(state(tab).loginError).toBe("Session unavailable. Reload the page.");
  });
});

describe("signing up", () => {
  const form = { email: "", password: OLD, confirm_password: OLD };

  test("rows 63, 106: the form makes an account, signs in and leads on", async () => {
    await using tab = await visit("/register?next=%2Finside");
    await tab.call(AccountState, "handleRegistration", { ...form, username: "new-reader" });
    expect(state(tab)).toMatchObject({ isAuthenticated: true, username: "new-reader" });
    expect([await who(tab), tab.url]).toEqual(["new-reader", "/inside"]);
    // The login page, which sends a signed-in user on.
    await using other = await visit("/register");
    await other.call(AccountState, "handleRegistration", { ...form, username: "second-reader" });
    expect(other.url).toBe("/");
  });

  test("rows 66, 68, 106: one sentence at a time, with the input that it is about", async () => {
    const { username, email } = await somebody();
    await using tab = await visit("/register");
    const refusal = async (given: object) => {
      await tab.call(AccountState, "handleRegistration", { ...form, username: "fresh", ...given });
      return [state(tab).registrationErrorField, state(tab).registrationError];
    };
    expect(await refusal({ username: " " })).toEqual(["username", "Username is required."]);
    expect(await refusal({ confirm_password: "other" })).toEqual(["confirm_password", "Passwords do not match."]);
    expect(await refusal({ password: "short", confirm_password: "short" })).toEqual([
      "password",
      "Password is too short.",
    ]);
    expect(await refusal({ username: username.toUpperCase() })).toEqual([
      "username",
      "That username is already taken.",
    ]);
    expect(await refusal({ email })).toEqual(["email", "That email is already registered."]);
    expect(await refusal({ password: "12345678", confirm_password: "12345678" })).toEqual([
      "password",
      expect.stringContaining("This password is entirely numeric."),
    ]);
    expect(await who(tab)).toBe("");
    await tab.call(AccountState, "onLoadRegister");
    expect([state(tab).registrationErrorField, state(tab).registrationError]).toEqual(["", ""]);
  });

  test("W18: of two forms for one name that come at once, one is refused beside its input", async () => {
    await using one = await visit("/register");
    await using other = await visit("/register");
    const sent = { ...form, username: "wanted" };
    await Promise.all([one, other].map((tab) => tab.call(AccountState, "handleRegistration", sent)));
    const errors = [state(one), state(other)].map((each) => [each.registrationErrorField, each.registrationError]);
    expect(errors).toContainEqual(["username", "That username is already taken."]);
    expect(await app.run(() => objects(User).filter({ username: "wanted" }).count())).toBe(1);
  });

  test("row 57, W4: with sign-up switched off its events are refused", async () => {
    await using shut = await open({ signupEnabled: false });
    await using tab = await visit("/", {}, shut);
    for (const call of [
      () => tab.call(AccountState, "onLoadRegister"),
      () => tab.call(AccountState, "handleRegistration", { ...form, username: "ada" }),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: "AUTH_SIGNUP_DISABLED" });
    }
    expect(await shut.run(() => objects(User).count())).toBe(0);
  });
});

describe("resetting a password", () => {
  test("rows 107-109: mail, link, new password, and every earlier session is dead", async () => {
    const { username, email } = await somebody();
    await using inside = await visit("/inside", { as: username });
    const link = await linkFor(email);
    await using tab = await visit(link);
    expect(state(tab)).toMatchObject({ resetLinkValid: true, resetConfirmLoaded: true, resetError: "" });
    await tab.call(AccountState, "submitPasswordResetConfirm", { new_password: NEW, confirm_password: NEW });
    expect(state(tab)).toMatchObject({ resetSuccess: true, isAuthenticated: false });
    expect(tab.url).toBe("/login");
    expect(await who(inside)).toBe("");
    await tab.call(AccountState, "submitLoginForm", { username, password: OLD });
    expect(await who(tab)).toBe("");
    await tab.call(AccountState, "submitLoginForm", { username, password: NEW });
    expect(await who(tab)).toBe(username);
  });

  test("row 108, RST-5: the key leaves the address when the page opens", async () => {
    const { email } = await somebody();
    const link = await linkFor(email);
    await using tab = await visit(link);
    expect(tab.url).toBe(link.replace(/[^/]+$/, "set-password"));
    expect(effect(tab)).toMatchObject({ effect: "redirect", replace: true });
    await using stranger = await visit(tab.url);
    expect(state(stranger)).toMatchObject({ resetLinkValid: false, resetConfirmLoaded: true });
  });

  test.each(["GET", "HEAD"])(
    "ACC-1: a link survives ten %s requests of a mail scanner, and its page opened ten times",
    async (method) => {
      const { email, username } = await somebody();
      const link = await linkFor(email);
      for (let count = 0; count < 10; count++) {
        const response = await app.fetch(link, { method, headers: { accept: "text/html" } });
        expect(response.status).toBe(200);
        // A scanner that runs scripts opens the page as a visitor does.
        await using tab = await visit(link);
        expect(state(tab).resetLinkValid).toBe(true);
      }
      await using tab = await visit(link);
      await tab.call(AccountState, "submitPasswordResetConfirm", { new_password: NEW, confirm_password: NEW });
      await tab.call(AccountState, "submitLoginForm", { username, password: NEW });
      expect(await who(tab)).toBe(username);
      await using again = await visit(link);
      expect(state(again)).toMatchObject({
        resetLinkValid: false,
        resetError: "This reset link is invalid or has expired.",
      });
    },
  );

  test("row 109, RST-6: passwords that differ or are weak are refused beside their input, and the link stays", async () => {
    const { username, email } = await somebody();
    await using tab = await visit(await linkFor(email));
    const refusal = async (first: unknown, second: unknown) => {
      await tab.call(AccountState, "submitPasswordResetConfirm", { new_password: first, confirm_password: second });
      return [state(tab).resetErrorField, state(tab).resetError];
    };
    expect(await refusal(NEW, "other")).toEqual(["confirm_password", "Passwords do not match."]);
    expect(await refusal("12345678", "12345678")).toEqual(["new_password", expect.stringContaining("numeric")]);
    expect(await refusal(username, username)).toEqual(["new_password", expect.stringContaining("similar")]);
    expect(await refusal(undefined, undefined)).toEqual(["new_password", expect.any(String)]);
    expect(await refusal(NEW, NEW)).toEqual(["", ""]);
  });

  test("row 109: a tab that kept the page open is refused once the link was used elsewhere", async () => {
    const { email } = await somebody();
    const link = await linkFor(email);
    await using late = await visit(link);
    await using tab = await visit(link);
    await tab.call(AccountState, "submitPasswordResetConfirm", { new_password: NEW, confirm_password: NEW });
    await late.call(AccountState, "submitPasswordResetConfirm", { new_password: OLD, confirm_password: OLD });
    expect(state(late)).toMatchObject({
      resetSuccess: false,
      resetError: "This reset link is invalid or has expired.",
    });
  });

  test("row 107, RST-7, RST-9: an address that no user has gets the same answer, and links begin with the public URL", async () => {
    const { email } = await somebody();
    const before = app.outbox.length;
    await using tab = await visit("/password-reset");
    for (const typed of [email.toUpperCase(), "nobody@example.org", "", undefined, { a: 1 }]) {
      await tab.call(AccountState, "submitPasswordResetRequest", { email: typed });
      expect(state(tab)).toMatchObject({ resetEmailSent: true, resetError: "" });
    }
    const sent = (await app.mailsSent()).slice(before);
    expect(sent.map(({ to }) => to)).toEqual([[{ address: email }]]);
    expect(sent[0]?.text).toContain("https://accounts.example.com/password-reset/confirm/");
  });

  test("row 108: the parts of a link may stand in the query, under each of their names", async () => {
    const { email } = await somebody();
    const [, uid = "", key = ""] = /confirm\/([^/]+)\/([^/]+)$/.exec(await linkFor(email)) ?? [];
    await using tab = await visit("/");
    for (const name of ["key", "token", "reset_token"]) {
      await tab.navigate(`/?uid=${uid}&${name}=${key}`);
      await tab.call(AccountState, "onLoadPasswordResetConfirm");
      expect([name, state(tab).resetLinkValid]).toEqual([name, true]);
    }
    await tab.navigate("/?uid=1&key=wrong");
    await tab.call(AccountState, "onLoadPasswordResetConfirm");
    expect(state(tab)).toMatchObject({ resetLinkValid: false, resetConfirmLoaded: true });
  });

  test("row 58, W4: with resets switched off their events are refused", async () => {
    await using shut = await open({ passwordResetEnabled: false });
    await somebody(shut);
    await using tab = await visit("/", {}, shut);
    for (const call of [
      () => tab.call(AccountState, "submitPasswordResetRequest", { email: "ada@example.org" }),
      () => tab.call(AccountState, "onLoadPasswordResetConfirm"),
      () => tab.call(AccountState, "submitPasswordResetConfirm", { new_password: NEW }),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: "AUTH_RESET_DISABLED" });
    }
  });
});

test("row 56, W4: with all of it switched off every flow but signing out is refused", async () => {
  await using shut = await open({ enabled: false });
  const { username } = await somebody(shut);
  await using tab = await visit("/inside", { as: username }, shut);
  for (const name of ["onLoadLogin", "onLoadRegister", "onLoadPasswordResetConfirm"] as const) {
    await expect(tab.call(AccountState, name)).rejects.toMatchObject({ code: "AUTH_PAGES_DISABLED" });
  }
  for (const name of [
    "submitLoginForm",
    "handleRegistration",
    "submitPasswordResetRequest",
    "submitPasswordResetConfirm",
  ] as const) {
    await expect(tab.call(AccountState, name, { username })).rejects.toMatchObject({ code: "AUTH_PAGES_DISABLED" });
  }
  await tab.call(AccountState, "logout");
  expect(await who(tab)).toBe("");
});

test("what is no form is refused before the handler", async () => {
  await using tab = await visit("/login");
  for (const given of [undefined, null, "username=ada", 5, [1]]) {
    await expect(tab.call(AccountState, "submitLoginForm", given as never)).rejects.toMatchObject({
      code: "EVENT_ARGS_INVALID",
    });
  }
});
