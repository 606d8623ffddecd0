import { join } from "node:path";
import { AuthState, User } from "antiphon/auth";
import { createLoginPage, LoginPage, routes } from "antiphon/auth/pages";
import { objects } from "antiphon/models";
import { createApp } from "antiphon/react";
import { type TestApp, testApp } from "antiphon/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const HTML = { headers: { accept: "text/html" } };

/** What the document tells the browser of the settings. */
async function settingsOf(app: TestApp, path: string): Promise<unknown> {
  const html = await (await app.fetch(path, HTML)).text();
  const [, json] = /<script type="application\/json" id="antiphon-auth">(.*?)<\/script>/.exec(html) ?? [];
  return json === undefined ? undefined : JSON.parse(json);
}

describe("an app that shows the canned pages", () => {
  const ROOT = join(import.meta.dirname, "../fixtures/canned-app");
  let app: TestApp;
  beforeAll(async () => {
    app = await testApp({
      root: ROOT,
      config: {
        auth: {
          loginUrl: "/enter",
          loginFields: "email",
          brandText: "Goods </script>",
          brandIcon: "/logo.svg",
          pageClasses: { login: "wide" },
          messages: { loginHeading: "Come in", invalidCredentials: "No." },
        },
      },
    });
  });
  afterAll(() => app.close());

  test("rows 59-61, 71, 73, 215: routes, texts and brand of the settings are in its documents, and nothing else", async () => {
    expect((await app.fetch("/enter", HTML)).status).toBe(200);
    expect((await app.fetch("/login", HTML)).status).toBe(404);
    expect(await settingsOf(app, "/enter")).toEqual({
      routes: {
        login: "/enter",
        register: "/register",
        passwordReset: "/password-reset",
        passwordResetConfirm: "/password-reset/confirm/[uid]/[key]",
        passwordChange: "/password-change",
      },
      loginFields: ["email"],
      emailRequired: false,
      usernameMinLength: 1,
      passwordMinLength: 8,
      messages: { loginHeading: "Come in" },
      brandText: "Goods </script>",
      brandIcon: "/logo.svg",
      pageClasses: { login: "wide" },
    });
    // A page from which the others are reached without another document.
    expect(await settingsOf(app, "/")).toBeDefined();
  });

  test("rows 64, 72: a signed-in visitor of the pages to sign in and up gets no document of them", async () => {
    await app.createUser({ username: "ada", password: "correct horse" });
    for (const path of ["/enter?next=%2Finside", "/register?next=%2Finside"]) {
      const response = await app.fetch(path, { ...HTML, as: "ada", redirect: "manual" });
      expect([response.status, response.headers.get("location")]).toEqual([302, "/inside"]);
    }
    expect((await app.fetch("/password-reset", { ...HTML, as: "ada" })).status).toBe(200);
  });
});

describe("the page to change the password", () => {
  const OLD = "correct horse";
  const NEW = "battery staple 77";
  let app: TestApp;
  beforeAll(async () => {
    app = await testApp({ root: join(import.meta.dirname, "../fixtures/canned-app") });
    await app.createUser({ username: "ada", email: "ada@example.org", password: OLD });
  });
  afterAll(() => app.close());

  test("ACC-10: is for signed-in users, who have to know the old password", async () => {
    const response = await app.fetch("/password-change", { ...HTML, redirect: "manual" });
    expect([response.status, response.headers.get("location")]).toEqual([302, "/login?next=%2Fpassword-change"]);
    await using tab = await app.open("/password-change", { as: "ada" });
    await tab.watch(AuthState);
    const refusal = async (form: object) => {
      const sent = { old_password: OLD, new_password: NEW, confirm_password: NEW, ...form };
      await tab.call(AuthState, "submitPasswordChange", sent);
      const { passwordChangeError, passwordChangeErrorField, passwordChangeSuccess } = tab.view(AuthState);
      return [passwordChangeErrorField, passwordChangeError, passwordChangeSuccess];
    };
    expect(await refusal({ old_password: "wrong" })).toEqual(["old_password", expect.stringContaining("wrong"), false]);
    expect(await refusal({ confirm_password: "x" })).toEqual(["confirm_password", "Passwords do not match.", false]);
    expect(await refusal({ new_password: "12345678", confirm_password: "12345678" })).toEqual([
      "new_password",
      expect.stringContaining("numeric"),
      false,
    ]);
    expect(await refusal({ old_password: {}, new_password: [] })).toEqual(["old_password", expect.any(String), false]);
    await using stranger = await app.open("/login");
    await stranger.call(AuthState, "submitPasswordChange", { old_password: OLD, new_password: NEW });
    await stranger.watch(AuthState);
    expect(stranger.view(AuthState).passwordChangeError).toBe("This action requires a signed-in user.");
  });

  test("ACC-10: keeps the session that changes it, and ends all others", async () => {
    await using tab = await app.open("/password-change", { as: "ada" });
    await using other = await app.open("/inside", { as: "ada" });
    await tab.watch(AuthState);
    const form = { old_password: OLD, new_password: NEW, confirm_password: NEW };
    await tab.call(AuthState, "submitPasswordChange", form);
    expect(tab.view(AuthState)).toMatchObject({ passwordChangeSuccess: true, isAuthenticated: true, username: "ada" });
    await expect.poll(() => other.url).toBe("/login?next=%2Finside");
    expect(JSON.stringify(tab.frames)).not.toContain(NEW);
  });
});

describe("an app that signs up by a state of its own", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await testApp({ root: join(import.meta.dirname, "../fixtures/accounts-app") });
  });
  afterAll(() => app.close());

  test("W4: the framework's own AuthState serves the pages that are shown with it, and no others", async () => {
    await using tab = await app.open("/forgot");
    await tab.call(AuthState, "submitPasswordResetRequest", { email: "ada@example.org" });
    expect(tab.view(AuthState).resetEmailSent).toBe(true);
    const form = { username: "intruder", password: "correct horse", confirm_password: "correct horse" };
    for (const name of ["handleRegistration", "submitLoginForm", "submitPasswordResetConfirm"] as const) {
      await expect(tab.call(AuthState, name, form)).rejects.toMatchObject({ code: "AUTH_PAGES_DISABLED" });
    }
    expect(await app.run(() => objects(User).count())).toBe(0);
  });
});

test("W4: an app without such a page does not have the framework's own AuthState", async () => {
  await using app = await testApp({ root: join(import.meta.dirname, "../fixtures/members-app") });
  await using tab = await app.open("/login");
  await expect(tab.watch(AuthState)).rejects.toThrow();
  expect(app.server.stateIds).not.toContain("antiphon.AuthState");
  expect(await settingsOf(app, "/login")).toBeUndefined();
});

test("row 74: a part that the page does not have is an error that names those that it has", () => {
  expect(() => createLoginPage({ headerText: "Hello" } as never)).toThrow(
    /createLoginPage\(\) was given the part "headerText".*headingText/,
  );
});

test("row 73: two pages for one route of the settings are an error, as two pages of one path", () => {
  const app = createApp().addPage(LoginPage, { route: routes.login });
  expect(() => app.addPage(LoginPage, { route: routes.login })).toThrow(/routes\.login/);
});
