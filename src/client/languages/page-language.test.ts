import { expect, it } from "vitest";
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
