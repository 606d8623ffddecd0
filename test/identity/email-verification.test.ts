import { join } from "node:path";
import { AuthState, signUp, User } from "antiphon/auth";
import { objects } from "antiphon/models";
import { type OpenOptions, type TestApp, TestBrowser, type TestTab, testApp } from "antiphon/testing";
import { afterAll, beforeAll, expect, test } from "vitest";

const password = "correct horse";
const FREE = { attempts: 1_000, ipAttempts: 1_000 };

function open(throttle: object = {}): Promise<TestApp> {
  return testApp({
    root: join(import.meta.dirname, "../fixtures/canned-app"),
    config: {
      publicUrl: "https://canned.example.com",
      auth: { emailVerification: true, throttle: { signup: FREE, verify: FREE, login: FREE, ...throttle } },
    },
  });
}

let app: TestApp;
beforeAll(async () => {
  app = await open();
});
afterAll(() => app.close());

let made = 0;
const state = (tab: TestTab) => tab.view(AuthState);
const count = (username: string, on = app) => on.run(() => objects(User).filter({ username }).count());

async function visit(path: string, options: OpenOptions = {}, on = app): Promise<TestTab> {
  const tab = await on.open(path, options);
  await tab.watch(AuthState);
  return tab;
}

/** Fills in the form to sign up. Returns the tab, which is at the page for the code, and what was mailed. */
async function begin(given: object = {}, on = app, browser = new TestBrowser()) {
  const username = `fresh${++made}`;
  const email = `${username}@example.org`;
  const tab = await visit("/register?next=%2Finside", { browser }, on);
  const form = { username, email, password, confirm_password: password, ...given };
  await tab.call(AuthState, "handleRegistration", form);
  const mail = (await on.mailsSent()).at(-1);
  const code = /^(\d{6})$/m.exec(mail?.text ?? "")?.[1] ?? "";
  const link = /https:\/\/canned\.example\.com(\S+)/.exec(mail?.text ?? "")?.[1] ?? "";
  return { tab, username, email, mail, code, link, browser };
}

const wrong = (code: string) => (code === "000000" ? "000001" : "000000");

test("ACC-8: there is no account before the code of the mail was entered, and then its owner is signed in", async () => {
  const { tab, username, email, mail, code } = await begin();
  expect(mail).toMatchObject({ to: [{ address: email }], subject: `Your code: ${code}` });
  expect([tab.url, state(tab).verifyEmail, await count(username)]).toEqual(["/verify-email?next=%2Finside", email, 0]);
  await tab.call(AuthState, "submitVerifyEmail", { code: wrong(code) });
  expect(state(tab).verifyError).toBe("This code is wrong or has expired.");
  await tab.call(AuthState, "submitVerifyEmail", { code: ` ${code.slice(0, 3)} ${code.slice(3)} ` });
  expect([state(tab).isAuthenticated, state(tab).username, tab.url]).toEqual([true, username, "/inside"]);
  await tab[Symbol.asyncDispose]();
  await using later = await visit("/login");
  await later.call(AuthState, "submitLoginForm", { username, password });
  expect(state(later).isAuthenticated).toBe(true);
});

test("ACC-8, ACC-1: the link does the same in the browser that signed up, survives what opens it, and counts nowhere else", async () => {
  const { tab, username, link, browser } = await begin();
  for (let opened = 0; opened < 10; opened++) {
    for (const method of ["GET", "HEAD"]) {
      expect((await app.fetch(link, { method, headers: { accept: "text/html" } })).status).toBe(200);
    }
  }
  await using scanner = await visit(link);
  expect(state(scanner)).toMatchObject({ verifyEmail: "", verifyLinkValid: false });
  expect(state(scanner).verifyError).toContain("or you signed up in another browser");
  await scanner.call(AuthState, "submitVerifyEmail", {});
  expect([state(scanner).isAuthenticated, await count(username)]).toEqual([false, 0]);
  await using opened = await visit(link, { browser });
  expect(state(opened)).toMatchObject({ verifyLinkValid: true, verifyError: "" });
  expect(await count(username)).toBe(0);
  await opened.call(AuthState, "submitVerifyEmail", {});
  expect([state(opened).isAuthenticated, await count(username)]).toEqual([true, 1]);
  await tab[Symbol.asyncDispose]();
});

test("ACC-9, SEC-28: an address that has an account gets the same answer, and its owner a mail without a code", async () => {
  await app.createUser({ username: "owner", email: "owner@example.org", password });
  const { tab, mail, code, username } = await begin({ email: "Owner@example.org" });
  expect([tab.url, state(tab).registrationError, code]).toEqual(["/verify-email?next=%2Finside", "", ""]);
  expect(mail?.subject).toBe("You have an account already");
  expect(mail?.text).toContain("https://canned.example.com/password-reset");
  await tab.call(AuthState, "submitVerifyEmail", { code: "123456" });
  expect(await count(username)).toBe(0);
  const { tab: other, username: second } = await begin({ username: "owner@example.org", email: "owner@example.org" });
  expect([other.url, state(other).registrationError]).toEqual(["/verify-email?next=%2Finside", ""]);
  expect(await count(second)).toBe(0);
  for (const each of [tab, other]) await each[Symbol.asyncDispose]();
});

test("ACC-8: after five wrong codes the right one is refused too, until another one is sent", async () => {
  const { tab, code, username } = await begin();
  for (let tries = 0; tries < 5; tries++) await tab.call(AuthState, "submitVerifyEmail", { code: wrong(code) });
  await tab.call(AuthState, "submitVerifyEmail", { code });
  expect([state(tab).verifyError, await count(username)]).toEqual(["This code is wrong or has expired.", 0]);
  await tab.call(AuthState, "resendVerifyEmail");
  expect(state(tab)).toMatchObject({ verifyResent: true, verifyError: "" });
  const next = /^(\d{6})$/m.exec((await app.mailsSent()).at(-1)?.text ?? "")?.[1] ?? "";
  await tab.call(AuthState, "submitVerifyEmail", { code: next });
  expect(await count(username)).toBe(1);
  await tab[Symbol.asyncDispose]();
});

test("ACC-8, THR-6: codes are counted for all tabs of a browser at once", async () => {
  await using strict = await open({ verify: { attempts: 3 } });
  const { tab, code, username, browser } = await begin({}, strict);
  const tabs = await Promise.all(Array.from({ length: 4 }, () => visit("/verify-email", { browser }, strict)));
  await Promise.all(
    tabs.flatMap((each) => [0, 1].map(() => each.call(AuthState, "submitVerifyEmail", { code: wrong(code) }))),
  );
  await tab.call(AuthState, "submitVerifyEmail", { code });
  expect(state(tab).verifyError).toMatch(/^Too many tries/);
  expect(await count(username, strict)).toBe(0);
  for (const each of [tab, ...tabs]) await each[Symbol.asyncDispose]();
});

test("ACC-8: a name that was taken meanwhile is refused, and hostile codes are wrong codes", async () => {
  const { tab, code, username } = await begin();
  for (const given of [
    { code: "" },
    { code: {} },
    { code: [code] },
    { code: `${code}0` },
    { code: "\0" },
    { code: null },
  ]) {
    await tab.call(AuthState, "submitVerifyEmail", given);
    expect(state(tab).isAuthenticated).toBe(false);
  }
  await tab.call(AuthState, "resendVerifyEmail");
  const next = /^(\d{6})$/m.exec((await app.mailsSent()).at(-1)?.text ?? "")?.[1] ?? "";
  await app.createUser({ username, password });
  await tab.call(AuthState, "submitVerifyEmail", { code: next });
  expect(state(tab)).toMatchObject({ isAuthenticated: false, verifyError: "That username is already taken." });
  await tab[Symbol.asyncDispose]();
});

test("ACC-8, W4: no way leads around the proof, and an address is needed", async () => {
  const { tab } = await begin({ email: "" });
  expect(state(tab)).toMatchObject({ registrationErrorField: "email", registrationError: "Email is required." });
  await expect(app.run(() => signUp({ username: "sly", password }))).rejects.toMatchObject({
    code: "AUTH_VERIFICATION_REQUIRED",
  });
  await using stranger = await visit("/verify-email");
  for (const call of [
    () => stranger.call(AuthState, "submitVerifyEmail", { code: "123456" }),
    () => stranger.call(AuthState, "resendVerifyEmail"),
  ]) {
    await call();
    expect(state(stranger).verifyError).toBe("There is nothing to confirm. Sign up first.");
  }
  await using plain = await testApp({ root: join(import.meta.dirname, "../fixtures/canned-app") });
  expect((await plain.fetch("/verify-email", { headers: { accept: "text/html" } })).status).toBe(404);
  await using other = await plain.open("/login");
  await expect(other.call(AuthState, "submitVerifyEmail", { code: "1" })).rejects.toMatchObject({
    code: "AUTH_PAGES_DISABLED",
  });
  await tab[Symbol.asyncDispose]();
});
