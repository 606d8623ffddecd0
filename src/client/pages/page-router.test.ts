// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { placePages } from "../../protocol/auth-pages.ts";
import { clientError } from "../client-error.ts";
import { on, stateStub } from "../states/state-stub.ts";
import { type App, createApp } from "./create-app.ts";
import { PageRouter } from "./page-router.ts";

const Page = () => null;
const NotesState = stateStub({ id: "notes.NotesState", vars: [], computed: [], events: ["load"], fields: [] }) as never;
const onLoad = on(NotesState, "load" as never);
const app = createApp()
  .addPage(Page, { route: "/" })
  .addPage(Page, { route: "/plain" })
  .addPage(Page, { route: "/notes/[id]", onLoad })
  .addPage(Page, { route: "/login" })
  .addPage(Page, { route: "/closed", guard: () => false });

const placed = ({ pages }: App) => placePages(pages, { routes: {} });

let answers: { path: string; resolve(): void; reject(error: unknown): void }[];
let left: number;
let router: PageRouter;
let stop: () => void;

beforeEach(() => {
  (window as unknown as { happyDOM: { setURL(url: string): void } }).happyDOM.setURL("http://localhost:3000/");
  history.replaceState(null, "", "/");
  answers = [];
  left = 0;
  router = new PageRouter({
    pages: placed(app),
    url: location.href,
    navigate: (path) => new Promise((resolve, reject) => answers.push({ path, resolve, reject })),
    beforeLeave: () => left++,
  });
  stop = router.start();
});
afterEach(() => {
  stop();
  vi.restoreAllMocks();
});

const settled = () => new Promise((resolve) => setTimeout(resolve));
const path = () => router.state().location.path;

test("a page with onLoad is shown when the server has answered", async () => {
  router.push("/notes/3?tab=a");
  await settled();
  expect([path(), router.isPending(), location.pathname, left]).toEqual(["/", true, "/", 1]);
  answers[0]?.resolve();
  await settled();
  expect(router.state().location).toEqual({
    path: "/notes/3",
    route: "/notes/[id]",
    params: { id: "3" },
    query: { tab: "a" },
  });
  expect([router.isPending(), location.search]).toEqual([false, "?tab=a"]);
});

test("a page without guard and onLoad is shown at once", async () => {
  router.push("/plain");
  await settled();
  expect([path(), answers[0]?.path]).toEqual(["/plain", "/plain"]);
});

test("an overtaken navigation never shows its page", async () => {
  router.push("/notes/1");
  router.push("/notes/2");
  await settled();
  answers[1]?.resolve();
  await settled();
  answers[0]?.resolve();
  await settled();
  expect(path()).toBe("/notes/2");
});

test("a redirect that answers a navigation keeps the page that was left in the history", async () => {
  const entries = history.length;
  router.push("/closed");
  await settled();
  router.replace("/login");
  answers[0]?.resolve();
  await settled();
  expect([path(), location.pathname]).toEqual(["/login", "/login"]);
  expect(history.length).toBe(entries + 1);
});

test("a refused page is shown as an error at its own address", async () => {
  router.push("/closed");
  await settled();
  answers[0]?.reject(clientError("PAGE_FORBIDDEN", "No.", { attribution: "app" }));
  await settled();
  expect([path(), router.state().error?.code]).toEqual(["/closed", "PAGE_FORBIDDEN"]);
  router.retry();
  await settled();
  answers[1]?.resolve();
  await settled();
  expect(router.state().error).toBeUndefined();
});

test("a late refusal of a page that is already shown replaces it", async () => {
  router.push("/plain");
  await settled();
  answers[0]?.reject(clientError("STATE_GONE", "No.", { attribution: "app" }));
  await settled();
  expect(router.state().error?.code).toBe("STATE_GONE");
});

test("a page that the server refuses unasked is replaced, unless another is already on its way", async () => {
  const refusal = clientError("PAGE_REFUSED", "No.", { attribution: "app" });
  router.refuse(refusal);
  expect(router.state().error).toBe(refusal);
  router.push("/plain");
  router.refuse(clientError("PAGE_REFUSED", "Of the page that is left.", { attribution: "app" }));
  await settled();
  expect(router.state().error).toBeUndefined();
});

test("another fragment of the same page asks the server nothing", async () => {
  router.push("/#part");
  await settled();
  expect([answers.length, router.state().hash, location.hash]).toEqual([0, "#part", "#part"]);
});

test("the fragment that the address has already is gone to again, and asks the server nothing", async () => {
  router.push("/#part");
  await settled();
  const { key } = router.state();
  const entries = history.length;
  const scrollTo = vi.spyOn(window, "scrollTo");
  router.push("/#part");
  router.replace("/#part");
  await settled();
  expect([scrollTo.mock.calls.length, answers.length, history.length]).toEqual([2, 0, entries]);
  expect(router.state().key).toBe(key);
});

test("a page that failed is asked for again at an address with a fragment", async () => {
  router.push("/#part");
  router.refuse(clientError("PAGE_REFUSED", "No.", { attribution: "app" }));
  router.retry();
  await settled();
  answers[0]?.resolve();
  await settled();
  expect([answers.length, router.state().error]).toEqual([1, undefined]);
});

test("another path or fragment in place of the present one is another place, another query is not", async () => {
  const { key } = router.state();
  router.replace("/?q=1");
  await settled();
  expect(router.state().key).toBe(key);
  router.replace("/?q=1#part");
  await settled();
  const { key: part } = router.state();
  expect(part).not.toBe(key);
  router.replace("/plain");
  await settled();
  expect([key, part]).not.toContain(router.state().key);
  expect((history.state as { antiphonKey: string }).antiphonKey).toBe(router.state().key);
});

test.each(["/api/x", "https://other.example/"])("%s is left to the browser", (href) => {
  const assign = vi.spyOn(location, "assign").mockImplementation(() => undefined);
  router.push(href);
  expect(assign).toHaveBeenCalledWith(new URL(href, "http://localhost:3000").href);
  expect(router.resolve(href)).toBeUndefined();
});

test.each(["javascript:alert(1)", "mailto:a@b.c", "http://["])("%s is no page and is not gone to", (href) => {
  const assign = vi.spyOn(location, "assign").mockImplementation(() => undefined);
  router.push(href);
  expect([assign.mock.calls.length, answers.length, router.resolve(href)]).toEqual([0, 0, undefined]);
});

test("new pages take the place of the old ones without going anywhere", async () => {
  const Other = () => null;
  router.setPages(placed(createApp().addPage(Other, { route: "/" })));
  expect([router.state().page?.component, path(), answers.length]).toEqual([Other, "/", 0]);
});

test("a second click on the link of the page that is on its way does not load it again", async () => {
  const entries = history.length;
  router.push("/notes/1");
  router.push("/notes/1");
  await settled();
  expect(answers.map((answer) => answer.path)).toEqual(["/notes/1"]);
  answers[0]?.resolve();
  await settled();
  expect([path(), history.length]).toEqual(["/notes/1", entries + 1]);
});

test("a redirect from a page that was never on screen takes its place in the history", async () => {
  const entries = history.length;
  // The first page, whose onLoad redirects.
  router.redirect("/plain", "push");
  await settled();
  expect([path(), location.pathname, history.length]).toEqual(["/plain", "/plain", entries]);
  router.placeScroll(router.state().key);
  router.push("/login");
  await settled();
  router.placeScroll(router.state().key);
  expect(history.length).toBe(entries + 1);
  // From a page that is on screen.
  router.redirect("/closed", "push");
  answers.at(-1)?.resolve();
  await settled();
  expect([path(), history.length]).toEqual(["/closed", entries + 2]);
});

test("a redirect from a page on the way back takes its place in the history", async () => {
  router.placeScroll(router.state().key);
  router.push("/notes/1");
  answers.at(-1)?.resolve();
  await settled();
  router.placeScroll(router.state().key);
  const entries = history.length;
  // The address bar is ahead of the page, as the browser moves it.
  history.replaceState({ antiphonKey: "before" }, "", "/notes/2");
  dispatchEvent(new PopStateEvent("popstate"));
  router.redirect("/plain", "push");
  await settled();
  expect([path(), location.pathname, history.length]).toEqual(["/plain", "/plain", entries]);
});

test("a redirect to another site from a page that was never on screen takes its place in the history", () => {
  const replace = vi.spyOn(location, "replace").mockImplementation(() => undefined);
  router.redirect("https://other.example/x", "push");
  expect(replace).toHaveBeenCalledWith("https://other.example/x");
});

test("a redirect to the page that is on its way asks for it again", async () => {
  router.push("/notes/1");
  router.redirect("/notes/1", "replace");
  await settled();
  expect(answers.map((answer) => answer.path)).toEqual(["/notes/1", "/notes/1"]);
});

test("an error of the first load is shown for the page that it belongs to, and only for that one", () => {
  const error = clientError("EVENT_FAILED", "It failed.", { attribution: "app" });
  router.refuse(error, "/notes/3");
  expect(router.state().error).toBeUndefined();
  router.refuse(error, "/");
  expect(router.state().error).toBe(error);
});

test("a page that redirects to itself, or pages to each other, are followed 20 times, then an error stands in their place", async () => {
  for (const targets of [["/notes/1"], ["/notes/2", "/notes/3"]]) {
    answers = [];
    router.push(targets[0] as string);
    for (let count = 1; count <= 20; count++) router.redirect(targets[count % targets.length] as string, "push");
    expect([router.isPending(), answers.length]).toEqual([true, 21]);
    router.redirect(targets[1 % targets.length] as string, "push");
    expect([router.isPending(), answers.length]).toEqual([false, 21]);
    expect([path(), router.state().error?.code]).toEqual([targets[1 % targets.length], "CLIENT_REDIRECT_LOOP"]);
    for (const { resolve } of answers) resolve();
    await settled();
    expect(router.state().error?.code).toBe("CLIENT_REDIRECT_LOOP");
  }
});

test("pages without guard and onLoad that redirect to each other, which are shown in between, are followed 20 times", async () => {
  for (const isAnswered of [true, false]) {
    answers = [];
    router.push("/plain");
    for (let count = 0; count < 20; count++) {
      await settled();
      if (isAnswered) answers.at(-1)?.resolve();
      await settled();
      router.redirect(count % 2 === 0 ? "/login" : "/plain", "push");
    }
    await settled();
    expect([path(), answers.length, router.state().error]).toEqual(["/plain", 21, undefined]);
    router.redirect("/login", "push");
    await settled();
    expect([path(), answers.length, router.state().error?.code]).toEqual(["/login", 21, "CLIENT_REDIRECT_LOOP"]);
  }
});

test("redirects are followed however many there are when a page was seen in between, or somebody clicked", async () => {
  const now = vi.spyOn(performance, "now");
  for (let count = 0; count < 30; count++) {
    router.redirect(`/notes/${count}`, "push");
    answers.at(-1)?.resolve();
    await settled();
    now.mockReturnValue(performance.now() + 1_000);
  }
  for (let count = 30; count < 60; count++) {
    router.push(`/notes/${count}`);
    router.redirect(`/notes/a${count}`, "push");
  }
  expect([answers.at(-1)?.path, router.state().error]).toEqual(["/notes/a59", undefined]);
});

test("a path with an unknown language belongs to no page, also after the pages were replaced", () => {
  const pages = placed(createApp().addPage(Page, { route: "/[language]/notes" }));
  const options = { pages, url: location.href, navigate: () => Promise.resolve() };
  const translated = new PageRouter({ ...options, languages: ["en", "ar"] });
  const routes = (of: PageRouter) => ["/ar/notes", "/zz/notes"].map((each) => of.routeOf(each));
  expect(routes(translated)).toEqual(["/[language]/notes", ""]);
  expect(translated.resolve("/zz/notes")).toBeUndefined();
  translated.setPages(pages);
  expect(routes(translated)).toEqual(["/[language]/notes", ""]);
  expect(routes(new PageRouter(options))).toEqual(["/[language]/notes", "/[language]/notes"]);
});
