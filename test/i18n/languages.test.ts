import { readFileSync } from "node:fs";
import { join } from "node:path";
import { I18nState } from "antiphon/i18n";
import { type TestApp, TestBrowser, testApp } from "antiphon/testing";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { GreetingState } from "../fixtures/languages-app/src/greeting.state.ts";
import { ProbeState } from "../fixtures/languages-app/src/probe.state.ts";
import { helloOf, openSocket, RawPage } from "../support/raw-page.ts";

const root = join(import.meta.dirname, "../fixtures/languages-app");
const german = JSON.parse(readFileSync(join(root, "locales/de.json"), "utf8")) as object;

let app: TestApp;
beforeAll(async () => {
  app = await testApp({ root });
});
afterAll(() => app[Symbol.asyncDispose]());

const TEXTS = {
  en: { hello: "Hello", notes: "3 notes", farewell: "Goodbye" },
  de: { hello: "Hallo", notes: "3 Notizen", farewell: "Auf Wiedersehen" },
  ar: { hello: "مرحبا", notes: "3 ملاحظات", farewell: "مع السلامة" },
} as const;
type Code = keyof typeof TEXTS;

function expected(language: Code): string[] {
  const { hello, notes, farewell } = TEXTS[language];
  return [hello, notes, farewell, notes, farewell, notes, farewell];
}

function speaking(language: string): TestBrowser {
  const browser = new TestBrowser();
  browser.takeLines([`antiphon_language=${language}; Path=/`]);
  return browser;
}

const cookie = (language: string) => ({ cookie: `antiphon_language=${language}` });

describe("Row 27, I18-1: the same language for HTTP and events", () => {
  it.each([
    ["/api/greet", { "accept-language": "de-AT,en;q=0.5" }, "de"],
    ["/api/greet", { "accept-language": "de", ...cookie("ar") }, "ar"],
    ["/api/greet", { "accept-language": "xx" }, "en"],
  ] as const)("a view at %s with %o answers in %s", async (path, headers, language) => {
    const response = await app.fetch(path, { headers });
    expect(await response.json()).toEqual({ language, texts: expected(language), farewell: TEXTS[language].farewell });
    expect(response.headers.get("content-language")).toBe(language);
    expect(response.headers.get("vary")).toBe("Accept-Language, Cookie");
  });

  it("an answer that does not depend on the language names none", async () => {
    const response = await app.fetch("/api/plain", { headers: cookie("de") });
    expect([response.headers.get("content-language"), response.headers.get("vary")]).toEqual([null, null]);
  });

  it("row 32: an event has the language of the cookie, and of the URL before that", async () => {
    await using german = await app.open("/", { browser: speaking("de") });
    await german.call(GreetingState, "greet");
    expect(german.view(GreetingState)).toMatchObject({ language: "de", texts: expected("de") });
    await using arabic = await app.open("/ar/start", { browser: speaking("de") });
    await arabic.call(GreetingState, "greet");
    expect(arabic.view(GreetingState).language).toBe("ar");
  });

  it("work for another reader is in that reader's language", async () => {
    const response = await app.fetch("/api/german", { headers: cookie("ar") });
    expect(await response.json()).toEqual({ text: "Hallo" });
  });
});

it("I18-4: 200 interleaved requests and events in three languages mix no text", async () => {
  const codes = Object.keys(TEXTS) as Code[];
  const tabs = await Promise.all(
    codes.map(async (code) => ({ code, tab: await app.open("/", { browser: speaking(code) }) })),
  );
  const events = Array.from({ length: 34 }, () =>
    tabs.map(async ({ code, tab }) => {
      await tab.call(GreetingState, "greet");
      expect(tab.view(GreetingState)).toMatchObject({ language: code, texts: expected(code) });
    }),
  ).flat();
  const requests = Array.from({ length: 102 }, async (_, index) => {
    const code = codes[index % codes.length] as Code;
    const response = await app.fetch("/api/greet", { headers: cookie(code) });
    expect(await response.json()).toMatchObject({
      language: code,
      texts: expected(code),
      farewell: TEXTS[code].farewell,
    });
  });
  await Promise.all([...events, ...requests]);
  for (const { tab } of tabs) tab.close();
});

describe("Row 54: I18nState", () => {
  it("holds the language when the tab connects, and follows a choice", async () => {
    const browser = speaking("de");
    await using tab = await app.open("/", { browser });
    await tab.watch(I18nState);
    expect(tab.view(I18nState)).toMatchObject({ languageCode: "de", languageBidi: false });
    await tab.call(I18nState, "setLanguage", "ar");
    expect(tab.view(I18nState)).toMatchObject({ languageCode: "ar", languageBidi: true });
    expect(browser.value("antiphon_language")).toBe("ar");
    await tab.call(GreetingState, "greet");
    expect(tab.view(GreetingState).texts).toEqual(expected("ar"));
  });

  it("refuses a language that the app does not have, by name", async () => {
    const browser = speaking("de");
    await using tab = await app.open("/", { browser });
    for (const code of ["xx", "__proto__", ""]) {
      await expect(tab.call(I18nState, "setLanguage", code)).rejects.toMatchObject({
        code: "I18N_LANGUAGE_UNKNOWN",
        message: `The app has no language "${code}". Expected one of: en, ar, de.`,
      });
    }
    const long = tab.call(I18nState, "setLanguage", "x".repeat(5_000));
    await expect(long).rejects.toThrow(/^The app has no language "x{35}…"\. /);
    await tab.call(I18nState, "sync");
    expect([tab.view(I18nState).languageCode, browser.value("antiphon_language")]).toEqual(["de", "de"]);
  });

  it("goes to the same page under the prefix of the new language", async () => {
    await using tab = await app.open("/ar/start?x=1");
    await tab.call(I18nState, "setLanguage", "de");
    expect(tab.url).toBe("/de/start?x=1");
  });

  it("W43: a language chosen over HTTP reaches the open tabs of the browser without a reload", async () => {
    const browser = speaking("de");
    await using tab = await app.open("/", { browser });
    await tab.call(I18nState, "sync");
    const response = await app.fetch("/_language", {
      method: "POST",
      headers: { "content-type": "application/json", origin: app.url },
      body: JSON.stringify({ language: "ar" }),
    });
    browser.take(response);
    await tab.call(GreetingState, "greet");
    expect(tab.view(GreetingState).language).toBe("ar");
    expect(tab.view(I18nState).languageCode).toBe("ar");
  });
});

describe("I18-3: the form that chooses a language", () => {
  const choose = (form: Record<string, string>, headers: Record<string, string> = {}, method = "POST") =>
    app.fetch("/_language", {
      method,
      headers: { origin: app.url, "content-type": "application/x-www-form-urlencoded", ...headers },
      ...(method === "POST" ? { body: new URLSearchParams(form).toString() } : {}),
    });

  it("sets the cookie and sends the browser on", async () => {
    const response = await choose({ language: "de", next: "/other?x=1" });
    expect([response.status, response.headers.get("location")]).toEqual([303, "/other?x=1"]);
    expect(response.headers.get("set-cookie")).toMatch(
      /^antiphon_language=de; Path=\/; Max-Age=31536000; SameSite=Lax$/,
    );
  });

  it("is a POST of the app's own pages", async () => {
    expect((await choose({}, {}, "GET")).status).toBe(405);
    expect(
      (await choose({ language: "de" }, { origin: "https://evil.example", "sec-fetch-site": "cross-site" })).status,
    ).toBe(403);
  });

  it("ignores an unknown language", async () => {
    const response = await choose({ language: "xx", next: "/other" });
    expect([response.status, response.headers.get("set-cookie")]).toEqual([303, null]);
  });

  it.each([
    ["https://evil.example/", undefined, "/"],
    ["//evil.example", undefined, "/"],
    ["/\\evil.example", undefined, "/"],
    ["javascript:alert(1)", "/other", "/other"],
    ["", "https://evil.example/", "/"],
    ["/ar/start", undefined, "/de/start"],
    ["/a%0d%0ab", undefined, "/a%0d%0ab"],
    ["/search?q=a%26b&r=100%25#%23", undefined, "/search?q=a%26b&r=100%25#%23"],
    ["/ar/a%2Fb?q=%C3%A4%2b", undefined, "/de/a%2Fb?q=%C3%A4%2b"],
    ["/list?ids[]=1&q=100%&r=%zz", undefined, "/list?ids[]=1&q=100%&r=%zz"],
    ["/münchen?q=a b\\c<\u2028\u{1f600}", undefined, "/m%C3%BCnchen?q=a%20b%5Cc%3C%E2%80%A8%F0%9F%98%80"],
    ["", "/search?q=a%26b%20c", "/search?q=a%26b%20c"],
  ])("sends the browser that asked for %s, on %s, to %s", async (next, page, location) => {
    const referer: Record<string, string> = page === undefined ? {} : { referer: new URL(page, app.url).href };
    const response = await choose({ language: "de", next }, referer);
    expect(response.headers.get("location")).toBe(location);
  });

  it("answers a script with 204, and a broken body with 400", async () => {
    const json = { "content-type": "application/json", origin: app.url };
    const send = (body: string) => app.fetch("/_language", { method: "POST", headers: json, body });
    expect((await send(`{"language":"de"}`)).status).toBe(204);
    expect((await send("null")).status).toBe(204);
    expect((await send("{")).status).toBe(400);
    expect((await send(`{"x":"${"x".repeat(20_000)}"}`)).status).toBe(400);
  });
});

describe("The document of a page", () => {
  const document = async (path: string, language: string) =>
    (await app.fetch(path, { headers: { accept: "text/html", ...cookie(language) } })).text();
  const languages = (html: string) =>
    JSON.parse(/id="antiphon-messages">([^<]*)</.exec(html)?.[1] ?? "null") as { tables: { texts: object }[] } | null;

  /** Without the texts of the framework, which every page has. */
  const ownKeys = (page: { tables: { texts: object }[] } | null) =>
    Object.keys(page?.tables[0]?.texts ?? {})
      .filter((key) => Object.hasOwn(german, key))
      .toSorted();

  it("names its language and direction, and is titled in it", async () => {
    expect(await document("/", "ar")).toMatch(/<html lang="ar" dir="rtl">[\s\S]*<title>البداية<\/title>/);
    expect(await document("/de/start", "ar")).toMatch(/<html lang="de" dir="ltr">[\s\S]*<title>Anfang<\/title>/);
  });

  it("holds the texts of its own page and the layout, in one language", async () => {
    const start = languages(await document("/", "de"));
    expect(start).toMatchObject({
      language: "de",
      route: "/",
      languages: { en: "English", ar: "العربية", de: "Deutsch" },
    });
    expect(ownKeys(start)).toEqual([
      "Hello",
      "Languages",
      "More",
      "Other page",
      "Start",
      "{{count}} notes_one",
      "{{count}} notes_other",
    ]);
    const html = await document("/other", "ar");
    expect(ownKeys(languages(html))).toEqual(["Languages", "Only here", "Open_verb", "Other page"]);
    expect(html).not.toContain("مرحبا");
  });

  it("the messages of another page come by an address that may be kept while the app's messages stay", async () => {
    const { version } = languages(await document("/", "de")) as unknown as { version: string };
    const fetchMessages = (query: string) => app.fetch(`/_messages?${query}`);
    const current = await fetchMessages(`language=de&route=/other&version=${version}`);
    expect(await current.json()).toMatchObject({
      language: "de",
      route: "/other",
      tables: [{ texts: { "Only here": "Nur hier" } }],
    });
    expect(current.headers.get("cache-control")).toContain("immutable");
    const unknown = await fetchMessages("language=xx&route=constructor&version=x");
    expect(await unknown.json()).toMatchObject({ language: "en" });
    expect(unknown.headers.get("cache-control")).toBe("no-cache");
  });
});

it("dates and numbers of the server are in the visitor's language and time zone, and in the app's without one", async () => {
  const browser = speaking("de");
  browser.takeLines(["antiphon_zone=Asia%2FTokyo; Path=/"]);
  await using tab = await app.open("/", { browser });
  expect(tab.view(GreetingState).texts).toEqual(["02.03.2026, 08:30", "1.234,5"]);
  const other = speaking("de");
  other.takeLines(["antiphon_zone=Not/AZone; Path=/"]);
  await using utc = await app.open("/", { browser: other });
  expect(utc.view(GreetingState).texts).toEqual(["01.03.2026, 23:30", "1.234,5"]);
});

describe("I18-5: errors and the framework's own texts", () => {
  it("an event's error is written from its code and parameters in the language of the page", async () => {
    await using tab = await app.open("/", { browser: speaking("de") });
    await expect(tab.call(GreetingState, "refused")).rejects.toThrow("GreetingState.refused ist hier nicht erlaubt.");
    await expect(tab.call(GreetingState, "check")).rejects.toMatchObject({
      code: "FIELDS_INVALID",
      issues: [
        { path: "title", message: "Dieses Feld ist erforderlich." },
        { path: "title", message: "Verwenden Sie höchstens 1 Zeichen." },
        { path: "note", message: "Nur hier" },
      ],
    });
    await tab.call(I18nState, "setLanguage", "ar");
    await expect(tab.call(GreetingState, "refused")).rejects.toThrow("GreetingState.refused غير مسموح به هنا.");
  });

  it("a view's error is in the language of its request", async () => {
    const missing = (language: string) =>
      app
        .fetch("/api/nothing", { headers: cookie(language) })
        .then(async (response) => [
          response.headers.get("content-language"),
          ((await response.json()) as { error: { message: string } }).error.message,
        ]);
    expect(await missing("de")).toEqual(["de", "Unter GET /api/nothing antwortet nichts."]);
    expect(await missing("en")).toEqual(["en", "Nothing answers GET /api/nothing."]);
  });

  it("an error page that no view answers is in the language of its request", async () => {
    const response = await app.fetch("/%00", { headers: { accept: "text/html", ...cookie("ar") } });
    const html = await response.text();
    expect(html).toContain('<html lang="ar" dir="rtl">');
    expect(html).toContain("<h1>400 طلب غير صالح</h1>");
    expect(response.headers.get("content-language")).toBe("ar");
    expect(response.headers.get("vary")).toContain("Accept-Language");
    const refused = await app.fetch("/other", { method: "DELETE", headers: cookie("de") });
    expect(await refused.json()).toMatchObject({
      error: { message: "Die Methode DELETE ist hier nicht erlaubt. Erlaubt: GET or HEAD." },
    });
  });

  it("a socket is refused in the language of its page: of the URL before the cookie", async () => {
    const hello = { protocol: 0, build: "b", page: "p", watch: [] };
    const refused = async (path: string) => {
      const socket = openSocket(app.url, { origin: app.url, ...cookie("de") }, { ...hello, path });
      const error = await new Promise<Error & { data?: { message: string } }>((resolve) => {
        socket.on("connect_error", resolve);
      });
      socket.close();
      return error.data?.message;
    };
    expect(await refused("/")).toMatch(/^Der Server spricht Protokoll \d+, die Seite 0\. Laden Sie die Seite neu\.$/);
    expect(await refused("/ar/start")).toMatch(/أعد تحميل الصفحة/);
  });

  it("the language outlives the session", async () => {
    const browser = speaking("de");
    await using tab = await app.open("/", { browser });
    await tab.call(ProbeState, "begin");
    expect(browser.value("sessionid")).not.toBe("");
    await tab.call(ProbeState, "end");
    expect([browser.value("sessionid"), browser.value("antiphon_language")]).toEqual(["", "de"]);
  });

  it("a page gets the framework's own texts in its language", async () => {
    const html = await (await app.fetch("/", { headers: { accept: "text/html", ...cookie("de") } })).text();
    expect(html).toContain('"Reconnecting…":"Verbindung wird wiederhergestellt…"');
  });
});

it("I18-2: a socket with a long Accept-Language header is answered without reading it for each message", async () => {
  const codes = Array.from({ length: 166 }, (_, index) => `q${String.fromCharCode(97 + (index % 26))}`);
  const header = codes.join(",");
  const page = new RawPage(app.url, helloOf(), { origin: app.url, "accept-language": header });
  await page.welcome;
  const locale = vi.spyOn(Intl, "Locale");
  const split = vi.spyOn(String.prototype, "split");
  try {
    for (let time = 0; time < 50; time++) await page.call("app.Missing", "go");
    expect(locale).not.toHaveBeenCalled();
    expect(split.mock.contexts.filter((text) => text === header).length).toBeLessThanOrEqual(1);
  } finally {
    split.mockRestore();
    locale.mockRestore();
    page.socket.disconnect();
  }
});
