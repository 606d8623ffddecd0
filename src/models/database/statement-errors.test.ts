import { expect, test } from "vitest";
import { model, p } from "../index.ts";
import { Database } from "./database.ts";

class Book extends model("Book", { id: p.integer().primary(), pageCount: p.integer() }) {}

test("a column of no model is named, and migrating is advised for a column of a model alone", async () => {
  await using database = await Database.open({ url: "sqlite::memory:", models: [Book] });
  await database.execute("create table book (id integer primary key)");
  for (const sql of ["select pages from book", "select b.pages from book b", "insert into book (pages) values (1)"]) {
    await expect(database.execute(sql)).rejects.toMatchObject({
      code: "DATABASE_COLUMN_UNKNOWN",
      message: expect.stringContaining('the column "pages", which no model has'),
    });
  }
  await expect(database.execute("select page_count from book")).rejects.toMatchObject({
    code: "DATABASE_TABLE_MISSING",
    message: expect.stringContaining("antiphon migrate"),
  });
  await expect(database.execute("select 1 from shelf")).rejects.toMatchObject({ code: "DATABASE_TABLE_MISSING" });
});

test("placeholders of another database, and too few of them, are refused with the way to write them", async () => {
  await using database = await Database.open({ url: "sqlite::memory:", models: [] });
  for (const [sql, values] of [
    ["select $1", [1]],
    ["select ?, ?", [1]],
  ] as const) {
    await expect(database.execute(sql, values)).rejects.toMatchObject({
      code: "DATABASE_PLACEHOLDERS_INVALID",
      message: expect.stringContaining("database.placeholder(0)"),
    });
  }
});
