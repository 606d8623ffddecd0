import { createElement, memo } from "react";
import { expect, test } from "vitest";
import { loginRequired } from "../../auth/pages/guard-rules.ts";
import { createApp, isApp } from "./create-app.ts";
import { lazyPage } from "./lazy-page.ts";

function Notes() {
  return null;
}
function Other() {
  return null;
}
const code = (name: string) => expect.objectContaining({ code: name });

test("pages stand in the order in which they were added", () => {
  const app = createApp().addPage(Notes, { route: "/notes", title: "Notes" }).addPage(Other, { route: "/" });
  expect(app.pages.map((page) => page.route)).toEqual(["/notes", "/"]);
  expect(app.pages[0]?.component).toBe(Notes);
  expect(isApp(app)).toBe(true);
});

test("a page may be a memo component or a lazy page", () => {
  const app = createApp().addPage(memo(Notes), { route: "/a" });
  app.addPage(
    lazyPage(() => Promise.resolve({ default: Notes })),
    { route: "/b" },
  );
  expect(app.pages.length).toBe(2);
});

test("two pages for the same paths are refused by both names", () => {
  const app = createApp().addPage(Notes, { route: "/notes/[id]" });
  expect(() => app.addPage(Other, { route: "/notes/[name]" })).toThrow(
    'The page Other at "/notes/[name]" matches the same paths as the page Notes at "/notes/[id]".',
  );
  expect(() => app.addPage(Other, { route: "/notes/[name]" })).toThrow(code("CLIENT_PAGE_DUPLICATE"));
});

test("[language] and another parameter may begin two routes, which only the settings of the app can tell apart", () => {
  const app = createApp().addPage(Notes, { route: "/[language]" }).addPage(Other, { route: "/[slug]" });
  expect(app.pages.length).toBe(2);
  expect(() => app.addPage(Other, { route: "/[name]" })).toThrow(code("CLIENT_PAGE_DUPLICATE"));
});

test.each([
  ["a route without a slash", () => createApp().addPage(Notes, { route: "notes" }), "Notes"],
  ["no route", () => createApp().addPage(Notes, {} as never), "Notes"],
  ["an unknown option", () => createApp().addPage(Notes, { route: "/", onload: [] } as never), '"onLoad"'],
  [
    "an element in place of a component",
    () => createApp().addPage(createElement(Notes) as never, { route: "/" }),
    "angle brackets",
  ],
  ["nothing in place of a component", () => createApp().addPage(undefined as never, { route: "/" }), "undefined"],
  [
    "an onLoad that on() did not make",
    () => createApp().addPage(Notes, { route: "/", onLoad: (() => 0) as never }),
    "on(State",
  ],
  ["a guard that says nothing", () => createApp().addPage(Notes, { route: "/", guard: null as never }), "guard"],
  ["a guard that is no function", () => createApp().addPage(Notes, { route: "/", guard: true as never }), "guard"],
])("%s is refused with the author's names", (_what, add, word) => {
  expect(add).toThrow(code("CLIENT_PAGE_INVALID"));
  expect(add).toThrow(word);
});

test("a lazy page is loaded once, and again after a failure", async () => {
  let loads = 0;
  const page = lazyPage(async () => {
    loads++;
    if (loads === 1) throw new Error("offline");
    return { Notes };
  }, "Notes");
  await expect(page.preload()).rejects.toMatchObject({ code: "CLIENT_PAGE_LOAD_FAILED", attribution: "network" });
  expect(page.isLoaded()).toBe(false);
  await page.preload();
  await page.preload();
  expect([loads, page.isLoaded()]).toEqual([2, true]);
});

test("a lazy page says which export it misses", async () => {
  const page = lazyPage(async () => ({ Notes }), "Nots");
  await expect(page.preload()).rejects.toMatchObject({ code: "CLIENT_PAGE_EXPORT_MISSING" });
});

const rule = { kind: "guard-rule", needs: "login", names: [] } as const;

test("AUT-17: an app's guard is that of every page which has none; `false` opens one", () => {
  const own = () => true;
  const app = createApp({ guard: rule })
    .addPage(Notes, { route: "/" })
    .addPage(Notes, { route: "/own", guard: own })
    .addPage(Notes, { route: "/undefined", guard: undefined as never })
    .addPage(Notes, { route: "/open", guard: false });
  expect(app.pages.map(({ guard }) => guard)).toEqual([rule, own, rule, undefined]);
  expect(createApp().addPage(Notes, { route: "/", guard: false }).pages[0]).not.toHaveProperty("guard");
});

test.each<[string, () => unknown, string]>([
  ["an unknown option", () => createApp({ guards: rule } as never), '"guards"'],
  ["a guard that is no function", () => createApp({ guard: true as never }), "guard"],
])("an app is refused with %s", (_, make, word) => {
  expect(make).toThrow(expect.objectContaining({ code: "CLIENT_APP_INVALID", message: expect.stringContaining(word) }));
});

test("an app keeps what is to run when a page began anew, and takes nothing but a function for it", () => {
  const onFresh = () => {};
  expect(createApp({ onFresh }).onFresh).toBe(onFresh);
  expect(createApp().onFresh).toBeUndefined();
  expect(() => createApp({ onFresh: true as never })).toThrow("its onFresh is");
  expect(() => createApp({ guard: loginRequired as never })).toThrow("call it: loginRequired()");
  const withGuard = { route: "/", guard: loginRequired as never };
  expect(() => createApp().addPage(() => null, withGuard)).toThrow("call it: loginRequired()");
  expect(() => createApp({ onfresh: onFresh } as never)).toThrow('"onFresh"');
});
