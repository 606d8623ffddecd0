import { describe, expect, it, vi } from "vitest";
import { LanguageSet } from "./languages.ts";
import { acceptedLanguages, negotiateLanguage, pathInLanguage } from "./negotiate.ts";

const names = (codes: string) => new LanguageSet(Object.fromEntries(codes.split(" ").map((code) => [code, code])));
const languages = names("en ar pt zh-hant fr-CA de");
const chosen = (path: string, cookie: string | undefined, acceptLanguage: string | undefined) =>
  negotiateLanguage({ path, cookie, acceptLanguage }, languages);

describe("I18-1: the language of a request", () => {
  it.each([
    ["/ar/notes", "de", "pt", "ar", "url"],
    ["/AR", "de", "pt", "ar", "url"],
    ["/arrow", "de", "pt", "de", "cookie"],
    ["/xx/notes", "de", "pt", "de", "cookie"],
    ["/", "DE", undefined, "de", "cookie"],
    ["/", "xx", "pt", "pt", "header"],
    ["/", "constructor", undefined, "en", "default"],
    ["/", undefined, "xx, *", "en", "default"],
    ["/", undefined, undefined, "en", "default"],
  ])("row 27: %s with the cookie %s and the header %s is %s, by the %s", (path, cookie, header, language, by) => {
    expect(chosen(path, cookie, header)).toEqual({ language, by });
  });

  it.each([
    ["zh-hant", "zh-Hant"],
    ["zh-TW", "zh-Hant"],
    ["pt-br", "pt"],
    ["fr", "fr-CA"],
    ["fr-FR", "fr-CA"],
    ["de-1996", "de"],
    ["en;q=0.3, de;q=0.8, xx", "de"],
    ["de;q=0, ar;q=0.001", "ar"],
    ["de;q=2, ar", "ar"],
    ["%$, ar", "ar"],
    ["*, de", "en"],
  ])("the header %s is answered in %s", (header, language) => {
    expect(chosen("/", undefined, header).language).toBe(language);
  });

  it("no prefix counts where the setting says so, and one language alone is never negotiated", () => {
    expect(negotiateLanguage({ path: "/ar", cookie: undefined, acceptLanguage: "de" }, languages, false).by).toBe(
      "header",
    );
    const one = names("de");
    expect(negotiateLanguage({ path: "/ar", cookie: "ar", acceptLanguage: "ar" }, one)).toEqual({
      language: "de",
      by: "default",
    });
  });
});

describe("I18-2: what is read of a visitor's text is bounded", () => {
  it("a header beyond 500 characters is cut at its last whole part", () => {
    expect(acceptedLanguages(`de,${"en,".repeat(10_000)}`)).toHaveLength(20);
    expect(acceptedLanguages("a".repeat(100_000))).toEqual([]);
  });

  it("no header is remembered with more than that, whatever its parts", () => {
    const remembered = vi.spyOn(Map.prototype, "set");
    try {
      const headers = [
        "x".repeat(15_000),
        `${"x".repeat(600)},ar`,
        `ar-${"x".repeat(600)}`,
        `${"ar,".repeat(5_000)}de`,
      ];
      for (const header of headers) chosen("/", undefined, header);
      const keys = remembered.mock.calls.map(([key]) => String(key));
      expect(keys.length).toBeGreaterThan(0);
      expect(keys.filter((key) => key.length > 500)).toEqual([]);
    } finally {
      remembered.mockRestore();
    }
    expect(chosen("/", undefined, `${"x".repeat(600)},ar`).by).toBe("default");
  });

  it("of a header within 500 characters the first 20 codes are read", () => {
    expect(chosen("/", undefined, `${"xx,".repeat(19)}de`).language).toBe("de");
    expect(chosen("/", undefined, `${"xx,".repeat(20)}de`).language).toBe("en");
  });

  it("a code whose first part is not that of a language of the app takes no work of Intl", () => {
    const locale = vi.spyOn(Intl, "Locale");
    try {
      for (const code of ["xx", "xx-YY", "cs-Latn-CZ", "constructor", "e", "-"]) {
        expect(languages.match(code)).toBeUndefined();
      }
      expect(locale).not.toHaveBeenCalled();
    } finally {
      locale.mockRestore();
    }
  });

  it("the codes of a header are compared once, however many requests and messages come with it", () => {
    const own = names("en de");
    const match = vi.spyOn(own, "match");
    const header = Array.from({ length: 166 }, (_, index) => `x${String.fromCharCode(97 + (index % 26))}`).join(",");
    for (let time = 0; time < 1_000; time++) {
      const source = { path: "/", cookie: undefined, acceptLanguage: header };
      expect(negotiateLanguage(source, own)).toEqual({ language: "en", by: "default" });
    }
    expect(match.mock.calls.length).toBe(20);
    // What others send does not grow without end, and the header is read again after it.
    for (let time = 0; time < 2_000; time++) {
      negotiateLanguage({ path: "/", cookie: undefined, acceptLanguage: `de;q=0.${time % 1000},xx-${time}` }, own);
    }
    match.mockClear();
    expect(negotiateLanguage({ path: "/", cookie: undefined, acceptLanguage: header }, own).language).toBe("en");
    expect(match.mock.calls.length).toBeLessThanOrEqual(20);
  });

  it("a code beyond 500 characters is no language", () => {
    expect(languages.match(`de-${"a-".repeat(300)}`)).toBeUndefined();
    expect(languages.exact("d".repeat(501))).toBeUndefined();
  });
});

it("a path keeps its query when its language changes, and one without a language stays", () => {
  expect(pathInLanguage("/ar/notes?page=2#x", "de", languages)).toBe("/de/notes?page=2#x");
  expect(pathInLanguage("/ar", "de", languages)).toBe("/de");
  expect(pathInLanguage("/notes?ar", "de", languages)).toBe("/notes?ar");
});

it("a code that is none, and a default that is not among the languages, are refused by name", () => {
  expect(() => names("en not_a_code")).toThrow(expect.objectContaining({ code: "I18N_CODE_INVALID" }));
  expect(() => new LanguageSet({ en: "English" }, "de")).toThrow(/defaultLanguage is "de"/);
});
