import { expect, it } from "vitest";
import { setDiagnosticSink } from "../diagnostics.ts";
import type { Engine } from "../engine/engine-types.ts";
import { PageLanguage } from "./page-language.ts";

const languages = {
  route: "/",
  language: "en",
  tables: [],
  languages: { en: "English", de: "Deutsch" },
  version: "1",
  urlPrefix: true,
};

it("the messages of a chosen language are fetched beside the call that chooses it, those of an unknown one are not", async () => {
  const steps: string[] = [];
  const engine = {
    call: async (_state: string, event: string, [language]: readonly unknown[]) => {
      steps.push(`${event} ${language}`);
    },
  } as unknown as Engine;
  const fetchMessages = async (language: string, route: string) => {
    steps.push(`fetch ${language}`);
    return { language, route, tables: [{ language, texts: { Save: "Speichern" } }] };
  };
  const page = new PageLanguage({ engine, state: "antiphon.I18nState", languages, fetchMessages, route: () => "/" });
  await page.choose("de");
  await page.choose("xx");
  expect(steps).toEqual(["fetch de", "setLanguage de", "setLanguage xx"]);
  expect(page.current().language).toBe("en");
});

it("the language of a path's first segment is fetched with the page, unless the paths of the app choose none", async () => {
  const fetched = (urlPrefix: boolean) => {
    const routes: string[] = [];
    const fetchMessages = async (language: string, route: string) => {
      routes.push(`${language} ${route}`);
      return { language, route, tables: [] };
    };
    const options = { engine: {} as Engine, state: undefined, fetchMessages, route: () => "/" };
    const page = new PageLanguage({ ...options, languages: { ...languages, urlPrefix } });
    page.prepare("/[language]/notes", "/de/notes");
    return routes;
  };
  expect(fetched(true)).toEqual(["en /[language]/notes", "de /[language]/notes"]);
  expect(fetched(false)).toEqual(["en /[language]/notes"]);
});

it("a key that is none of the page's messages is reported once, where the server has told the keys", async () => {
  const lines: string[] = [];
  setDiagnosticSink((line) => lines.push(line));
  const engine = { call: async () => undefined } as unknown as Engine;
  const options = { engine, state: "antiphon.I18nState", route: () => "/" };
  const fetchMessages = async (language: string, route: string) => ({ language, route, tables: [], keys: ["Other"] });
  const page = new PageLanguage({ ...options, languages: { ...languages, keys: ["Known"] }, fetchMessages });
  for (const key of ["Known", "Unknown", "Unknown", "Other"]) page.check("/", key);
  // The messages of this page have not arrived.
  page.check("/other", "Known");
  await page.load("/other");
  for (const key of ["Other", "Unknown", "Known"]) page.check("/other", key);
  new PageLanguage({ ...options, languages }).check("/", "In production");
  setDiagnosticSink();
  expect(lines.map((line) => /CLIENT_KEY_UNKNOWN \(app\): (t\("\w+"\)) .*"(\w+)"/.exec(line)?.slice(1, 3))).toEqual([
    ['t("Unknown")', "en"],
    ['t("Other")', "en"],
    ['t("Known")', "en"],
  ]);
});
