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

  it("is not needed where a model or a field gets another name in code alone, and does no harm there", async () => {
    const Tag = model("Tag", { id: id() });
    const tags = () => p.manyToMany(Tag);
    const Book = model("Book", { id: id(), title: p.text(), tags }, { tableName: "books" });
    const Novel = model("Novel", { id: id(), heading: p.text().fieldName("title"), tags }, { tableName: "books" });
    for (const renames of [[], ["Book:Novel", "Novel.title:heading"]]) {
      const all = await made(models(Book, Tag), models(Novel, Tag), { renames });
      for (const { up } of all) expect(up.join("\n")).not.toMatch(/drop table|drop column|create table/);
    }
  });
});
