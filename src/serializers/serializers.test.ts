import { afterAll, describe, expect, expectTypeOf, test } from "vitest";
import { Account, Author, Book, Genre, library, Vault } from "../../test/models/query-models.ts";
import { type OpenDatabase, opener, postgresServer, sqliteFiles } from "../../test/support/database-servers.ts";
import { entityManager, objects } from "../models/index.ts";
import { ModelSerializer, type RowOf } from "./index.ts";

const GenreSerializer = ModelSerializer(Genre, { fields: ["label"] });
const AuthorSerializer = ModelSerializer(Author, { fields: ["name"] });
const BookSerializer = ModelSerializer(Book, {
  fields: ["title", "price", "day", "at", "author", "genres"],
  readOnlyFields: ["price"],
});

const files = sqliteFiles();
afterAll(() => files.stop());
describe("Serializers on SQLite", () => serializers(files.open));

const server = await postgresServer();
if (typeof server === "string") {
  describe.skip("Serializers on PostgreSQL", () => test(`Nothing is tested: ${server}`));
} else {
  afterAll(() => server.stop());
  describe("Serializers on PostgreSQL", () => serializers(opener("postgres", () => server.createDatabase())));
}

function serializers(open: OpenDatabase): void {
  describe("reading", () => {
    const books = library(open);
    const statements = () => books.log.filter(({ sql }) => /^select/i.test(sql));

    test("rows 111, 113: one() and many() give rows of a query set, of plain rows and of objects, and refuse those of another model.", async () => {
      await books.run(async () => {
        const expected = { id: 1, title: "Alpha" };
        const serializer = ModelSerializer(Book, { fields: ["title"] });
        expect(await serializer.many(objects(Book).filter({ id: { in: [1, 2] } }))).toEqual([
          expected,
          { id: 2, title: "alphabet" },
        ]);
        expect(await serializer.one(await objects(Book).get(1))).toEqual(expected);
        const [entity] = await objects(Book).filter({ id: 1 }).entities();
        expect(await serializer.one(entity as Book)).toEqual(expected);
        const [author] = await objects(Author).filter({ id: 1 }).entities();
        const refused = { code: "SERIALIZER_ROW_INVALID", message: expect.stringContaining("Got a Author") };
        await expect(serializer.one(author as never)).rejects.toMatchObject(refused);
        await expect(serializer.many(objects(Author) as never)).rejects.toMatchObject({
          code: "SERIALIZER_ROW_INVALID",
        });
        await expect(serializer.many("Book" as never)).rejects.toMatchObject({ code: "SERIALIZER_ROW_INVALID" });
        entityManager().clear();
      });
    });

    test("row 112: without fields a row has every column that is not hidden; exclude leaves some out.", async () => {
      await books.run(async () => {
        const all = ModelSerializer(Author);
        expect(all.fields).toEqual(["id", "name", "email", "mentor"]);
        expect(ModelSerializer(Author, { exclude: ["email"] }).fields).toEqual(["id", "name", "mentor"]);
        expect(await all.many(objects(Author).filter({ id: 2 }))).toEqual([
          { id: 2, name: "bob", email: null, mentor: 1 },
        ]);
      });
    });

    test("row 114, W28: the key is in every row, also as id; names keep the declared order, and only they are selected.", async () => {
      await books.run(async () => {
        const [row] = await BookSerializer.many(objects(Book).filter({ id: 1 }));
        expect(Object.keys(row ?? {})).toEqual(["id", "title", "price", "day", "at", "author", "genres"]);
        const genre = await ModelSerializer(Genre, { fields: ["label"] }).many(objects(Genre).filter({ code: "sf" }));
        expect(genre).toEqual([{ id: "sf", code: "sf", label: "Science" }]);
        books.log.length = 0;
        await ModelSerializer(Book, { fields: ["title"] }).many(objects(Book));
        expect(statements()).toHaveLength(1);
        expect(statements()[0]?.sql).not.toMatch(/pages|rating|meta/);
      });
    });

    test("row 115, W29: decimals and big keys are texts, dates ISO texts in UTC, relations keys, lists of members lists of keys.", async () => {
      await books.run(async () => {
        const [row, second] = await BookSerializer.many(
          objects(Book)
            .filter({ id: { in: [1, 5] } })
            .orderBy("id"),
        );
        expect(row).toEqual({
          id: 1,
          title: "Alpha",
          price: "10.00",
          day: "2026-01-31",
          at: "2026-01-31T23:59:59.123Z",
          author: 1,
          genres: ["po", "sf"],
        });
        expect(second).toMatchObject({ price: null, day: null, at: null, author: null, genres: [] });
        expect(
          (await ModelSerializer(Account, { fields: ["name"] }).many(objects(Account).filter({ id: 7 })))[0],
        ).toEqual({
          id: "7",
          name: "small",
        });
      });
    });

    test("row 112: dateFormat writes dates and times in place of ISO texts.", async () => {
      await books.run(async () => {
        const serializer = ModelSerializer(Book, {
          fields: ["day", "at", "title"],
          dateFormat: (iso, { kind }) => (kind === "date" ? iso.replaceAll("-", "/") : iso.slice(0, 16)),
        });
        expect(await serializer.many(objects(Book).filter({ id: 1 }))).toEqual([
          { id: 1, day: "2026/01/31", at: "2026-01-31T23:59", title: "Alpha" },
        ]);
      });
    });

    test("row 117: rows of relations and members take one statement for each relation, and only their own fields.", async () => {
      await books.run(async () => {
        const serializer = ModelSerializer(Book, {
          fields: ["title", "author", "genres"],
          nested: { author: AuthorSerializer, genres: GenreSerializer },
        });
        const rows = await serializer.many(objects(Book).orderBy("id"));
        expect(rows[0]).toEqual({
          id: 1,
          title: "Alpha",
          author: { id: 1, name: "Ada" },
          genres: [
            { id: "po", code: "po", label: "Poems" },
            { id: "sf", code: "sf", label: "Science" },
          ],
        });
        expect(rows.at(-1)).toEqual({ id: 5, title: "Back\\slash 'quote'! ", author: null, genres: [] });
        expect(statements()).toHaveLength(3);
        expect(
          statements()
            .map(({ sql }) => sql)
            .join(),
        ).not.toMatch(/token|email/);
      });
    });

    test("Nested serializers may nest further, and rows without what is asked for are completed in one query.", async () => {
      await books.run(async () => {
        const Deep = ModelSerializer(Author, { fields: ["name", "mentor"], nested: { mentor: AuthorSerializer } });
        const serializer = ModelSerializer(Book, { fields: ["author"], nested: { author: Deep } });
        expect(await serializer.many(objects(Book).filter({ id: 3 }))).toEqual([
          { id: 3, author: { id: 2, name: "bob", mentor: { id: 1, name: "Ada" } } },
        ]);
        books.log.length = 0;
        const titles = ModelSerializer(Book, { fields: ["title"] });
        expect(await titles.many([{ id: 2 }, { id: 99 }, { id: 1, title: "as given" }])).toEqual([
          { id: 2, title: "alphabet" },
          { id: 1, title: "as given" },
        ]);
        expect(statements()).toHaveLength(1);
        await expect(titles.one({ id: 99 })).rejects.toMatchObject({ code: "QUERY_NOT_FOUND" });
        await expect(titles.one({})).rejects.toMatchObject({ code: "SERIALIZER_ROW_INVALID" });
      });
    });

    test("A computed value reads columns that are not in the row, and a scoped query set shows no more than it may.", async () => {
      await books.run(async () => {
        const serializer = ModelSerializer(Book, {
          fields: ["title"],
          reads: ["pages"],
          computed: { isLong: (row) => (row.pages ?? 0) > 150 },
        });
        expectTypeOf<RowOf<typeof serializer>["isLong"]>().toEqualTypeOf<boolean>();
        expect(await serializer.many(objects(Book).filter({ id: { in: [1, 2] } }))).toEqual([
          { id: 1, title: "Alpha", isLong: false },
          { id: 2, title: "alphabet", isLong: true },
        ]);
        const narrowed = objects(Book).allowFields(["id", "title"]);
        await expect(serializer.many(narrowed)).rejects.toMatchObject({ code: "QUERY_FIELD_UNKNOWN" });
      });
    });
  });

  describe("writing", () => {
    const books = library(open, { fresh: true });

    test("row 116: fields that the framework sets and readOnlyFields are not writable; the others keep their order.", () => {
      expect(BookSerializer.writableFields).toEqual(["title", "day", "at", "author", "genres"]);
      expect(BookSerializer.readOnlyFields).toEqual(["id", "price"]);
      const all = ModelSerializer(Account);
      expect(all.writableFields).toEqual(["name", "balance"]);
      expect(all.readOnlyFields).toEqual(["id", "version", "touchedAt"]);
    });

    test("parse() gives clean values and errors by field, and passes over what is not writable (SEC-10).", async () => {
      await books.run(async () => {
        const wrong = await BookSerializer.parse({ title: "", day: "31.1.2026", author: 99, price: "1.00" });
        expect(Object.keys(wrong.errors).toSorted()).toEqual(["author", "day", "title"]);
        const sent = { title: "New", price: "999.00", id: 1, pages: 5, genres: ["sf"], author: "2", status: "printed" };
        const { values, errors } = await BookSerializer.parse(sent);
        expect(errors).toEqual({});
        expect(values).toEqual({ title: "New", author: 2, genres: ["sf"] });
        const [row] = await objects(Book).filter({ id: 1 }).rows();
        const change = await BookSerializer.parse({ title: "Other" }, { instance: row as object, partial: true });
        expect(change).toEqual({ values: { title: "Other" }, errors: {} });
      });
    });

    test("What data does not name is taken from the instance, for every kind, and written back unchanged.", async () => {
      await books.run(async () => {
        const serializer = ModelSerializer(Book, { fields: ["title", "printed", "genres", "author"] });
        await objects(Book)
          .filter({ id: 1 })
          .update({ printed: true, genres: ["sf"] });
        const before = await objects(Book).related("genres").get(1);
        for (const instance of [before, await objects(Book).get(1)]) {
          const { values, errors } = await serializer.parse({ title: "Other" }, { instance });
          expect({ values, errors }).toEqual({ values: { title: "Other" }, errors: {} });
          await objects(Book).filter({ id: 1 }).update(values);
        }
        expect(await objects(Book).related("genres").get(1)).toEqual({ ...before, title: "Other" });
        const emptied = await serializer.parse({ printed: false, genres: [] }, { instance: before });
        expect(emptied).toEqual({ values: { printed: false, genres: [] }, errors: {} });
        expect(await serializer.parse({ title: "" }, { instance: before })).toMatchObject({
          errors: { title: [expect.any(String)] },
        });
      });
    });

    test("A computed value that is a promise is an error that names it, whether it is kept or not.", async () => {
      await books.run(async () => {
        for (const late of [async () => 1, () => Promise.reject(new Error("late"))]) {
          const serializer = ModelSerializer(Book, { fields: ["title"], computed: { late } });
          await expect(serializer.many(objects(Book).limit(1))).rejects.toMatchObject({
            code: "SERIALIZER_COMPUTED_ASYNC",
            message: expect.stringContaining("computed.late"),
          });
        }
      });
    });

    test("row 119: an unknown, hidden or doubled name is an error that lists the valid ones.", () => {
      expect(() => ModelSerializer(Book, { fields: ["titel" as "title"] })).toThrow(
        /names "titel".*Did you mean "title"\? Expected one of: id, title, pages, /,
      );
      expect(() => ModelSerializer(Author, { fields: ["token" as "name"] })).toThrow(/"token"/);
      expect(() => ModelSerializer(Book, { fields: ["author_id" as "author"] })).toThrow(/"author_id"/);
      expect(() => ModelSerializer(Book, { exclude: ["nothing" as "title"] })).toThrow(/exclude/);
      for (const options of [
        { fields: [] },
        { field: ["title"] },
        { fields: ["title"], nested: { author: AuthorSerializer } },
        { fields: ["author"], nested: { author: GenreSerializer } },
        { fields: ["title"], computed: { title: () => 1 } },
      ]) {
        expect(() => ModelSerializer(Book, options as never)).toThrow(
          expect.objectContaining({ code: "SERIALIZER_OPTION_INVALID" }),
        );
      }
      expect(ModelSerializer(Vault, { fields: ["amount"] }).fields).toEqual(["id", "amount"]);
    });
  });
}
