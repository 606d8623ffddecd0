import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type ModelClass, model, p } from "../../src/models/index.ts";
import type { GivenAnswers } from "../../src/models/migrations/answers.ts";
import { makeMigrations } from "../../src/models/migrations/make-migrations.ts";

const root = mkdtempSync(join(tmpdir(), "antiphon-answers-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const dialects = ["sqlite", "postgres", "mysql"] as const;
const id = () => p.integer().primary();
const models = (...all: unknown[]) => all as ModelClass[];

/** The migrations of all dialects from some models to others. */
async function made(before: ModelClass[], after: ModelClass[], answers: GivenAnswers) {
  const folder = mkdtempSync(join(root, "app-"));
  await makeMigrations({ models: before, folder, dialects });
  const all = await makeMigrations({ models: after, folder, dialects, answers });
  expect(await makeMigrations({ models: after, folder, dialects })).toEqual([]);
  return all;
}

/** Somebody who says yes to some questions, and what was asked. */
function person(...yes: string[]) {
  const asked: string[] = [];
  const confirm = async (question: string) => {
    asked.push(question);
    return yes.includes(question);
  };
  const text = async (question: string) => {
    asked.push(question);
    return "false";
  };
  return { asked, ask: { confirm, text } };
}

type States = readonly [old: () => ModelClass[], next: () => ModelClass[], removed: string, added: string];

/** Two models with the properties that they have. */
function two(book: (other: () => unknown) => object, author: (other: () => unknown) => object = () => ({})) {
  const Book: unknown = model("Book", { id: id(), ...book(() => Author) });
  const Author: unknown = model("Author", { id: id(), ...author(() => Book) });
  return models(Book, Author);
}

const one = (to: () => unknown) => () => p.manyToOne(to() as never).nullable();
const single = (to: () => unknown) => () => p.oneToOne(to() as never).nullable();
const many = (to: () => unknown) => () => p.manyToMany(to() as never);

/** What another shape of relation, or another side, takes the place of; nothing but a copy would keep the values. */
const REPLACED: { readonly [title: string]: States } = {
  "to-one to many-to-many": [
    () => two((to) => ({ author: one(to) })),
    () => two((to) => ({ author: many(to) })),
    "Book.author",
    "Book.author",
  ],
  "to-one to many-to-many under another name": [
    () => two((to) => ({ author: one(to) })),
    () => two((to) => ({ authors: many(to) })),
    "Book.author",
    "Book.authors",
  ],
  "many-to-many to to-one": [
    () => two((to) => ({ author: many(to) })),
    () => two((to) => ({ author: one(to) })),
    "Book.author",
    "Book.author",
  ],
  "to-one without a foreign key to many-to-many": [
    () =>
      two((to) => ({
        author: () =>
          p
            .manyToOne(to() as never)
            .nullable()
            .createForeignKeyConstraint(false),
      })),
    () => two((to) => ({ authors: many(to) })),
    "Book.author",
    "Book.authors",
  ],
  "many-to-many declared by the other model alone": [
    () => two((to) => ({ authors: many(to) })),
    () =>
      two(
        () => ({}),
        (to) => ({ books: many(to) }),
      ),
    "Book.authors",
    "Author.books",
  ],
  "the owner of a one-to-one": [
    () =>
      two(
        (to) => ({ author: single(to) }),
        (to) => ({
          book: () =>
            p
              .oneToOne(to() as never)
              .mappedBy("author" as never)
              .nullable(),
        }),
      ),
    () =>
      two(
        (to) => ({
          author: () =>
            p
              .oneToOne(to() as never)
              .mappedBy("book" as never)
              .nullable(),
        }),
        (to) => ({ book: single(to) }),
      ),
    "Book.author",
    "Author.book",
  ],
  "one-to-many to the other side": [
    () =>
      two(
        (to) => ({ author: one(to) }),
        (to) => ({ books: () => p.oneToMany(to() as never).mappedBy("author" as never) }),
      ),
    () =>
      two(
        (to) => ({ authors: () => p.oneToMany(to() as never).mappedBy("book" as never) }),
        (to) => ({ book: one(to) }),
      ),
    "Book.author",
    "Author.book",
  ],
  "many-to-many to a model between": [() => two((to) => ({ authors: many(to) })), between, "Book.authors", "Credit"],
  "a model between to many-to-many": [between, () => two((to) => ({ authors: many(to) })), "Credit", "Book.authors"],
  "a text to many-to-many": [
    () => two(() => ({ author: p.text() })),
    () => two((to) => ({ author: many(to) })),
    "Book.author",
    "Book.author",
  ],
};

function between(): ModelClass[] {
  const [Book, Author] = two(() => ({}));
  return models(Book, Author, model("Credit", { id: id(), book: one(() => Book), author: one(() => Author) }));
}

describe("An answer about a rename", () => {
  it("is asked for once and holds on every dialect, whatever the types of the columns are there", async () => {
    const before = model("Note", { id: id(), title: p.string().length(200), price: p.integer() });
    const after = model("Note", { id: id(), heading: p.string().length(255), pinned: p.boolean(), price: p.integer() });
    const { asked, ask } = person("Was Note.title renamed to heading?");
    const all = await made(models(before), models(after), { ask });
    expect(asked).toEqual([
      "Was Note.title renamed to heading?",
      "Note.pinned is new, may not be empty and has no default. Value for the rows that are there:",
    ]);
    expect(all.map(({ dialect }) => dialect)).toEqual(dialects);
    for (const { changes, up } of all) {
      expect(changes).toContain("Rename Note.title to heading");
      expect(up.join("\n")).not.toMatch(/drop column/);
    }
  });

  it("is asked for each that went with each that came, the likeliest first, until one is the one", async () => {
    const before = model("Note", { id: id(), rank: p.integer(), title: p.text(), body: p.text() });
    const after = model("Note", { id: id(), heading: p.text().default(""), place: p.integer().default(0) });
    const { asked, ask } = person("Was Note.title renamed to heading?");
    const [sqlite] = await made(models(before), models(after), { ask });
    expect(asked).toEqual([
      "Was Note.rank renamed to place?",
      "Was Note.rank (number) renamed to heading (text)?",
      "Was Note.title renamed to heading?",
      "Was Note.body (text) renamed to place (number)?",
    ]);
    expect(sqlite?.changes).toEqual([
      "Rename Note.title to heading",
      "Add Note.place",
      "Remove Note.rank with its values",
      "Remove Note.body with its values",
      "Change Note.heading (default)",
    ]);
  });

  it("is asked for models and many-to-many fields whatever they hold", async () => {
    const [Tag, Label] = [model("Tag", { id: id() }), model("Label", { id: id() })];
    const Book = model("Book", { id: id(), title: p.text(), tags: () => p.manyToMany(Tag) });
    const Novel = model("Novel", { id: id(), labels: () => p.manyToMany(Label) });
    const { asked, ask } = person(
      "Was the model Book renamed to Novel?",
      "Was Novel.tags (Tag) renamed to labels (Label)?",
    );
    const all = await made(models(Book, Tag, Label), models(Novel, Tag, Label), { ask });
    expect(asked).toEqual(["Was the model Book renamed to Novel?", "Was Novel.tags (Tag) renamed to labels (Label)?"]);
    for (const { changes } of all) expect(changes.filter((text) => /many-to-many/.test(text))).toEqual([]);
  });

  it("is taken from --drop, also where nothing came that could be the same", async () => {
    const before = model("Note", { id: id(), title: p.text(), body: p.text() });
    const [Kept, Other] = [model("Note", { id: id(), heading: p.text().default("") }), model("Other", { id: id() })];
    const drops = ["Note.title", "Note.body", "Other"];
    const all = await made(models(before, Other), models(Kept), { drops });
    expect(all[0]?.changes).toHaveLength(4);
    await expect(
      made(models(before), models(Kept), { drops: [...drops.slice(0, 2), "Nothing"] }),
    ).rejects.toMatchObject({
      code: "MIGRATION_ANSWER_UNUSED",
    });
  });

  it.each(Object.entries(REPLACED))("is needed before relations lose their values: %s", async (_, states) => {
    const [old, next, removed, added] = states;
    const text = `${removed} is removed and ${added} is added, which can't hold the same values`;
    await expect(made(old(), next(), {})).rejects.toMatchObject({
      code: "MIGRATION_ANSWERS_MISSING",
      details: [expect.stringMatching(new RegExp(`^${text}: --drop ${removed} deletes them; `))],
    });
    const question = `${text}. Delete the values of ${removed}?`;
    await expect(made(old(), next(), { ask: person().ask })).rejects.toMatchObject({
      code: "MIGRATION_ANSWERS_MISSING",
    });
    const { asked, ask } = person(question);
    for (const all of [await made(old(), next(), { ask }), await made(old(), next(), { drops: [removed] })]) {
      expect(all.map(({ dialect }) => dialect)).toEqual(dialects);
      for (const { changes } of all) expect(changes.join("\n")).toContain("Remove ");
    }
    expect(asked).toEqual([question]);
  });

  it("is not needed where a model or a field gets another name in code alone, and does no harm there", async () => {
    const Tag = model("Tag", { id: id() });
    const tags = () => p.manyToMany(Tag);
    const Book = model("Book", { id: id(), title: p.text(), tags }, { tableName: "books" });
    const Novel = model("Novel", { id: id(), heading: p.text().fieldName("title"), tags }, { tableName: "books" });
    for (const renames of [[], ["Book:Novel", "Novel.title:heading"]]) {
      const all = await made(models(Book, Tag), models(Novel, Tag), { renames });
      expect(all.map(({ dialect }) => dialect)).toEqual(dialects);
      for (const { changes, up } of all) {
        expect(changes.slice(0, 1)).toEqual(["Rename Book to Novel (table books)"]);
        expect(changes).toContain("Rename Novel.title to heading (column title)");
        expect(up.join("\n")).not.toMatch(/drop table|drop column|create table/);
      }
    }
  });
});
