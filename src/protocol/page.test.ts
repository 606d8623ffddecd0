import { expect, test } from "vitest";
import { matchPage, pageTable, queryOf } from "./page.ts";
import { encodeValue } from "./values.ts";

test("a query holds no name that reaches a prototype, so that it can be part of a var", () => {
  const { location } = matchPage(pageTable([{ route: "/" }]), "/?constructor=1&__proto__=2&prototype=3&q=4&q=5");
  expect({ ...location.query }).toEqual({ q: "5" });
  expect(encodeValue(location.query)).toEqual({ q: "5" });
  expect(queryOf(new URL("http://localhost/"))["toString"]).toBeUndefined();
});

test("`[language]` at the beginning of a route matches the languages of the app only", () => {
  const pages = [
    { route: "/" },
    { route: "/[language]" },
    { route: "/[language]/notes/[id]" },
    { route: "/docs/[language]" },
  ];
  const routesIn = (languages?: string[]) => {
    const table = pageTable(pages, languages);
    const paths = ["/", "/ar", "/AR", "/zh-hant", "/zz", "/ar/notes/3", "/zz/notes/3", "/docs/zz"];
    return paths.map((path) => matchPage(table, path).location.route);
  };
  const [home, language, note, docs] = pages.map(({ route }) => route);
  expect(routesIn(["en", "ar", "zh-Hant"])).toEqual([home, language, language, language, "", note, "", docs]);
  // Paths that name no language.
  expect(routesIn()).toEqual([home, language, language, language, language, note, note, docs]);
});

test("`[language]` at the beginning of a route is tried before another parameter, and is one like it without languages", () => {
  const pages = [
    { route: "/[slug]" },
    { route: "/[slug]/about" },
    { route: "/[...all]" },
    { route: "/[language]/[page]" },
    { route: "/[language]" },
    { route: "/about" },
  ];
  const table = pageTable(pages, ["en", "ar"]);
  const paths = ["/about", "/ar", "/zz", "/ar/about", "/zz/about", "/zz/other"];
  expect(paths.map((path) => matchPage(table, path).location.route)).toEqual([
    "/about",
    "/[language]",
    "/[slug]",
    "/[language]/[page]",
    "/[slug]/about",
    "/[...all]",
  ]);
  expect(() => pageTable(pages)).toThrow('The routes "/[slug]" and "/[language]" match the same paths.');
  expect(() => pageTable([{ route: "/[a]" }, { route: "/[b]" }], ["en"])).toThrow("match the same paths");
});
