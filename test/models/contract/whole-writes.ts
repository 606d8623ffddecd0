import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { atomic, type Change, type Database, entityManager, objects, withDatabase } from "../../../src/models/index.ts";
import type { OpenDatabase, TestDatabase } from "../../support/database-servers.ts";
import { Group, Note, Tag, User } from "../models.ts";

/** A write of several statements within a transaction that goes on after it was refused. */
export function wholeWrites(open: OpenDatabase): void {
  describe("whole writes", () => {
    let opened: TestDatabase;
    let database: Database;
    let published: Change[];

    beforeEach(async () => {
      opened = await open({ busyTimeout: 2_000 });
      database = opened.database;
      await withDatabase(database, async () => {
        await objects(Tag).create({ name: "taken" });
        await objects(User).create({ username: "ada" });
        await objects(Note).create({ title: "note", user: 1, tags: [1] });
      });
      published = [];
      database.changes.subscribe((changes) => void published.push(...changes));
    });
    afterEach(() => opened.close());

    const many = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ name: index === count - 1 ? "taken" : `many ${index}` }));
    const tag = (name: string) => entityManager().create(Tag, { name } as never) as unknown as { name: string };

    const REFUSED: Readonly<Record<string, () => Promise<unknown>>> = {
      "create() with a member that does not exist": () => objects(Note).create({ title: "x", user: 1, tags: [1, 99] }),
      "createMany() with one value twice": () => objects(Tag).createMany(many(3)),
      "createMany() of more rows than a statement takes": () => objects(Tag).createMany(many(1_501)),
      "createMany() with a member that does not exist": () =>
        objects(Note).createMany([
          { title: "x", user: 1, tags: [1] },
          { title: "y", user: 1, tags: [99] },
        ]),
      "update() with a member that does not exist": () =>
        objects(Note)
          .filter({ id: 1 })
          .update({ title: "x", tags: [99] }),
      "flush() of two new objects": () => {
        tag("new");
        tag("taken");
        return entityManager().flush();
      },
      "flush() of objects of two models": async () => {
        entityManager().create(Group, { name: "new" } as never);
        tag("taken");
        await entityManager().flush();
      },
      "flush() of a changed object and a new one": async () => {
        const note = (await entityManager().findOneOrFail(Note, { id: 1 } as never)) as { title: string };
        tag("taken");
        note.title = "x";
        await entityManager().flush();
      },
    };
    const content = async () => ({
      tags: await objects(Tag).orderBy("id").pluck("name"),
      groups: await objects(Group).pluck("name"),
      notes: (await objects(Note).related("tags").rows()).map(({ title, tags }) => [
        title,
        ...tags.map(({ id }) => id),
      ]),
    });

    test.each(Object.entries(REFUSED))(
      "Nothing stays of %s that is refused and caught, and the transaction goes on.",
      async (_, work) => {
        await withDatabase(database, async () => {
          await atomic(async () => {
            await objects(Group).create({ name: "before" });
            await expect(work()).rejects.toMatchObject({ kind: expect.stringMatching(/^(?:unique|foreignKey)$/) });
            await objects(Group).create({ name: "after" });
            // What was changed and refused would be tried again at the end.
            entityManager().clear();
          });
          expect(await content()).toEqual({ tags: ["taken"], groups: ["before", "after"], notes: [["note", 1]] });
        });
        expect(published.map(({ model, action, ids }) => [model, action, ids.length])).toEqual([
          ["Group", "create", 2],
        ]);
      },
    );

    test("Objects of a refused flush are as they were before it, and can be put right and written.", async () => {
      await withDatabase(database, async () => {
        await objects(Tag).create({ name: "other" });
        await atomic(async () => {
          const note = (await entityManager().findOneOrFail(
            Note,
            { id: 1 } as never,
            {
              populate: ["tags"],
            } as never,
          )) as unknown as { title: string; tags: { set(items: object[]): void } };
          const other = (await entityManager().findOneOrFail(Tag, { id: 2 } as never)) as { name: string };
          const [fresh, wrong] = [tag("fresh"), tag("taken")];
          note.title = "x";
          note.tags.set([other]);
          await expect(entityManager().flush()).rejects.toMatchObject({ code: "DATABASE_UNIQUE" });
          wrong.name = "right";
          entityManager().persist([fresh, wrong]);
        });
        expect(await content()).toMatchObject({ tags: ["taken", "other", "fresh", "right"], notes: [["x", 2]] });
      });
    });

    test("What a lifecycle hook writes is undone with the one row that is refused.", async () => {
      const subscriber = {
        getSubscribedEntities: () => [Group],
        beforeCreate: () => objects(Tag).create({ name: "by the hook" }),
      };
      database.orm.em.getEventManager().registerSubscriber(subscriber as never);
      await withDatabase(database, async () => {
        await objects(Group).create({ name: "one" });
        await objects(Tag).filter({ name: "by the hook" }).delete();
        published = [];
        await atomic(async () => {
          await expect(objects(Group).create({ name: "one" })).rejects.toMatchObject({ code: "DATABASE_UNIQUE" });
        });
        expect(await objects(Tag).pluck("name")).toEqual(["taken"]);
      });
      expect(published).toEqual([]);
    });

    test("A row that nobody waits for is stored with its members, or not at all.", async () => {
      for (const turns of [0, 1, 2, 5, 10, 20, 50]) {
        await withDatabase(database, async () => {
          const title = `after ${turns}`;
          let left: Promise<unknown> | undefined;
          await atomic(async () => {
            left = objects(Note)
              .create({ title, user: 1, tags: [1] })
              .catch((error: Error) => error);
            for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
          });
          await left;
          const found = await objects(Note).filter({ title }).related("tags").rows();
          for (const { tags } of found) expect(tags.map(({ id }) => id)).toEqual([1]);
        });
      }
    });
  });
}
