import { p } from "@mikro-orm/core";
import { describe, expect, it } from "vitest";
import { runWith } from "../../context-variable.ts";
import { inLanguage, translatorPart } from "../../i18n/current-language.ts";
import { lazy } from "../../i18n/lazy-text.ts";
import { type I18nConfig, i18nOptions } from "../../i18n/options.ts";
import { Translator } from "../../i18n/translator.ts";
import { appBound, RunningApp } from "../../running-app.ts";
import { resolveSettings } from "../../setting.ts";
import { model } from "../schema/model.ts";
import { email, minLength, oneOf } from "../schema/validators.ts";
import { cleanData, type ValidateOptions, validate } from "./validate.ts";

class Parcel extends model(
  "Parcel",
  {
    id: p.integer().primary(),
    code: p.string().length(5),
    to: p.string(),
    size: p.string(),
    weight: p.decimal().precision(4).scale(1),
    name: p.string(),
  },
  {
    fields: {
      code: { validators: [minLength(3)] },
      to: { validators: [email()] },
      size: { validators: [oneOf(["S", "M"])] },
      weight: { validators: [() => lazy("Enter a number.")] },
    },
    clean: () => "This value is too large.",
  },
) {}

const languages = { en: "English", de: "Deutsch" };
const app = new RunningApp();
app.put(translatorPart, await Translator.open({ config: resolveSettings(i18nOptions, { languages } as I18nConfig) }));
const inGerman = <T>(work: () => T): T => runWith([appBound(app)], () => inLanguage("de", work));

const WRONG = { code: "ab", to: "x", size: "L", weight: "1.25", name: "" };

describe("validate()", () => {
  it("I18-5: every sentence is in the reader's language: of kinds, validators, lazy texts and the model's clean()", async () => {
    expect(await inGerman(() => validate(Parcel, WRONG))).toEqual({
      code: ["Verwenden Sie mindestens 3 Zeichen."],
      to: ["Geben Sie eine gültige E-Mail-Adresse ein."],
      size: ["Wählen Sie einen dieser Werte: S oder M."],
      weight: ["Verwenden Sie höchstens 1 Nachkommastelle."],
      name: ["Dieses Feld ist erforderlich."],
    });
    const right = { code: "abc", to: "a@b.co", size: "S", weight: "1.2", name: "n" };
    expect(await inGerman(() => validate(Parcel, right))).toEqual({ weight: ["Geben Sie eine Zahl ein."] });
  });

  it("is in English where no app runs", async () => {
    expect(await validate(Parcel, { ...WRONG, weight: "123456" })).toMatchObject({
      code: ["Use at least 3 characters."],
      size: ["Choose one of S or M."],
      weight: ["Use at most 3 digits before the decimal point."],
    });
  });
});

/** What code without types answers when nothing is wrong. */
const NOTHING = [null, false, true, 0] as never[];

describe("Answers that are no sentences", () => {
  it.each(NOTHING)("of a validator and of clean() refuse nothing: %s", async (nothing) => {
    class Whole extends model(
      "Whole",
      { id: p.integer().primary(), name: p.string() },
      { fields: { name: { validators: [() => nothing] } }, clean: () => nothing },
    ) {}
    class Part extends model(
      "Part",
      { id: p.integer().primary(), name: p.string() },
      { clean: () => ({ name: nothing, id: [nothing, "This is one."] as never }) },
    ) {}
    expect(await validate(Whole, { name: "n" })).toEqual({});
    expect(await validate(Part, { name: "n" })).toEqual({ id: ["This is one."] });
  });
});

describe("A many-to-many field without members", () => {
  const Tag = model("Tag", { id: p.integer().primary() });
  const tagged = (least: number) =>
    model(
      "Tagged",
      { id: p.integer().primary(), tags: () => p.manyToMany(Tag) },
      {
        fields: {
          tags: { validators: [(value) => ((value as unknown[]).length < least ? "Choose a tag." : undefined)] },
        },
      },
    );

  it.each([
    ["an empty list", { tags: [] }, {}],
    ["null", { tags: null }, {}],
    ["a form whose input is empty", { tags: "" }, { form: true }],
    ["a form without the input", {}, { form: true, fields: ["tags"] }],
    ["a change of a row", { tags: [] }, { instance: { id: 1, tags: [1] } }],
  ])("is checked by its validators: %s", async (_, data, options) => {
    const refused = { values: {}, errors: { tags: ["Choose a tag."] } };
    expect(await cleanData(tagged(1), data, options as ValidateOptions)).toEqual(refused);
    expect(await cleanData(tagged(0), data, options as ValidateOptions)).toEqual({ values: { tags: [] }, errors: {} });
  });
});
