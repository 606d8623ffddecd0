import { describe, expect, it } from "vitest";
import { pluralRules } from "../../protocol/messages.ts";
import { PAGE_TEXTS } from "../../protocol/page-texts.ts";
import { checkCatalogue } from "../check-catalogue.ts";
import { arabic } from "./arabic.ts";
import { english } from "./english.ts";
import { french } from "./french.ts";
import { german } from "./german.ts";

const CATALOGUES = [
  ["ar", arabic],
  ["de", german],
  ["fr", french],
] as const;
const FORM = /_(?:zero|one|two|few|many|other)$/;
const basesOf = (catalogue: object) =>
  [...new Set(Object.keys(catalogue).map((key) => key.replace(FORM, "")))].toSorted();

describe("I18-5: the framework's own texts", () => {
  it.each(CATALOGUES)("%s has every text and every plural form", (language, catalogue) => {
    expect(basesOf(catalogue)).toEqual(basesOf(german));
    expect(basesOf(catalogue)).toEqual(expect.arrayContaining([...PAGE_TEXTS, ...basesOf(english)]));
    for (const base of basesOf(english)) {
      const { pluralCategories } = pluralRules(language).resolvedOptions();
      for (const category of pluralCategories) expect(catalogue[`${base}_${category}`], base).toBeTruthy();
    }
  });

  it.each(CATALOGUES)("%s has the placeholders of its sentences", (_language, catalogue) => {
    const sentences = Object.fromEntries(Object.entries(catalogue).filter(([key]) => !/^[A-Z]+_[A-Z_]+$/.test(key)));
    expect(checkCatalogue(sentences, [])).toEqual([]);
  });
});
