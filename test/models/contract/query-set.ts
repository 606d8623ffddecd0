import { describe, expect, test } from "vitest";
import { type OrderPath, objects } from "../../../src/models/index.ts";
import type { OpenDatabase } from "../../support/database-servers.ts";
import { Account, Author, Book, library } from "../query-models.ts";

/** Order, parts of lists, and single rows. */
export function querySet(open: OpenDatabase): void {
  describe("query set", () => {
    const books = library(open);
    const order = (...paths: OrderPath<typeof Book>[]) =>
      books.run(() =>
        objects(Book)
          .orderBy(...paths)
          .pluck("id"),
      );

    test("Every call gives a new one, and none changes the one before.", async () => {
      await books.run(async () => {
        const all = objects(Book);
        const some = all.filter({ pages: 200 });
        const limited = some.orderBy("-id").limit(1).offset(1);
        expect(await all.count()).toBe(5);
        expect(await some.count()).toBe(2);
        expect(await limited.pluck("id")).toEqual([2]);
        expect(await some.filter({ author: 1 }).count()).toBe(1);
        expect(await some.count()).toBe(2);
      });
    });

    test("Rows are sorted by fields, empty ones first and last when it descends, and by the key at last.", async () => {
      expect(await order("pages")).toEqual([3, 5, 1, 2, 4]);
      expect(await order("-pages")).toEqual([4, 2, 1, 5, 3]);
      expect(await order("-pages", "id")).toEqual([2, 4, 1, 5, 3]);
      expect(await order("-price", "pages", "id")).toEqual([1, 4, 2, 3, 5]);
      expect(await order("printed", "-id")).toEqual([4, 3, 2, 5, 1]);
      expect(await order("author.mentor.id", "-id")).toEqual([5, 2, 1, 3, 4]);
      expect(await order("-author.email", "-id")).toHaveLength(5);
      expect(await books.run(() => objects(Book).orderBy("id").reverse().pluck("id"))).toEqual([5, 4, 3, 2, 1]);
    });

    test("A model's own order is used where none is asked for.", async () => {
      const asked = await books.run(() => objects(Author).orderBy("name").pluck("id"));
      expect(await books.run(() => objects(Author).pluck("id"))).toEqual(asked);
    });

    test.each<[string, OrderPath<typeof Book>[]]>([
      ["the key", ["id"]],
      ["the key, descending", ["-id"]],
      ["a field with empty values and ties", ["pages"]],
      ["the same, descending", ["-pages"]],
      ["two fields in two directions", ["-price", "pages"]],
      ["text", ["title"]],
      ["text, descending", ["-title"]],
      ["a moment", ["at"]],
      ["a moment, descending", ["-at", "-rating"]],
      ["a float", ["rating", "id"]],
      ["a boolean", ["-printed"]],
      ["a date", ["-day"]],
      ["a field of a related row", ["author.name"]],
      ["the same, descending", ["-author.name", "title"]],
      ["a related key", ["-author"]],
      ["a field behind two relations", ["author.mentor.email", "-status"]],
    ])("Pages by %s hold every row once, in order.", async (_, paths) => {
      await books.run(async () => {
        const list = objects(Book).orderBy(...paths);
        const all = await list.rows();
        for (const size of [1, 2, 3]) {
          const found: unknown[] = [];
          let cursor: string | null = null;
          let rounds = 0;
          do {
            const page: { rows: unknown[]; next: string | null } = await list.after(cursor).page(size);
            found.push(...page.rows);
            cursor = page.next;
          } while (cursor !== null && ++rounds < 10);
          expect(found).toEqual(all);
        }
        const { next } = await list.page(2);
        expect(await list.after(next).count()).toBe(3);
      });
    });

    test("A page of a list of 64-bit keys goes on where it ended.", async () => {
      await books.run(async () => {
        const { rows, next } = await objects(Account).orderBy("id").page(1, ["name"]);
        expect(rows).toEqual([{ name: "small" }]);
        expect(await objects(Account).orderBy("id").after(next).page(1, ["name"])).toEqual({
          rows: [{ name: "large" }],
          next: null,
        });
      });
    });

    test("A cursor that was changed, or made for another order, is refused or stays within the rows.", async () => {
      await books.run(async () => {
        const list = objects(Book).filter({ author: 1 }).orderBy("title");
        const { next } = await list.page(1);
        const forge = (parts: unknown) => Buffer.from(JSON.stringify(parts)).toString("base64url");
        expect(await list.after(forge(["title,id", "", 0])).pluck("id")).toHaveLength(2);
        const wrong = [
          forge(["title,id", { $gt: "" }, 0]),
          forge(["title,id", ["a"], 0]),
          forge(["title,id", null, 0]),
          forge(["title,id", "a"]),
          forge(["title,id", "a", "1 or 1=1"]),
          forge(["id", 1]),
          forge({ 0: "title,id" }),
          "no cursor!",
          "a".repeat(10_000),
          `${next}x`,
        ];
        books.log.length = 0;
        for (const cursor of wrong) {
          await expect(list.after(cursor).rows(), cursor).rejects.toMatchObject({
            code: "QUERY_CURSOR_INVALID",
            status: 400,
            expose: true,
          });
        }
        for (const cursor of [{ $gt: 0 }, ["a"], 5]) {
          await expect(list.after(cursor as never).rows()).rejects.toMatchObject({ code: "QUERY_CURSOR_INVALID" });
        }
        await expect(objects(Book).orderBy("-title").after(next).rows()).rejects.toMatchObject({
          code: "QUERY_CURSOR_INVALID",
        });
        expect(books.log).toEqual([]);
      });
    });

    test("get() finds a row by its key among the rows, or says that there is none.", async () => {
      await books.run(async () => {
        expect(await objects(Book).get(1, ["title"])).toEqual({ title: "Alpha" });
        expect(await objects(Book).get("1", ["id"])).toEqual({ id: 1 });
        expect(await objects(Account).get("9007199254740993", ["name"])).toEqual({ name: "large" });
        const missing = { code: "QUERY_NOT_FOUND", status: 404, expose: true };
        await expect(objects(Book).get(99)).rejects.toMatchObject(missing);
        await expect(objects(Book).filter({ author: 2 }).get(1)).rejects.toMatchObject(missing);
        expect(await objects(Book).filter({ author: 1 }).get(1, ["id"])).toEqual({ id: 1 });
      });
    });

    test("first, count and exists tell of the rows.", async () => {
      await books.run(async () => {
        const list = objects(Book)
          .filter({ pages: { gte: 100 } })
          .orderBy("-id");
        expect(await list.first(["id"])).toEqual({ id: 4 });
        expect(await list.filter({ pages: 7 }).first()).toBeUndefined();
        expect([
          await list.count(),
          await list.limit(2).count(),
          await list.offset(2).count(),
          await list.offset(1).limit(1).count(),
        ]).toEqual([3, 2, 1, 1]);
        expect([await list.exists(), await list.filter({ pages: 7 }).exists(), await list.limit(0).exists()]).toEqual([
          true,
          false,
          false,
        ]);
        expect(await list.offset(1).pluck("id")).toEqual([2, 1]);
        expect(await list.limit(0).rows()).toEqual([]);
      });
    });

    test("entities() gives objects of the unit of work, in order.", async () => {
      await books.run(async () => {
        const found = await objects(Author).orderBy("-id").entities();
        expect(found.map((author) => [author instanceof Author, author.shout])).toEqual([
          [true, "ÉMILE"],
          [true, "BOB"],
          [true, "ADA"],
        ]);
      });
    });
  });
}
