import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { setDiagnosticSink } from "../diagnostics.ts";
import type { Engine, StateSnapshot } from "../engine/engine-types.ts";
import { PageLanguage } from "./page-language.ts";
import type { MessagesRequest } from "./page-messages.ts";

const STATE = "antiphon.I18nState";
const tableOf = (language: string) => [{ language, texts: { Save: `Save in ${language}` } }];

/** A page in German at the route "/", whose server answers requests for messages as `answer` says. */
function page(answer: (language: string, route: string) => Promise<void> | void) {
  const requests: string[] = [];
  const listeners = { state: () => {}, connection: () => {} };
  let snapshot: StateSnapshot = {};
  let status = "online";
  let route = "/";
  const engine = {
    snapshot: () => snapshot,
    subscribe: (_: string, listener: () => void) => {
      listeners.state = listener;
      return () => {};
    },
    watch: () => () => {},
    connection: () => ({ status }),
    onConnection: (listener: () => void) => {
      listeners.connection = listener;
      return () => {};
    },
  } as unknown as Engine;
  const language = new PageLanguage({
    engine,
    state: STATE,
    languages: {
      route: "/",
      language: "de",
      tables: tableOf("de"),
      languages: { de: "Deutsch", ar: "العربية" },
      version: "1",
      urlPrefix: true,
    },
    route: () => route,
    fetchMessages: async (code, of) => {
      requests.push(`${code} ${of}`);
      await answer(code, of);
      return { language: code, route: of, tables: tableOf(code) };
    },
  });
  const stop = language.start();
  return {
    language,
    requests,
    stop,
    /** The server has taken another language. */
    choose: (languageCode: string) => {
      snapshot = { languageCode };
      listeners.state();
    },
    go: (next: string) => {
      route = next;
      language.prepare(next, next);
    },
    connect: (next: string) => {
      status = next;
      listeners.connection();
    },
  };
}

const down = () => {
  throw new Error("down");
};

describe("Messages that do not arrive", () => {
  const reported: string[] = [];
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("document", { documentElement: { lang: "de", dir: "ltr" } });
    setDiagnosticSink((line) => reported.push(line));
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
    setDiagnosticSink();
    reported.length = 0;
  });

  it("a component that waits for them waits once: then the page is shown with the texts that it has", async () => {
    const { language, requests, go, stop } = page(down);
    go("/other");
    expect(language.tables("/other")).toBeUndefined();
    const waiting = language.load("/other");
    expect(language.load("/other")).toBe(waiting);
    expect(await waiting).toEqual(tableOf("de"));
    expect(language.tables("/other")).toEqual(tableOf("de"));
    expect(requests).toEqual(["de /other"]);
    expect(reported).toHaveLength(1);
    stop();
  });

  it("they are fetched again after a growing pause, and the page is rendered again with them", async () => {
    let isDown = true;
    const { language, requests, go, stop } = page(() => (isDown ? down() : undefined));
    const shown: unknown[] = [];
    language.subscribe(() => shown.push(language.current().language));
    go("/other");
    await vi.advanceTimersByTimeAsync(20_000);
    // The first one, and after pauses of about 1, 2, 4 and 8 seconds.
    expect(requests).toHaveLength(5);
    expect(reported).toHaveLength(1);
    expect(shown).toEqual([]);
    isDown = false;
    await vi.runOnlyPendingTimersAsync();
    expect(shown).toEqual(["de"]);
    const made = requests.length;
    await vi.advanceTimersByTimeAsync(300_000);
    expect(requests).toHaveLength(made);
    stop();
  });

  it("another language is not shown before its messages are there", async () => {
    let isDown = true;
    const { language, choose, connect, stop } = page(() => (isDown ? down() : undefined));
    choose("ar");
    await vi.advanceTimersByTimeAsync(100);
    expect([language.current().language, document.documentElement.lang]).toEqual(["de", "de"]);
    expect(language.tables("/")).toEqual(tableOf("de"));
    isDown = false;
    // A connection that is back is a reason to try at once.
    connect("reconnecting");
    connect("online");
    await vi.advanceTimersByTimeAsync(0);
    expect([language.current().language, document.documentElement.lang]).toEqual(["ar", "ar"]);
    stop();
  });

  it("a request without an answer delays the page for a while only, and its late answer still counts", async () => {
    const late = Promise.withResolvers<void>();
    const { language, requests, go, stop } = page(() => late.promise);
    go("/other");
    const waiting = language.load("/other");
    await vi.advanceTimersByTimeAsync(3_000);
    expect(await waiting).toEqual(tableOf("de"));
    const before = language.current();
    late.resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect(language.current()).not.toBe(before);
    expect(requests).toEqual(["de /other"]);
    stop();
  });

  it("the language of the pages that are shown is not left for one that only the next page has", async () => {
    const old = Promise.withResolvers<void>();
    const { language, choose, go, stop } = page((_, route) => (route === "/" ? old.promise : undefined));
    language.arrived("/");
    go("/other");
    choose("ar");
    await vi.advanceTimersByTimeAsync(0);
    expect(language.current().language).toBe("de");
    old.resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect(language.current().language).toBe("ar");
    stop();
  });

  it("a page that has ended fetches nothing any more", async () => {
    const { requests, go, stop } = page(down);
    go("/other");
    await vi.advanceTimersByTimeAsync(0);
    stop();
    await vi.advanceTimersByTimeAsync(300_000);
    expect(requests).toEqual(["de /other"]);
  });
});

it("renewed messages are fetched past the browser's cache, and those of other routes when they are needed", async () => {
  vi.stubGlobal("document", { documentElement: { lang: "de", dir: "ltr" } });
  const requests: string[] = [];
  const languages = { route: "/", language: "de", tables: tableOf("de"), languages: {}, version: "1", urlPrefix: true };
  const fetchMessages = async (language: string, route: string, { version }: MessagesRequest) => {
    requests.push(`${route} ${version}`);
    return { language, route, tables: [{ language, texts: { Save: `Save ${requests.length}` } }] };
  };
  const engine = {} as Engine;
  const page = new PageLanguage({ engine, state: undefined, languages, fetchMessages, route: () => "/" });
  await page.load("/other");
  const shown = new Promise<void>((resolve) => page.subscribe(resolve));
  page.renew();
  // The earlier ones stay until the new ones are here.
  expect(page.tables("/")).toBe(languages.tables);
  await shown;
  expect(page.tables("/")?.[0]?.texts["Save"]).toBe("Save 2");
  await page.load("/other");
  expect(requests).toEqual([`/other ${languages.version}`, "/ ", "/other "]);
  vi.unstubAllGlobals();
});
