import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { p } from "../index.ts";
import { makeMigrations } from "../migrations/make-migrations.ts";
import { type ModelClass, model } from "../schema/model.ts";
import { Database } from "./database.ts";

const root = mkdtempSync(join(tmpdir(), "antiphon-names-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const id = () => p.integer().primary();
const text = () => p.string().length(20);
const models = (...all: unknown[]) => all as ModelClass[];
const Tag = model("Tag", { id: id() });
const tags = () => p.manyToMany(Tag);

const COLUMNS: readonly [title: string, models: ModelClass[], owners: string, names: string][] = [
  [
    "two columns by their letter case",
    models(model("Note", { id: id(), one: text().fieldName("x"), two: text().fieldName("X") })),
    "Note.one and Note.two have",
    '"x" and "X"',
  ],
  [
    "two fields by their letter case",
    models(model("Note", { id: id(), Title: text(), title: text() })),
    "Note.Title and Note.title have",
    '"title" and "title"',
  ],
  [
    "two fields that get one column",
    models(model("Note", { id: id(), createdAt: text(), created_at: text() })),
    "Note.createdAt and Note.created_at have",
    '"created_at" and "created_at"',
  ],
  [
    "a relation and a field",
    models(Tag, model("Note", { id: id(), tag: () => p.manyToOne(Tag), key: p.integer().fieldName("Tag_Id") })),
    "Note.tag and Note.key have",
    '"tag_id" and "Tag_Id"',
  ],
  [
    "the two columns of a many-to-many field",
    models(Tag, model("Note", { id: id(), tags: () => tags().joinColumn("Z").inverseJoinColumn("z") })),
    "Note.tags has",
    '"Z" and "z"',
  ],
];

const TABLES: readonly [title: string, models: ModelClass[], owners: string, names: string][] = [
  [
    "two tables by their letter case",
    models(model("One", { id: id() }, { tableName: "x" }), model("Two", { id: id() }, { tableName: "X" })),
    "One and Two",
    '"x" and "X"',
  ],
  [
    "two tables of one name",
    models(model("One", { id: id() }, { tableName: "x" }), model("Two", { id: id() }, { tableName: "x" })),
    "One and Two",
    '"x" and "x"',
  ],
  [
    "a table and that of a many-to-many field",
    models(Tag, model("Note", { id: id(), tags: () => tags().pivotTable("TAG") })),
    "Note.tags",
    '"TAG"',
  ],
];

describe("Names that databases take for the same are refused", () => {
  it.each([
    ...COLUMNS.map((one) => ["MODEL_COLUMN_TWICE", ...one] as const),
    ...TABLES.map((one) => ["MODEL_TABLE_TWICE", ...one] as const),
  ])("%s: %s", async (code, _, given, owners, names) => {
    const refusal = { code, message: expect.stringContaining(owners) };
    await expect(Database.open({ url: "sqlite::memory:", models: given })).rejects.toMatchObject(refusal);
    for (const dialect of ["sqlite", "postgres", "mysql"] as const) {
      const folder = mkdtempSync(join(root, "made-"));
      const made = makeMigrations({ models: given, folder, dialects: [dialect] });
      await expect(made).rejects.toMatchObject({ code, message: expect.stringContaining(names) });
    }
  });

  it("but not the column of a relation that a field without a column reads as well", async () => {
    const Note = model("Note", { id: id(), tag: () => p.manyToOne(Tag), tagId: p.integer().persist(false) });
    await using database = await Database.open({ url: "sqlite::memory:", models: models(Tag, Note) });
    await database.orm.schema.create();
  });
});
