import { p } from "@mikro-orm/core";
import { model } from "./model.ts";
import { email } from "./validators.ts";

/** Models of the tests beside the sources; each column is there for a rule. */
export class Owner extends model(
  "Owner",
  {
    id: p.integer().primary(),
    name: p.string().length(20).unique(),
    mail: p.string().nullable(),
    secret: p.string().default("").hidden(),
  },
  { fields: { mail: { validators: [email()] } } },
) {}

export class Label extends model("Label", {
  id: p
    .uuid()
    .primary()
    .onCreate(() => crypto.randomUUID()),
  name: p.string(),
}) {}

export class Thing extends model(
  "Thing",
  {
    id: p.integer().primary(),
    title: p.string().length(10),
    nick: p.string().nullable(),
    note: p.text().default("none"),
    login: p.string().trim().lowercase(),
    count: p.integer(),
    tiny: p.tinyint(),
    small: p.smallint(),
    medium: p.mediumint(),
    positive: p.integer().unsigned(),
    big: p.bigint(),
    ratio: p.float().nullable(),
    price: p.decimal().precision(6).scale(2),
    exact: p.decimal().precision(30).scale(4).nullable(),
    round: p.decimal(),
    active: p.boolean(),
    on: p.boolean().default(true),
    day: p.date(),
    moment: p.datetime(),
    hour: p.time(),
    code: p.uuid(),
    meta: p.json<{ a?: number }>(),
    extra: p.json<string[]>().default('["x"]'),
    state: p.enum(["new", "", "old"]).default("new"),
    level: p.enum([1, 2, 3]),
    named: p.enum(() => ({ First: "1st", Second: "2nd" }) as const).name("naming"),
    file: p.blob().length(4).nullable(),
    createdAt: p.datetime().onCreate(() => new Date()),
    updatedAt: p.datetime().onUpdate(() => new Date()),
    stamp: p.datetime().defaultRaw("now()"),
    version: p.integer().version(),
    computed: p.integer().formula("1"),
    memory: p.string().persist(false),
    owner: () => p.manyToOne(Owner),
    partner: () => p.oneToOne(Owner).nullable(),
    parent: () => p.manyToOne(Thing).nullable(),
    children: () => p.oneToMany(Thing).mappedBy("parent"),
    labels: () => p.manyToMany(Label),
  },
  {
    fields: {
      title: {
        label: "Heading",
        helpText: "Short.",
        validators: [(value) => (value === "bad" ? "Not bad." : undefined)],
      },
      state: { choices: { new: "Brand new" } },
      note: { blank: false, editable: false, widget: "markdown" },
      createdAt: { editable: true },
    },
  },
) {}

export class Country extends model("Country", { code: p.string().length(2).primary(), name: p.string() }) {}

export class Passport extends model("Passport", {
  country: () => p.oneToOne(Country).primary(),
  number: p.string().unique("by_number"),
  issuer: p.string().unique("by_number"),
}) {}
