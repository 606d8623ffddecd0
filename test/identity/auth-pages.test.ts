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
