import { join } from "node:path";
import { type TestApp, type TestTab, testApp } from "antiphon/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LoginState, UsualState } from "../fixtures/accounts-app/src/login.state.ts";

const password = "correct horse";
let app: TestApp;
beforeAll(async () => {
  app = await testApp({ root: join(import.meta.dirname, "../fixtures/accounts-app") });
  await app.createUser({ username: "ada", email: "ada@example.org", password });
});
afterAll(() => app.close());

const who = async (tab: TestTab) => ((await (await tab.fetch("/api/me")).json()) as { name: string }).name;

test("rows 98-100: a state with names of the app's own signs in, keeps the typed name, and signs out", async () => {
  await using tab = await app.open("/");
  await tab.watch(LoginState);
  for (const form of [
    { email: " ada@example.org ", password: "wrong" },
    { email: "ada", password },
    {},
    { email: {} },
  ]) {
    await tab.call(LoginState, "enter", form);
    expect(tab.view(LoginState).problem).toBe("Invalid email or password.");
  }
  await tab.call(LoginState, "enter", { email: " ada@example.org ", password: "wrong" });
  expect(tab.view(LoginState)).toMatchObject({ name: "ada@example.org", isAuthenticated: false });
  expect(Object.keys(tab.view(LoginState)).filter((name) => /password/i.test(name))).toEqual([]);
  await tab.call(LoginState, "enter", { email: "ada@example.org", password });
  expect([await who(tab), tab.url, tab.view(LoginState).problem]).toEqual(["ada", "/inside", ""]);
  await tab.navigate("/");
  await tab.call(LoginState, "onLoadLogin");
  expect(tab.url).toBe("/inside");
  await tab.call(LoginState, "leave");
  expect([await who(tab), tab.url]).toEqual(["", "/"]);
});

test("row 99: what the config leaves out has the usual names", async () => {
  await using tab = await app.open("/?next=%2Finside");
  await tab.watch(UsualState);
  await tab.call(UsualState, "submitLoginForm", { username: "ada", password: "wrong" });
  expect(tab.view(UsualState)).toMatchObject({
    loginUsername: "ada",
    loginError: "Invalid username, email, or password.",
  });
  await tab.call(UsualState, "submitLoginForm", { username: "ada", password });
  expect([await who(tab), tab.url]).toEqual(["ada", "/inside"]);
  await tab.call(UsualState, "logout");
  expect([await who(tab), tab.url]).toEqual(["", "/login"]);
});
