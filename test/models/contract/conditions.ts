import { describe, expect, test } from "vitest";
import { type Conditions, objects } from "../../../src/models/index.ts";
import type { OpenDatabase } from "../../support/database-servers.ts";
import { Account, Author, Book, Genre, library, Vault } from "../query-models.ts";

/** What conditions mean: the same rows on every database. */
export function conditions(open: OpenDatabase): void {
  describe("conditions", () => {
    const books = library(open);
    const ids = (condition: Conditions<typeof Book>) =>
      books.run(() => objects(Book).filter(condition).orderBy("id").pluck("id"));
    const without = (condition: Conditions<typeof Book>) =>
      books.run(() => objects(Book).exclude(condition).orderBy("id").pluck("id"));

    test.each<[string, Conditions<typeof Book>, number[]]>([
      ["a value", { title: "Alpha" }, [1]],
      ["a value in its own case", { title: "alpha" }, []],
      ["a value with its spaces", { title: "Alpha " }, []],
      ["null", { pages: null }, [3]],
      ["several fields", { pages: 200, author: 1 }, [2]],
      ["eq", { pages: { eq: 200 } }, [2, 4]],
      ["ne, which an empty value fulfils", { pages: { ne: 200 } }, [1, 3, 5]],
      ["ne null", { pages: { ne: null } }, [1, 2, 4, 5]],
      ["ne of text in its own case", { title: { ne: "alpha" } }, [1, 2, 3, 4, 5]],
      ["gt and lte", { pages: { gt: 0, lte: 100 } }, [1]],
      ["gte and lt with dollars", { pages: { $gte: 100, $lt: 200 } }, [1]],
      ["in", { pages: { in: [0, 100, 7] } }, [1, 5]],
      ["in with null", { pages: { in: [0, null] } }, [3, 5]],
      ["in of nothing", { pages: { in: [] } }, []],
      ["in of null alone", { pages: { $in: [null] } }, [3]],
      ["in of text in its own case", { title: { in: ["alpha", "alphabet", "ALPHABET"] } }, [2]],
      ["notIn, which an empty value fulfils", { pages: { notIn: [200, 0] } }, [1, 3]],
      ["notIn with null", { pages: { $nin: [200, null] } }, [1, 5]],
      ["notIn of nothing", { pages: { notIn: [] } }, [1, 2, 3, 4, 5]],
      ["isNull", { pages: { isNull: true } }, [3]],
      ["isNull: false", { pages: { isNull: false } }, [1, 2, 4, 5]],
      ["between", { pages: { between: [100, 200] } }, [1, 2, 4]],
      ["contains", { title: { contains: "lph" } }, [1, 2]],
      ["contains in its own case", { title: { contains: "alp" } }, [2]],
      ["contains nothing", { title: { contains: "" } }, [1, 2, 3, 4, 5]],
      ["icontains", { title: { icontains: "ALP" } }, [1, 2]],
      ["icontains with letters of any script", { title: { icontains: "üNÏ*CÔ" } }, [4]],
      ["contains a percent sign", { title: { contains: "%" } }, [3]],
      ["icontains a percent sign", { title: { icontains: "%" } }, [3]],
      ["icontains an underscore", { title: { icontains: "F_n" } }, [3]],
      [
        "contains an asterisk, a question mark, a bracket",
        { $and: ["*", "?", "[", "]"].map((sign) => ({ title: { contains: sign } })) },
        [4],
      ],
      ["contains a backslash", { title: { contains: "\\" } }, [5]],
      ["icontains a backslash and a quote", { title: { icontains: "\\SLASH 'q" } }, [5]],
      ["contains an exclamation mark", { title: { contains: "!" } }, [5]],
      ["icontains an exclamation mark", { title: { icontains: "'!" } }, [5]],
      ["startsWith", { title: { startsWith: "Al" } }, [1]],
      ["istartsWith", { title: { istartsWith: "aL" } }, [1, 2]],
      ["endsWith", { title: { endsWith: "bet" } }, [2]],
      ["endsWith a space", { title: { endsWith: "! " } }, [5]],
      ["iendsWith", { title: { iendsWith: "BET" } }, [2]],
      ["iexact", { title: { iexact: "ALPHA" } }, [1]],
      ["iexact with letters of any script", { title: { iexact: "[üNï*CÔdé?]" } }, [4]],
      ["accents are letters of their own", { title: { icontains: "uni" } }, []],
      ["an enum", { status: "printed" }, [1]],
      ["text of an enum", { status: { startsWith: "dra" } }, [2, 3, 4, 5]],
      ["a boolean", { printed: true }, [1, 5]],
      ["a boolean that is not", { printed: { ne: true } }, [2, 3, 4]],
      ["a decimal", { price: "10" }, [1, 4]],
      ["a decimal with more places", { price: { lt: "2.501" } }, [2]],
      ["a decimal in a list", { price: { in: ["2.50", "3"] } }, [2]],
      ["a float", { rating: 0.1 }, [3]],
      ["a date", { day: "2024-02-29" }, [3]],
      ["dates between", { day: { between: ["2024-01-01", "2026-01-31"] } }, [1, 3]],
      ["a moment as a Date", { at: new Date("2026-01-31T23:59:59.123Z") }, [1]],
      ["a moment as text with a zone", { at: { gt: "2026-02-01T00:59:59.123+01:00" } }, [4]],
      ["JSON that is empty", { meta: null }, [2, 3, 4, 5]],
      ["JSON that is not", { meta: { isNull: false } }, [1]],
      ["a related key", { author: 1 }, [1, 2]],
      ["a related key in a list", { author: { in: [2, 3] } }, [3, 4]],
      ["a related key by its name", { author: { id: 3 } }, [4]],
      ["a related key compared by its name", { author: { id: { gte: 2 } } }, [3, 4]],
      ["no related row", { author: null }, [5]],
      ["any related row", { author: { isNull: false } }, [1, 2, 3, 4]],
      ["a field of a related row", { author: { name: "Ada" } }, [1, 2]],
      ["fields of a related row", { author: { name: "Ada", email: null } }, []],
      ["a row behind a row", { author: { mentor: { name: { istartsWith: "b" } } } }, [4]],
      ["one of many by its key", { genres: "po" }, [1, 3]],
      ["one of many among keys", { genres: { in: ["po", "sf"] } }, [1, 2, 3]],
      ["none of many is", { genres: { ne: "po" } }, [2, 4, 5]],
      ["one of many by a field", { genres: { label: "Poems" } }, [1, 3]],
      ["many that are none", { genres: { isNull: true } }, [4, 5]],
      ["many that are some", { genres: { isNull: false } }, [1, 2, 3]],
      ["$or", { $or: [{ pages: 100 }, { title: "alphabet" }] }, [1, 2]],
      ["$or of nothing", { $or: [] }, []],
      ["$and of nothing", { $and: [] }, [1, 2, 3, 4, 5]],
      ["$not, which an empty value fulfils", { $not: { pages: 200 } }, [1, 3, 5]],
      ["$not within $or", { $or: [{ pages: 0 }, { $not: { author: { name: "Ada" } } }] }, [3, 4, 5]],
      ["nothing", {}, [1, 2, 3, 4, 5]],
    ])("%s", async (_, condition, expected) => {
      expect(await ids(condition)).toEqual(expected);
      const others = [1, 2, 3, 4, 5].filter((id) => !expected.includes(id));
      expect(await without(condition)).toEqual(others);
    });

    test("Values beyond what one statement takes are refused before the database is asked, in one call or several.", async () => {
      const many = Array.from({ length: 9_000 }, (_, index) => index);
      const refused = { code: "QUERY_CONDITION_INVALID", status: 400 };
      expect(await ids({ pages: { in: many } })).toEqual([1, 2, 4, 5]);
      expect(() => objects(Book).filter({ pages: { in: many }, id: { in: many } })).toThrow(
        expect.objectContaining(refused),
      );
      const some = objects(Book).filter({ pages: { in: many } });
      expect(() => some.exclude({ id: { in: many } })).toThrow(expect.objectContaining(refused));
    });

    test("A decimal of as many digits as its column takes is found.", async () => {
      // SQLite's numbers have 15 digits.
      if (open.dialect === "sqlite") return;
      await books.run(async () => {
        const amount = "12345678901234567890123456789012345678.25";
        await objects(Vault).create({ id: 1, amount });
        const found = (condition: Conditions<typeof Vault>) => objects(Vault).filter(condition).pluck("amount");
        expect(await found({ amount })).toEqual([amount]);
        expect(await found({ amount: { in: [amount, "1"] } })).toEqual([amount]);
        expect(await found({ amount: { between: ["12345678901234567890123456789012345678.2499", amount] } })).toEqual([
          amount,
        ]);
        expect(await found({ amount: { gt: "12345678901234567890123456789012345678.2501" } })).toEqual([]);
      });
    });

    test("A relation that another model holds is looked through from its other end.", async () => {
      const names = (condition: Conditions<typeof Author>) =>
        books.run(() => objects(Author).filter(condition).orderBy("id").pluck("name"));
      expect(await names({ books: { pages: { gte: 200 } } })).toEqual(["Ada", "Émile"]);
      expect(await names({ books: 3 })).toEqual(["bob"]);
      expect(await names({ books: { genres: { label: { contains: "Poe" } } } })).toEqual(["Ada", "bob"]);
      expect(await names({ books: { $not: { pages: { gte: 100 } } } })).toEqual(["bob"]);
      expect(await names({ profile: { bio: { startsWith: "Count" } } })).toEqual(["Ada"]);
      expect(await names({ profile: { isNull: true } })).toEqual(["bob", "Émile"]);
      expect(
        await books.run(() =>
          objects(Genre)
            .filter({ books: { author: { name: "Ada" } } })
            .orderBy("code")
            .pluck("code"),
        ),
      ).toEqual(["po", "sf"]);
      expect(
        await books.run(() =>
          objects(Genre)
            .filter({ books: { in: [3, 4] } })
            .pluck("code"),
        ),
      ).toEqual(["po"]);
      expect(
        await books.run(() =>
          objects(Genre)
            .filter({ books: { isNull: true } })
            .pluck("code"),
        ),
      ).toEqual(["no"]);
    });

    test("The object of a row stands for its key.", async () => {
      await books.run(async () => {
        const [author] = await objects(Author).filter({ id: 1 }).entities();
        if (author === undefined) throw new Error("There is an author.");
        expect(await objects(Book).filter({ author }).orderBy("id").pluck("id")).toEqual([1, 2]);
        expect(await objects(Author).filter({ books: { author } }).pluck("name")).toEqual(["Ada"]);
      });
    });

    test("Keys of 64 bits lose no digit.", async () => {
      const names = (condition: Conditions<typeof Account>) =>
        books.run(() => objects(Account).filter(condition).orderBy("id").pluck("name"));
      expect(await names({ id: 9007199254740993n })).toEqual(["large"]);
      expect(await names({ id: "9007199254740992" })).toEqual([]);
      expect(await names({ id: { gt: "9007199254740992" } })).toEqual(["large"]);
      expect(await names({ id: { in: [7, "9007199254740993"] } })).toEqual(["small", "large"]);
      expect(await books.run(() => objects(Account).orderBy("-id").pluck("id"))).toEqual(["9007199254740993", "7"]);
    });

    test("One text of SQL serves every set of values.", async () => {
      await ids({ pages: { in: [1, 2, 3] }, title: "a" });
      await ids({ pages: { in: [4, 5, 6, 7] }, title: "b" });
      expect(books.log).toHaveLength(2);
      expect(books.log[0]?.sql).toBe(books.log[1]?.sql);
    });

    test("A search finds rows in which every word occurs in one of the fields.", async () => {
      const found = (text: string) =>
        books.run(() => objects(Book).search(text, ["title", "author.name", "genres.label"]).orderBy("id").pluck("id"));
      expect(await found("alpha")).toEqual([1, 2]);
      expect(await found("  ALPHA  poems ")).toEqual([1]);
      expect(await found("ada sci")).toEqual([1, 2]);
      expect(await found("%")).toEqual([3]);
      expect(await found("_")).toEqual([3]);
      expect(await found("É")).toEqual([4]);
      expect(await found("")).toEqual([1, 2, 3, 4, 5]);
    });
  });
}
