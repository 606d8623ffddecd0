import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ERROR_PARAMETERS } from "../../cli/error-codes.ts";
import { pluralRules } from "../../protocol/messages.ts";
import { PAGE_TEXTS } from "../../protocol/page-texts.ts";
import { checkCatalogue } from "../check-catalogue.ts";
import { withoutForm } from "../merge-catalogue.ts";
import { arabic } from "./arabic.ts";
import { english } from "./english.ts";
import { french } from "./french.ts";
import { german } from "./german.ts";

const CATALOGUES = [
  ["ar", arabic],
  ["de", german],
  ["fr", french],
] as const;
const basesOf = (catalogue: object) => [...new Set(Object.keys(catalogue).map(withoutForm))].toSorted();

describe("I18-5: the framework's own texts", () => {
  it.each(CATALOGUES)("%s has every text and every plural form", (language, catalogue) => {
    expect(basesOf(catalogue)).toEqual(basesOf(german));
    expect(basesOf(catalogue)).toEqual(expect.arrayContaining([...PAGE_TEXTS, ...basesOf(english)]));
    for (const base of basesOf(english)) {
      const { pluralCategories } = pluralRules(language).resolvedOptions();
      for (const category of pluralCategories) expect(catalogue[`${base}_${category}`], base).toBeTruthy();
    }
  });

  it("has every sentence that the framework writes by key and values", () => {
    const root = join(import.meta.dirname, "../..");
    const files = globSync("{models,auth}/**/*.ts", { cwd: root, exclude: ["models/kind-changes"] }).filter(
      (name) => !/\.(?:test|fixture)\.ts$/.test(name),
    );
    const sources = files.map((name) => readFileSync(join(root, name), "utf8")).join("\n");
    const written =
      /(?:\b(?:refused|tooLong|t)\(\s*|\bkey: |\bmessage(?:: string \| LazyText)? = |\bpattern\([^\n]*\/u, )"([^"]+)"/g;
    const keys = [...sources.matchAll(written)].map(([, key = ""]) => key).filter((key) => key.includes(" "));
    expect(keys.length).toBeGreaterThan(60);
    expect(basesOf(german)).toEqual(expect.arrayContaining(keys));
  });

  it.each(CATALOGUES)(
    "%s has the placeholders of its sentences and the parameters of its errors",
    (_language, texts) => {
      expect(checkCatalogue(texts, { messages: [], errors: ERROR_PARAMETERS })).toEqual([]);
    },
  );
});
