import { join } from "node:path";
import { createLogger } from "antiphon";
import { type TestApp, TestBrowser, type TestTab, testApp } from "antiphon/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DeskState } from "../fixtures/messages-app/src/desk.state.ts";

let app: TestApp;
beforeAll(async () => {
  const root = join(import.meta.dirname, "../fixtures/messages-app");
  app = await testApp({ root, logger: createLogger({ level: "silent" }) });
  for (const username of ["ada", "bob"]) await app.createUser({ username, password: "correct horse" });
});
afterAll(() => app.close());

const toasts = (tab: TestTab) =>
  tab.effects.flatMap((each) => (each.effect === "toast" ? [`${each.level}: ${each.message}`] : []));
const waiting = async (browser: TestBrowser) =>
  ((await (await app.fetch("/api/waiting", browserOf(browser))).json()) as { messages: unknown }).messages;
const browserOf = (browser: TestBrowser) => ({ headers: { cookie: browser.header() ?? "" } });

test("row 212: a message of an event is shown once, on the next page", async () => {
  await using tab = await app.open("/");
  await tab.call(DeskState, "saveAndGo", "saved");
  expect([tab.url, toasts(tab)]).toEqual(["/second", ["info: saved"]]);
  await tab.navigate("/");
  expect(toasts(tab)).toEqual(["info: saved"]);
});

test("row 212: a message without a change of page waits for the next one, with its title and time", async () => {
  await using tab = await app.open("/");
  await tab.watch(DeskState);
  await tab.call(DeskState, "save", "first");
  await tab.call(DeskState, "save", "second");
  expect([tab.view(DeskState).waiting, toasts(tab)]).toEqual([2, []]);
  await tab.navigate("/closed").catch(() => undefined);
  expect(toasts(tab)).toEqual([]);
  await tab.navigate("/second");
  expect(tab.effects.filter(({ effect }) => effect === "toast")).toEqual([
    { effect: "toast", level: "success", message: "first", title: "Desk", duration: 0 },
    { effect: "toast", level: "success", message: "second", title: "Desk", duration: 0 },
  ]);
});

test("rows 211, 212: a message of a view is shown by the page that it redirects to", async () => {
  const browser = new TestBrowser();
  await using first = await app.open("/", { browser });
  const response = await first.fetch("/api/save", { method: "POST", redirect: "manual" });
  expect([response.status, response.headers.get("location")]).toEqual([302, "/second"]);
  await using tab = await app.open("/second", { browser });
  expect(toasts(tab)).toEqual(["success: from a view"]);
  await using later = await app.open("/second", { browser });
  expect(toasts(later)).toEqual([]);
});

test("row 212: a message that onLoad writes is shown by its own page, and one of a failed event never", async () => {
  await using tab = await app.open("/third");
  expect(toasts(tab)).toEqual(["warning: from onLoad"]);
  await expect(tab.call(DeskState, "saveAndFail")).rejects.toThrow();
  await expect(tab.call(DeskState, "wrong")).rejects.toThrow();
  await tab.navigate("/");
  expect(toasts(tab)).toEqual(["warning: from onLoad"]);
});

test("row 212: a view may take the messages itself, and a session holds the newest twenty of them", async () => {
  const browser = new TestBrowser();
  await using tab = await app.open("/", { browser });
  for (let count = 0; count < 25; count++) await tab.call(DeskState, "save", `number ${count}`);
  const taken = (await waiting(browser)) as { message: string }[];
  expect([taken.length, taken[0]?.message, taken.at(-1)?.message]).toEqual([20, "number 5", "number 24"]);
  expect(await waiting(browser)).toEqual([]);
});

test("row 212: what is stored and is no message is not shown", async () => {
  const browser = new TestBrowser();
  await using tab = await app.open("/", { browser });
  for (const planted of [5, "text", {}, [null, 5, { level: "loud", message: "x" }, { level: "info", message: {} }]]) {
    await tab.fetch("/api/plant", {
      method: "POST",
      body: JSON.stringify(planted),
      headers: { "content-type": "application/json" },
    });
    await tab.navigate("/second");
    await tab.navigate("/");
  }
  expect(toasts(tab)).toEqual([]);
});

test("row 216: the values that the settings name outlive signing in as another user and signing out, and no others", async () => {
  await using tab = await app.open("/");
  const seen = async () => {
    await tab.watch(DeskState);
    await tab.call(DeskState, "look");
    return tab.view(DeskState).theme;
  };
  await tab.call(DeskState, "setTheme", "dark");
  await tab.call(DeskState, "enter", "ada", "correct horse");
  expect(await seen()).toBe("dark mine");
  await tab.call(DeskState, "enter", "bob", "correct horse");
  expect(await seen()).toBe("dark ");
  await tab.call(DeskState, "setTheme", "light");
  await tab.call(DeskState, "leave");
  expect(await seen()).toBe("light ");
});
