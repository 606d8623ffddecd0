import { beforeEach, describe, expect, test } from "vitest";
import { atomic, type Change, entityManager, objects } from "../../../src/models/index.ts";
import type { OpenDatabase } from "../../support/database-servers.ts";
import { Invoice, Note, User } from "../models.ts";
import { Account, Author, Book, Genre, library, Stamped } from "../query-models.ts";

/** What is written through a query set. */
export function writes(open: OpenDatabase): void {
  describe("writes", () => {
    const books = library(open, { fresh: true });
    let published: Change[];
    beforeEach(() => {
      published = [];
      books.database.changes.subscribe((changes) => void published.push(...changes));
    });

    test("create() gives the row as it is stored, with defaults, hooks and members.", async () => {
      await books.run(async () => {
        const user = await objects(User).create({ username: "ann" });
        expect(user).toStrictEqual({ id: user.id, username: "ann", email: null, active: true, group: null });
        const note = await objects(Note).create({ title: "t", user: user.id });
        expect(note).toMatchObject({ content: "", status: "draft", quantity: 0, updatedAt: null });
        expect(note.uuid).toMatch(/^[0-9a-f-]{36}$/);
        expect(Date.parse(note.createdAt)).toBeLessThanOrEqual(Date.now());
        const book = await objects(Book).create({ id: 50, title: "new", genres: ["sf", "no"] });
        expect(await objects(Genre).filter({ books: book.id }).pluck("code")).toHaveLength(2);
        expect(published.map(({ model, action }) => `${model} ${action}`)).toEqual([
          "User create",
          "Note create",
          "Book create",
          "Book m2m",
        ]);
      });
    });

    test("create() writes nothing that waits in the caller's unit of work.", async () => {
      await books.run(async () => {
        entityManager().create(Genre, { code: "wait", label: "waits" });
        await objects(Genre).create({ code: "now", label: "now" });
        expect(await objects(Genre).filter({ code: "wait" }).exists()).toBe(false);
        await entityManager().flush();
        expect(await objects(Genre).filter({ code: "wait" }).exists()).toBe(true);
      });
    });

    test("createMany() writes all or none.", async () => {
      await books.run(async () => {
        const rows = await objects(Genre).createMany([
          { code: "b", label: "B" },
          { code: "a", label: "A" },
        ]);
        expect(rows.map(({ code }) => code)).toEqual(["b", "a"]);
        const twice = [
          { code: "c", label: "C" },
          { code: "a", label: "again" },
        ];
        await expect(objects(Genre).createMany(twice)).rejects.toMatchObject({ code: "DATABASE_UNIQUE", expose: true });
        expect(await objects(Genre).filter({ code: "c" }).exists()).toBe(false);
      });
    });

    test("update() writes the rows that the conditions find, gives their number and tells of their keys.", async () => {
      await books.run(async () => {
        expect(
          await objects(Book)
            .filter({ author: { name: "Ada" } })
            .update({ pages: 7, price: "1.5", at: new Date(0), meta: { a: 2 }, printed: false }),
        ).toBe(2);
        const rows = await objects(Book)
          .filter({ pages: 7 })
          .orderBy("id")
          .rows(["id", "price", "at", "meta", "printed"]);
        const same = { price: "1.50", at: "1970-01-01T00:00:00.000Z", meta: { a: 2 }, printed: false };
        expect(rows).toEqual([
          { id: 1, ...same },
          { id: 2, ...same },
        ]);
        expect(published).toEqual([
          {
            model: "Book",
            action: "update",
            ids: expect.toSatisfy((ids: number[]) => ids.toSorted().join() === "1,2"),
          },
        ]);
        expect(await objects(Book).filter({ id: 99 }).update({ pages: 1 })).toBe(0);
        expect(published).toHaveLength(1);
        expect(
          await objects(Book)
            .filter({ genres: "po", $not: { pages: 7 } })
            .update({ author: null, title: "x" }),
        ).toBe(1);
        expect(await objects(Book).get(3, ["author", "title"])).toEqual({ author: null, title: "x" });
      });
    });

    test("update() and delete() keep to a limit and an order.", async () => {
      await books.run(async () => {
        expect(await objects(Book).orderBy("-id").limit(2).update({ pages: 1 })).toBe(2);
        expect(await objects(Book).filter({ pages: 1 }).orderBy("id").pluck("id")).toEqual([4, 5]);
        expect(await objects(Book).orderBy("id").offset(3).limit(1).delete()).toBe(1);
        expect(await objects(Book).orderBy("id").pluck("id")).toEqual([1, 2, 3, 5]);
        expect(published.map(({ action, ids }) => [action, ids])).toEqual([
          ["update", [5, 4]],
          ["delete", [4]],
        ]);
      });
    });

    test("update() sets the members of many-to-many fields, from either end.", async () => {
      await books.run(async () => {
        expect(
          await objects(Book)
            .filter({ id: { in: [1, 4] } })
            .update({ genres: ["no", "sf"] }),
        ).toBe(2);
        const rows = await objects(Book).related("genres").orderBy("id").rows(["id"]);
        expect(rows.map(({ genres }) => genres.map(({ code }) => code))).toEqual([
          ["no", "sf"],
          ["sf"],
          ["po"],
          ["no", "sf"],
          [],
        ]);
        expect(published.map(({ action, field }) => [action, field])).toContainEqual(["m2m", "genres"]);
        await objects(Genre)
          .filter({ code: "no" })
          .update({ books: [5], label: "Other" });
        expect(await objects(Genre).related("books").get("no")).toMatchObject({ label: "Other", books: [{ id: 5 }] });
        expect(await objects(Book).filter({ id: 5 }).update({ genres: [] })).toBe(1);
        expect(await objects(Book).filter({ genres: "no" }).count()).toBe(0);
      });
    });

    test("update() counts the version and runs the model's hooks.", async () => {
      await books.run(async () => {
        expect(await objects(Account).filter({ id: 7 }).update({ balance: 3 })).toBe(1);
        const row = await objects(Account).get(7);
        expect(row).toMatchObject({ balance: 3, version: 2 });
        expect(Date.parse(row.touchedAt ?? "")).toBeGreaterThan(Date.now() - 60_000);
      });
    });

    test("A stale update is a conflict and writes nothing.", async () => {
      await books.run(async () => {
        const small = objects(Account).filter({ id: 7 });
        expect(await small.update({ balance: 1 }, { version: 1 })).toBe(1);
        const stale = { code: "DATABASE_CONFLICT", status: 409, expose: true };
        await expect(small.update({ balance: 2 }, { version: 1 })).rejects.toMatchObject(stale);
        expect(await small.first()).toMatchObject({ balance: 1, version: 2 });
        await expect(objects(Account).update({ balance: 9 }, { version: 2 })).rejects.toMatchObject(stale);
        expect(await objects(Account).filter({ balance: 9 }).count()).toBe(0);
        expect(await objects(Account).filter({ id: 8 }).update({ balance: 1 }, { version: 1 })).toBe(0);
        await expect(objects(Book).update({ pages: 1 }, { version: 1 })).rejects.toMatchObject({
          code: "QUERY_VERSION_MISSING",
        });
        const [entity] = await small.entities();
        if (entity === undefined) throw new Error("There is an account.");
        await small.update({ balance: 5 });
        entity.balance = 6;
        await expect(entityManager().flush()).rejects.toMatchObject(stale);
      });
    });

    test("A version may be a moment.", async () => {
      await books.run(async () => {
        const { id, stamp } = await objects(Stamped).create({ name: "a" });
        await new Promise((resolve) => setTimeout(resolve, 5));
        expect(await objects(Stamped).filter({ id }).update({ name: "b" }, { version: stamp })).toBe(1);
        await expect(objects(Stamped).filter({ id }).update({ name: "c" }, { version: stamp })).rejects.toMatchObject({
          code: "DATABASE_CONFLICT",
        });
        const now = await objects(Stamped).get(id);
        expect([now.name, now.stamp > stamp, Math.abs(Date.parse(now.stamp) - Date.now()) < 60_000]).toEqual([
          "b",
          true,
          true,
        ]);
      });
    });

    test("Many rows are written and read in portions.", async () => {
      await books.run(async () => {
        const rows = await objects(Genre).createMany(
          Array.from({ length: 2_500 }, (_, index) => ({ code: `g${index}`, label: "many" })),
        );
        expect(rows.at(-1)).toEqual({ code: "g2499", label: "many" });
        const many = objects(Genre).filter({ label: "many" });
        expect(await many.orderBy("code").limit(2_400).update({ label: "some" })).toBe(2_400);
        expect(await many.count()).toBe(100);
        const found = await objects(Book)
          .filter({ id: 1 })
          .update({ genres: rows.slice(0, 1_200).map(({ code }) => code) });
        expect([found, await objects(Genre).filter({ books: 1 }).count()]).toEqual([1, 1_200]);
        expect(
          await objects(Genre)
            .filter({ label: { in: ["many", "some"] } })
            .delete(),
        ).toBe(2_500);
      });
    });

    test("delete() deletes the rows that the conditions find, and tells of those that go with them.", async () => {
      await books.run(async () => {
        expect(
          await objects(Author)
            .filter({ books: { title: "Alpha" } })
            .delete(),
        ).toBe(1);
        expect(
          await objects(Book)
            .filter({ id: { in: [1, 2] } })
            .count(),
        ).toBe(0);
        expect(await objects(Author).get(2)).toMatchObject({ mentor: null });
        expect(published).toContainEqual({ model: "Author", action: "delete", ids: [1] });
        expect(published).toContainEqual({ model: "Book", action: "delete", ids: "many" });
        expect(await objects(Author).filter({ id: 1 }).delete()).toBe(0);
      });
    });

    test("A write that breaks a rule of the database tells which, for a person, without SQL.", async () => {
      await books.run(async () => {
        await objects(User).create({ username: "ann" });
        const failed = await objects(User)
          .create({ username: "ann" })
          .catch((error: Error) => error);
        expect(failed).toMatchObject({ code: "DATABASE_UNIQUE", fields: ["username"], expose: true });
        await expect(objects(Book).update({ title: null } as never)).rejects.toMatchObject({
          code: "DATABASE_NOT_NULL",
          fields: ["title"],
        });
        await expect(objects(Book).filter({ id: 1 }).update({ author: 99 })).rejects.toMatchObject({
          code: "DATABASE_FOREIGN_KEY",
        });
        await expect(objects(Invoice).create({ amount: -1, group: 1 })).rejects.toMatchObject({ expose: true });
      });
    });

    test("Writes in a transaction are told of after its end, and never when it failed.", async () => {
      await books.run(async () => {
        const failing = atomic(async () => {
          await objects(Book).filter({ id: 1 }).update({ pages: 1 });
          await objects(Book).filter({ id: 2 }).delete();
          await objects(Genre).create({ code: "z", label: "Z" });
          expect(await objects(Book).count()).toBe(4);
          throw new Error("no");
        });
        await expect(failing).rejects.toThrow("no");
        expect(await objects(Book).count()).toBe(5);
        expect(published).toEqual([]);
        await atomic(async () => {
          await objects(Book).filter({ id: 1 }).update({ pages: 1 });
          expect(published).toEqual([]);
        });
        expect(published).toEqual([{ model: "Book", action: "update", ids: [1] }]);
      });
    });
  });
}
