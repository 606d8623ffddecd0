import { describe, expect, test } from "vitest";
import { objects, type Row } from "../../../src/models/index.ts";
import type { OpenDatabase } from "../../support/database-servers.ts";
import { Note, Tag, User } from "../models.ts";
import { Account, Author, Book, library } from "../query-models.ts";

/** What rows look like: the same on every database. */
export function rows(open: OpenDatabase): void {
  describe("rows", () => {
    const books = library(open);

    test("Rows are plain values, the same on every database.", async () => {
      await books.run(async () => {
        expect(await objects(Book).get(1)).toStrictEqual({
          id: 1,
          title: "Alpha",
          pages: 100,
          rating: 4.5,
          price: "10.00",
          status: "printed",
          printed: true,
          day: "2026-01-31",
          at: "2026-01-31T23:59:59.123Z",
          meta: { a: 1, list: ["x"] },
          author: 1,
        });
        expect(await objects(Book).get(5)).toStrictEqual({
          id: 5,
          title: "Back\\slash 'quote'! ",
          pages: 0,
          rating: null,
          price: null,
          status: "draft",
          printed: true,
          day: null,
          at: null,
          meta: null,
          author: null,
        });
        expect(await objects(Account).get(7, ["id", "balance", "version"])).toStrictEqual({
          id: "7",
          balance: 0,
          version: 1,
        });
      });
    });

    test("Every kind of field comes back as it was written.", async () => {
      await books.run(async () => {
        const user = await objects(User).create({ username: "rows" });
        const tag = await objects(Tag).create({ name: "rows" });
        const written = {
          title: "every 😀 kind",
          content: "two\nlines",
          status: "archived",
          quantity: -3,
          big: "-9223372036854775808",
          ratio: 1e-7,
          price: "-12345678.90",
          pinned: true,
          due: "2024-02-29",
          at: "23:59:59",
          createdAt: "1969-12-31T23:59:59.999Z",
          updatedAt: "2038-01-19T03:14:08.000Z",
          uuid: "123e4567-e89b-42d3-a456-426614174000",
          meta: { color: "blue", sizes: [1, 2.5] },
          data: Buffer.from([0, 255, 7]).toString("base64"),
          user: user.id,
          reviewer: null,
        } satisfies Omit<Row<typeof Note>, "id">;
        const { id } = await objects(Note).create({
          ...written,
          uuid: written.uuid.toUpperCase(),
          data: Buffer.from([0, 255, 7]),
          tags: [tag.id],
        });
        const { id: _, ...row } = await objects(Note).get(id);
        expect(row).toStrictEqual(written);
        expect(
          await objects(Note).filter({ tags: tag.id, big: written.big, uuid: written.uuid, at: "23:59:59" }).count(),
        ).toBe(1);
      });
    });

    test("Many days in one list keep their own moments.", async () => {
      await books.run(async () => {
        const moments = Array.from({ length: 40 }, (_, index) =>
          new Date(Date.UTC(2026, 0, 1 + (index % 3), index % 24, index, index, index * 25)).toISOString(),
        );
        const user = await objects(User).create({ username: "moments" });
        await objects(Note).createMany(
          moments.map((createdAt, index) => ({ title: `m${index}`, user: user.id, createdAt })),
        );
        expect(await objects(Note).filter({ user: user.id }).orderBy("id").pluck("createdAt")).toEqual(moments);
      });
    });

    test("Named fields alone are read, and hidden ones only by their name.", async () => {
      await books.run(async () => {
        expect(await objects(Author).filter({ id: 1 }).rows()).toStrictEqual([
          { id: 1, name: "Ada", email: "ada@example.com", mentor: null },
        ]);
        expect(await objects(Author).filter({ id: 1 }).rows(["token"])).toStrictEqual([{ token: "s3cret" }]);
        expect(await objects(Author).filter({ id: 2 }).rows(["mentor", "mentor", "name"])).toStrictEqual([
          { mentor: 1, name: "bob" },
        ]);
        expect(books.log.at(0)?.sql).not.toContain("token");
      });
    });
  });
}
