import { type Instance, model, p } from "../../src/models/index.ts";

/** Somebody who owns notes. */
export class User extends model(
  "User",
  {
    id: p.integer().primary(),
    username: p.string().length(50).unique(),
    email: p.string().length(200).nullable(),
    password: p.string().length(200).default("").hidden(),
    active: p.boolean().default(true),
    group: () => p.manyToOne(Group).nullable().deleteRule("set null"),
  },
  { ordering: ["username"], fields: { email: { label: "e-mail" } } },
) {}

export class Group extends model("Group", {
  id: p.integer().primary(),
  name: p.string().length(50).unique(),
}) {}

export class Tag extends model(
  "Tag",
  { id: p.integer().primary(), name: p.string().length(50).unique() },
  { ordering: ["name"] },
) {}

/** A model with every kind of field. */
export class Note extends model(
  "Note",
  {
    id: p.integer().primary(),
    title: p.string().length(200),
    content: p.text().default(""),
    status: p.enum(["draft", "published", "archived"] as const).default("draft"),
    quantity: p.integer().default(0),
    big: p.bigint().nullable(),
    ratio: p.double().nullable(),
    price: p.decimal().precision(10).scale(2).nullable(),
    pinned: p.boolean().default(false),
    due: p.date().nullable(),
    at: p.time().nullable(),
    createdAt: p.datetime().onCreate(() => new Date()),
    updatedAt: p
      .datetime()
      .nullable()
      .onUpdate(() => new Date()),
    uuid: p.uuid().onCreate(() => crypto.randomUUID()),
    meta: p.json<{ color?: string; sizes?: number[] }>().nullable(),
    data: p.blob().nullable(),
    user: () => p.manyToOne(User).deleteRule("cascade"),
    reviewer: () => p.manyToOne(User).nullable().deleteRule("set null"),
    tags: () => p.manyToMany(Tag),
  },
  { ordering: ["-id"], uniqueTogether: [["user", "title"]], verboseName: "note", verboseNamePlural: "notes" },
) {}

/** A tree. */
export class Node extends model("Node", {
  id: p.integer().primary(),
  name: p.string().length(50),
  parent: () => p.manyToOne(Node).nullable().deleteRule("cascade"),
}) {}

/** A tree whose parents can't be deleted while they have children. */
export class Branch extends model("Branch", {
  id: p.integer().primary(),
  name: p.string().length(50),
  parent: () => p.manyToOne(Branch).nullable().deleteRule("restrict"),
}) {}

/** A row that is locked by its version. */
export class Versioned extends model("Versioned", {
  id: p.integer().primary(),
  name: p.string().length(50),
  version: p.integer().version(),
}) {}

/** A row whose key is no number, with a rule of its own, and a parent that can't be deleted while it is there. */
export class Invoice extends model("Invoice", {
  id: p
    .uuid()
    .primary()
    .onCreate(() => crypto.randomUUID()),
  amount: p.integer().check("amount >= 0"),
  group: () => p.manyToOne(Group).deleteRule("restrict"),
}) {}

export type NoteRow = Instance<typeof Note>;

export const MODELS = [User, Group, Tag, Note, Node, Versioned, Invoice];
