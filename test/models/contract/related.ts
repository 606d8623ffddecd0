import { describe, expect, test } from "vitest";
import { objects } from "../../../src/models/index.ts";
import type { OpenDatabase } from "../../support/database-servers.ts";
import { Author, Book, Genre, library } from "../query-models.ts";

/** Related rows inside of rows. */
export function related(open: OpenDatabase): void {
  describe("related rows", () => {
    const books = library(open);

    test("come with one statement for each relation, however many rows there are.", async () => {
      const rows = await books.run(() => objects(Book).related("author", "genres").orderBy("id").rows(["id", "title"]));
      expect(books.log).toHaveLength(3);
      expect(rows).toStrictEqual([
        { id: 1, title: "Alpha", author: ada, genres: [poems, science] },
        { id: 2, title: "alphabet", author: ada, genres: [science] },
        { id: 3, title: "50% off_now", author: { id: 2, name: "bob", email: null, mentor: 1 }, genres: [poems] },
        {
          id: 4,
          title: "[Ünï*côdé?]",
          author: { id: 3, name: "Émile", email: "100%_sure!@example.com", mentor: 2 },
          genres: [],
        },
        { id: 5, title: "Back\\slash 'quote'! ", author: null, genres: [] },
      ]);
    });

    test("are found from the other end, and behind one another.", async () => {
      await books.run(async () => {
        const authors = await objects(Author)
          .related("books.genres", "profile", "mentor.mentor")
          .orderBy("id")
          .rows(["name"]);
        expect(books.log).toHaveLength(6);
        expect(authors).toMatchObject([
          { name: "Ada", mentor: null, profile: { bio: "Counts." } },
          { name: "bob", mentor: { name: "Ada", mentor: null }, profile: null },
          { name: "Émile", mentor: { name: "bob", mentor: { name: "Ada" } }, profile: null },
        ]);
        expect(
          authors.map((author) => author.books.map(({ id, genres }) => [id, genres.map(({ code }) => code)])),
        ).toEqual(
          [
            [
              [1, ["po", "sf"]],
              [2, ["sf"]],
            ],
            [[3, ["po"]]],
            [[4, []]],
          ].map((list) => expect.arrayContaining(list)),
        );
        expect(Object.keys(authors[0] ?? {}).sort()).toEqual(["books", "mentor", "name", "profile"]);
        const genres = await objects(Genre).related("books").orderBy("code").rows();
        expect(genres.map(({ code, books: own }) => [code, own.map(({ id }) => id).sort()])).toEqual([
          ["no", []],
          ["po", [1, 3]],
          ["sf", [1, 2]],
        ]);
      });
    });

    test("never show what is hidden.", async () => {
      await books.run(() => objects(Book).related("author").rows());
      expect(books.log.map(({ sql }) => sql).join()).not.toContain("token");
    });

    test("have the fields that are allowed and their key, and no others.", async () => {
      await books.run(async () => {
        const allowed = objects(Book).allowFields([
          "id",
          "title",
          "author.name",
          "author.mentor.email",
          "genres.label",
        ]);
        expect(await allowed.related("author", "genres").orderBy("id").limit(1).rows()).toEqual([
          {
            id: 1,
            title: "Alpha",
            author: { id: 1, name: "Ada" },
            genres: [
              { code: "po", label: "Poems" },
              { code: "sf", label: "Science" },
            ],
          },
        ]);
        const behind = await allowed.related("author.mentor").orderBy("-id").limit(2).rows();
        expect(behind.map(({ author }) => author)).toEqual([
          null,
          { id: 3, name: "Émile", mentor: { id: 2, email: null } },
        ]);
        // A path that is allowed allows no other one, and "author" alone is its key.
        for (const paths of [["id", "title"], ["id", "author"], ["id", "authors.name"], []]) {
          const narrow = objects(Book).allowFields(paths);
          expect(() => narrow.related("author")).toThrow(expect.objectContaining({ code: "QUERY_FIELD_UNKNOWN" }));
        }
        expect(() => allowed.related("author.books")).toThrow(expect.objectContaining({ code: "QUERY_FIELD_UNKNOWN" }));
        // What was said before stays.
        const before = await objects(Book).related("author").allowFields(["id"]).get(1);
        expect(before).toMatchObject({ id: 1, author: ada });
      });
    });

    test("come with single rows and pages too, and cost nothing where there are no rows.", async () => {
      await books.run(async () => {
        expect(await objects(Book).related("author").get(1, ["id"])).toStrictEqual({ id: 1, author: ada });
        expect(await objects(Book).related("genres").first(["title"])).toHaveProperty("genres");
        const { rows } = await objects(Book).related("author").orderBy("id").page(1, ["id"]);
        expect(rows).toStrictEqual([{ id: 1, author: ada }]);
        books.log.length = 0;
        expect(await objects(Book).filter({ pages: 1 }).related("author", "genres").rows()).toEqual([]);
        expect(books.log).toHaveLength(1);
      });
    });
  });
}

const ada = { id: 1, name: "Ada", email: "ada@example.com", mentor: null };
const poems = { code: "po", label: "Poems" };
const science = { code: "sf", label: "Science" };
