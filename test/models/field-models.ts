import { model, p } from "../../src/models/index.ts";
import { maxValue, minLength } from "../../src/models/schema/validators.ts";

export class Shelf extends model(
  "Shelf",
  {
    code: p.string().length(4).primary(),
    name: p.string().length(20).unique(),
    above: () => p.manyToOne(Shelf).nullable(),
  },
  { verboseName: "shelf" },
) {}

export class Colour extends model("Colour", {
  id: p
    .uuid()
    .primary()
    .onCreate(() => crypto.randomUUID()),
  name: p.string(),
}) {}

/** A column of every kind, with the edges of its type. */
export class Sample extends model("Sample", {
  id: p.bigint().primary(),
  label: p.string().length(20),
  story: p.text().nullable(),
  tiny: p.tinyint().nullable(),
  small: p.smallint().nullable(),
  medium: p.mediumint().nullable(),
  whole: p.integer().nullable(),
  positive: p.integer().unsigned().nullable(),
  big: p.bigint().nullable(),
  single: p.float().nullable(),
  ratio: p.double().nullable(),
  price: p.decimal().precision(12).scale(4).nullable(),
  exact: p.decimal().precision(24).scale(4).nullable(),
  flag: p.boolean().nullable(),
  day: p.date().nullable(),
  moment: p.datetime().nullable(),
  hour: p.time().nullable(),
  code: p.uuid().nullable(),
  meta: p.json<unknown>().nullable(),
  word: p.enum(["one", "two"]).nullable(),
  level: p.enum([1, 2, 30]).nullable(),
  file: p.blob().nullable(),
  shelf: () => p.manyToOne(Shelf).nullable(),
  colours: () => p.manyToMany(Colour),
}) {}

/** Rules of every sort for validate(). */
export class Offer extends model(
  "Offer",
  {
    id: p.integer().primary(),
    title: p.string().length(20),
    slogan: p.string().nullable(),
    note: p.text().default(""),
    shelf: () => p.manyToOne(Shelf),
    reserve: () => p.oneToOne(Shelf).nullable(),
    colours: () => p.manyToMany(Colour),
    price: p.decimal().precision(8).scale(2),
    amount: p.integer().default(1),
    start: p.date().nullable(),
    end: p.date().nullable(),
    serial: p.string().nullable().unique(),
    secret: p.string().default("").hidden(),
    createdAt: p.datetime().onCreate(() => new Date()),
    version: p.integer().version(),
  },
  {
    uniqueTogether: [
      ["shelf", "title"],
      ["start", "end"],
    ],
    fields: {
      title: { validators: [minLength(2), (value) => (value === "bad" ? "Not this one." : undefined)] },
      amount: { validators: [maxValue(9)] },
    },
    clean: async (values) => {
      if (values.title === "whole") return "This row can't be.";
      if (values.title === "spread") return { amount: ["One.", "Two."], nothing: "Elsewhere." };
      return values.start && values.end && values.end < values.start
        ? { end: "The end is before the start." }
        : undefined;
    },
  },
) {}

/** A row of which somebody who fills in a form may say the half. */
export class Permit extends model(
  "Permit",
  {
    id: p.integer().primary(),
    title: p.string(),
    reason: p.text().default(""),
    status: p.enum(["asked", "granted"]).default("asked"),
    clerk: p.string(),
    token: p.string().hidden(),
    pin: p.string().default("").hidden(),
    colours: () => p.manyToMany(Colour),
    approvedAt: p.datetime().nullable(),
  },
  {
    fields: {
      status: { editable: false },
      clerk: { editable: false },
      colours: { editable: false },
      approvedAt: { editable: false },
    },
  },
) {}

export const FIELD_MODELS = [Shelf, Colour, Sample, Offer, Permit];
