// @vitest-environment happy-dom
import { beforeEach, expect, test } from "vitest";
import type { ClientPage } from "./create-app.ts";
import { createPageHead } from "./page-head.ts";
import type { RouterState } from "./page-router.ts";

const at = (title: string | undefined): RouterState => ({
  location: { path: "/", route: "/", params: {}, query: {} },
  hash: "",
  key: "k",
  page: { route: "/", component: () => null, ...(title === undefined ? {} : { title }) } as ClientPage,
  error: undefined,
  by: "push",
});

beforeEach(() => {
  document.title = "Default";
});

test("a title that an effect sets stands until the next navigation, also when its page is shown again", async () => {
  const head = createPageHead(at("Notes").page);
  await head.navigate(async () => head.setTitle("3 new"));
  head.show(at("Notes"), undefined);
  expect(document.title).toBe("3 new");
  head.setTitle("4 new");
  head.show(at("Notes"), undefined);
  expect(document.title).toBe("4 new");
  await head.navigate(async () => undefined);
  head.show(at("Notes"), undefined);
  expect(document.title).toBe("Notes");
});

test("a title that came for an overtaken navigation is not the next page's", async () => {
  const head = createPageHead(at("Notes").page);
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  const overtaken = head.navigate(() => first.promise);
  const newest = head.navigate(() => second.promise);
  head.setTitle("Of the first");
  first.resolve();
  await overtaken;
  second.resolve();
  await newest;
  head.show(at("Second"), undefined);
  expect(document.title).toBe("Second");
});

test("the document's own title stands on pages without one, unless the first page had put its own there", () => {
  const head = createPageHead(at(undefined).page);
  head.setTitle("3 new");
  head.show(at("Notes"), undefined);
  head.navigate(async () => undefined);
  head.show(at(undefined), undefined);
  expect(document.title).toBe("Default");
  const other = createPageHead(at("Default").page);
  other.navigate(async () => undefined);
  document.title = "Notes";
  other.show(at(undefined), undefined);
  expect(document.title).toBe("Notes");
});

test("a page without a title gets the app's own one, which the document names beside that of its first page", () => {
  document.head.innerHTML = '<title>Notes</title><meta name="antiphon-title" content="App">';
  const head = createPageHead(at("Notes").page);
  head.show(at("Notes"), undefined);
  expect(document.title).toBe("Notes");
  head.show(at(undefined), undefined);
  expect(document.title).toBe("App");
});
