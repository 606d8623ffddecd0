import { describe, expect, test } from "vitest";
import { markUntrusted, objects, scalar } from "../../../src/models/index.ts";
import type { OpenDatabase } from "../../support/database-servers.ts";
import { Account, Author, Book, library } from "../query-models.ts";

const OBJECTS: readonly unknown[] = [
  { $gt: 0 },
  { $gt: "" },
  { $ne: null },
  { gt: 0 },
  { in: [1] },
  { $raw: "1=1" },
  {},
  [],
  [1],
  [[1, 2]],
  JSON.parse('{"__proto__":{"$gt":0}}'),
  JSON.parse('{"constructor":{"prototype":{}}}'),
  Object.create(null),
  { toString: () => "1" },
  { valueOf: () => 1 },
  new Map([["a", 1]]),
  () => 1,
  Symbol("1"),
];
const NAMES: readonly unknown[] = [
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "prototype",
  "",
  ".",
  "id.",
  "nope",
  "author.nope",
  "author.__proto__",
  "title.length",
  "a'\"; --",
  "id; drop table book",
  "title desc",
  "--id",
  "1",
  "id".repeat(500),
  "books",
  { $gt: 0 },
  ["id"],
  null,
  undefined,
  1,
];

/** What a browser sends in place of a value or a name never reaches the database. */
export function injection(open: OpenDatabase): void {
  describe("raw values and names", () => {
    const books = library(open);
    const refused = async (work: () => unknown, what: unknown) => {
      const error = await books.run(async () => {
        try {
          await work();
          return undefined;
        } catch (thrown) {
          return thrown;
        }
      });
      expect(
        error,
        `${String(work)} with ${typeof what === "object" ? JSON.stringify(what) : String(what)}`,
      ).toMatchObject({
        code: expect.stringMatching(/^QUERY_/),
        status: 400,
        expose: true,
      });
    };

    test("Objects, lists and functions are refused as a key.", async () => {
      for (const raw of [...OBJECTS, null, undefined, true, "", "1 or 1=1", "01", Number.NaN, 1.5, "9".repeat(400)]) {
        await refused(() => objects(Book).get(raw as never), raw);
        await refused(() => objects(Account).get(raw as never), raw);
      }
      expect(books.log).toEqual([]);
    });

    test("They are refused as the value of where() and scalar().", async () => {
      for (const raw of OBJECTS) {
        for (const path of [
          "id",
          "title",
          "pages",
          "price",
          "printed",
          "day",
          "at",
          "status",
          "author",
          "author.name",
          "genres",
          "meta",
        ]) {
          await refused(() => objects(Book).where(path, raw).rows(), raw);
          await refused(() => objects(Book).where(path, "ne", raw).rows(), raw);
          if (!path.includes(".")) await refused(() => scalar(raw, Book, path), raw);
        }
        await refused(() => objects(Book).where("title", "icontains", raw).rows(), raw);
        if (!Array.isArray(raw) || raw.length > 1 || Array.isArray(raw[0]))
          await refused(() => objects(Book).where("pages", "in", raw).rows(), raw);
        await refused(() => objects(Book).where("pages", "in", [raw]).rows(), raw);
        await refused(() => objects(Book).where("pages", "between", [0, raw]).rows(), raw);
        await refused(
          () =>
            objects(Book)
              .where("pages", raw as never, 1)
              .rows(),
          raw,
        );
        await refused(
          () =>
            objects(Book)
              .search(raw as never, ["title"])
              .rows(),
          raw,
        );
      }
      expect(books.log).toEqual([]);
    });

    test("Marked as from outside, objects are refused in filter() at every place.", async () => {
      const body = (text: string) => markUntrusted(JSON.parse(text) as { [name: string]: never });
      await refused(
        () =>
          objects(Book)
            .filter({ title: body('{"v":{"$gt":""}}')["v"] })
            .rows(),
        "value",
      );
      await refused(
        () =>
          objects(Book)
            .filter({ author: body('{"v":{"token":{"startsWith":"s"}}}')["v"] })
            .rows(),
        "related",
      );
      await refused(() => objects(Book).filter(body('{"author":{"id":1}}')).rows(), "whole");
      await refused(
        () =>
          objects(Book)
            .filter({ $or: body('{"v":[{"id":1}]}')["v"] })
            .rows(),
        "$or",
      );
      await refused(
        () =>
          objects(Book)
            .filter({ $not: body('{"v":{"id":1}}')["v"] })
            .rows(),
        "$not",
      );
      await refused(
        () =>
          objects(Book)
            .exclude({ genres: body('{"v":{"isNull":true}}')["v"] })
            .rows(),
        "exclude",
      );
      expect(books.log).toEqual([]);
      const { list } = body('{"list":[1,2]}');
      expect(
        await books.run(() =>
          objects(Book)
            .filter({ id: { in: list } })
            .count(),
        ),
      ).toBe(2);
    });

    test("SEC-12: what was stored as JSON is still from outside when it is read, however it is read.", async () => {
      const sent = { a: 1, list: ["x"], where: { startsWith: "A" }, deep: [[{ in: [1] }]] };
      await books.run(() =>
        objects(Book)
          .filter({ id: 1 })
          .update({ meta: sent as never }),
      );
      const read = (work: () => Promise<unknown>) => books.run(work) as Promise<{ readonly meta: typeof sent }>;
      const ways: { readonly [way: string]: () => Promise<unknown> } = {
        rows: async () => (await objects(Book).filter({ id: 1 }).rows())[0],
        get: () => objects(Book).get(1),
        first: () => objects(Book).filter({ id: 1 }).first(),
        pluck: async () => ({ meta: (await objects(Book).filter({ id: 1 }).pluck("meta"))[0] }),
        entities: async () => (await objects(Book).filter({ id: 1 }).entities())[0],
      };
      for (const [way, work] of Object.entries(ways)) {
        const { meta } = await read(work);
        expect(meta, way).toEqual(sent);
        const before = books.log.length;
        for (const value of [meta, meta.where, meta.deep[0]?.[0]]) {
          await refused(
            () =>
              objects(Book)
                .filter({ title: value as never })
                .rows(),
            way,
          );
        }
        await refused(
          () =>
            objects(Book)
              .filter(meta as never)
              .rows(),
          way,
        );
        expect(books.log.length, way).toBe(before);
      }
    });

    test("An operand is a scalar of the field's kind, whoever wrote the condition.", async () => {
      const wrong: unknown[] = [
        { title: { $gt: 0 } },
        { title: { $gt: { $gt: "" } } },
        { title: { icontains: { a: 1 } } },
        { title: ["Alpha"] },
        { title: {} },
        { title: undefined },
        { title: "a\0b" },
        { title: "x".repeat(100_000) },
        { title: { regexp: ".*" } },
        { title: { $like: "%" } },
        { title: { __proto__: null, $gt: "" } },
        { pages: "100" },
        { pages: 1.5 },
        { pages: Number.NaN },
        { pages: 2 ** 40 },
        { pages: { contains: "1" } },
        { pages: { in: 5 } },
        { pages: { in: [[1]] } },
        { pages: { in: [{ $gt: 0 }] } },
        { pages: { between: [1] } },
        { pages: { isNull: 1 } },
        { printed: 1 },
        { printed: { gt: false } },
        { price: "1e3" },
        { price: Number.POSITIVE_INFINITY },
        { day: "2026-02-30" },
        { at: "2026-01-01" },
        { at: new Date("no") },
        { status: "nope" },
        { meta: { a: 1 } },
        { meta: "x" },
        { author: "1 or 1=1" },
        { author: { nope: 1 } },
        { author: new Map() },
        { genres: [1] },
        { genres: { in: [{ $gt: "" }] } },
        { nope: 1 },
        { toString: 1 },
        JSON.parse('{"__proto__":{"a":1}}'),
        { $where: "1=1" },
        { $or: { id: 1 } },
        { $or: [1] },
        { $not: null },
        [],
        null,
        "id = 1",
        1,
      ];
      for (const condition of wrong) {
        await refused(
          () =>
            objects(Book)
              .filter(condition as never)
              .rows(),
          condition,
        );
        await refused(
          () =>
            objects(Book)
              .exclude(condition as never)
              .delete(),
          condition,
        );
      }
      let deep: object = { id: 1 };
      for (let level = 0; level < 20; level++) deep = { $not: deep };
      await refused(
        () =>
          objects(Book)
            .filter(deep as never)
            .rows(),
        "depth",
      );
      await refused(
        () =>
          objects(Book)
            .filter({ id: { in: Array(20_000).fill(1) } })
            .rows(),
        "length",
      );
      expect(books.log).toEqual([]);
    });

    test("Names that are no field, or a hidden one, are refused wherever a name is taken.", async () => {
      for (const name of [...NAMES, "author.token"]) {
        await refused(
          () =>
            objects(Book)
              .where(name as never, 1)
              .rows(),
          name,
        );
        await refused(
          () =>
            objects(Book)
              .orderBy(name as never)
              .rows(),
          name,
        );
        await refused(
          () =>
            objects(Book)
              .search("x", [name as never])
              .rows(),
          name,
        );
        await refused(() => objects(Book).rows([name as never]), name);
        await refused(
          () =>
            objects(Book)
              .related(name as never)
              .rows(),
          name,
        );
        await refused(() => objects(Book).pluck(name as never), name);
        await refused(() => scalar(1, Book, name as never), name);
        if (typeof name !== "string") continue;
        await refused(
          () =>
            objects(Book)
              .orderBy(`-${name}` as never)
              .rows(),
          name,
        );
        await refused(() => objects(Book).update({ [name]: 1 } as never), name);
        await refused(() => objects(Book).create({ title: "x", [name]: 1 } as never), name);
      }
      for (const path of ["token", "mentor.token", "mentor.mentor.token"]) {
        await refused(() => objects(Author).where(path, "startsWith", "s").rows(), path);
        await refused(
          () =>
            objects(Author)
              .orderBy(path as never)
              .rows(),
          path,
        );
        await refused(
          () =>
            objects(Author)
              .search("s", [path as never])
              .rows(),
          path,
        );
      }
      await refused(
        () =>
          objects(Book)
            .orderBy("meta" as never)
            .rows(),
        "meta",
      );
      await refused(
        () =>
          objects(Book)
            .orderBy("genres" as never)
            .rows(),
        "genres",
      );
      await refused(
        () =>
          objects(Book)
            .search("1", ["pages" as never])
            .rows(),
        "pages",
      );
      expect(books.log).toEqual([]);
    });

    test("Allowed fields narrow every name that comes later.", async () => {
      const narrow = () =>
        objects(Book)
          .filter({ pages: { gte: 100 } })
          .allowFields(["id", "title", "author.name", "genres"]);
      expect(
        await books.run(() =>
          narrow().where("author.name", "Ada").where("genres", "sf").search("alpha", ["title"]).orderBy("-id").rows(),
        ),
      ).toEqual([
        { id: 2, title: "alphabet" },
        { id: 1, title: "Alpha" },
      ]);
      books.log.length = 0;
      await refused(() => narrow().where("pages", 1).rows(), "pages");
      await refused(() => narrow().where("author", 1).rows(), "author");
      await refused(() => narrow().where("author.email", "x").rows(), "email");
      await refused(() => narrow().filter({ pages: 1 }).rows(), "filter");
      await refused(
        () =>
          narrow()
            .filter({ author: { email: "x" } })
            .rows(),
        "nested",
      );
      await refused(
        () =>
          narrow()
            .filter({ author: { name: "x", id: 1 } })
            .rows(),
        "nested key",
      );
      await refused(
        () =>
          narrow()
            .exclude({ $or: [{ id: 1 }, { pages: 1 }] })
            .rows(),
        "$or",
      );
      await refused(() => narrow().orderBy("pages").rows(), "order");
      await refused(() => narrow().search("x", ["author.email"]).rows(), "search");
      await refused(() => narrow().rows(["pages"]), "rows");
      await refused(() => narrow().allowFields(["pages"]).where("pages", 1).rows(), "widened");
      expect(books.log).toEqual([]);
    });

    test("Written values are scalars of the field's kind, and keys, versions and the other end of relations are not written.", async () => {
      for (const raw of OBJECTS) {
        for (const name of ["title", "pages", "price", "printed", "day", "at", "status", "author"]) {
          await refused(
            () =>
              objects(Book)
                .filter({ id: 1 })
                .update({ [name]: raw } as never),
            raw,
          );
          await refused(() => objects(Book).create({ title: "x", [name]: raw } as never), raw);
        }
      }
      await refused(() => objects(Book).update({ id: 9 } as never), "id");
      await refused(() => objects(Account).update({ version: 9 } as never), "version");
      await refused(() => objects(Author).update({ books: [1] } as never), "books");
      await refused(() => objects(Book).update({ genres: "sf" } as never), "genres");
      await refused(() => objects(Book).update({ genres: [{ $gt: "" }] } as never), "genres");
      await refused(() => objects(Book).update({ pages: "many" } as never), "pages");
      await refused(() => objects(Book).update([] as never), "list");
      await refused(() => objects(Account).update({ balance: 1 }, { version: { $gt: 0 } as never }), "version");
      expect(books.log).toEqual([]);
    });

    test("Numbers of rows are whole numbers.", async () => {
      for (const raw of [...OBJECTS, -1, 1.5, Number.NaN, "10", "1; drop table book", null, 2 ** 60]) {
        await refused(
          () =>
            objects(Book)
              .limit(raw as never)
              .rows(),
          raw,
        );
        await refused(
          () =>
            objects(Book)
              .offset(raw as never)
              .rows(),
          raw,
        );
        await refused(() => objects(Book).page(raw as never), raw);
      }
      expect(books.log).toEqual([]);
    });

    test("SEC-20: A search is bounded in length and words.", async () => {
      await refused(() => objects(Book).search("x".repeat(201), ["title"]).rows(), "characters");
      await refused(() => objects(Book).search("a b c d e f g h i j k", ["title"]).rows(), "words");
      expect(books.log).toEqual([]);
      expect(await books.run(() => objects(Book).search("%' or 1=1 --", ["title"]).count())).toBe(0);
    });

    test("Text from outside is a value and nothing else.", async () => {
      const text = "'; drop table book; --\" \\ %_*?[";
      await books.run(async () => {
        expect(await objects(Book).where("title", text).count()).toBe(0);
        for (const operator of ["contains", "icontains", "startsWith", "iendsWith", "iexact", "gt"])
          await objects(Book).where("title", operator, text).rows();
        expect(await objects(Book).count()).toBe(5);
      });
      for (const { sql } of books.log) expect(sql).not.toContain("drop");
    });

    test("Text of a number is a number where the value comes from outside.", async () => {
      await books.run(async () => {
        expect(await objects(Book).where("pages", "200").count()).toBe(2);
        expect(await objects(Book).where("pages", "in", ["200", "0"]).count()).toBe(3);
        expect(await objects(Book).where("author", "1").count()).toBe(2);
        expect(await objects(Book).where("printed", "true").count()).toBe(2);
        expect(await objects(Book).where("author.id", "gte", "2").count()).toBe(2);
        expect(await objects(Book).where("author", null).count()).toBe(1);
        expect(scalar("12", Book, "pages")).toBe(12);
        expect(scalar("1", Book, "author")).toBe(1);
      });
    });
  });
}
