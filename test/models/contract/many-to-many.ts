import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Change, type Database, model, objects, p, withDatabase } from "../../../src/models/index.ts";
import type { OpenDatabase, TestDatabase } from "../../support/database-servers.ts";

/** A row with members of its own model, a parent and a spouse that it may not be deleted before. */
class Person extends model("Person", {
  id: p.integer().primary(),
  name: p.string().length(20),
  friends: () => p.manyToMany(Person),
  liked: () => p.manyToMany(Person).mappedBy("friends"),
  boss: () => p.manyToOne(Person).nullable().deleteRule("restrict"),
  staff: () => p.oneToMany(Person).mappedBy("boss"),
  spouse: () => p.oneToOne(Person).nullable().deleteRule("restrict"),
  spouseOf: () => p.oneToOne(Person).mappedBy("spouse"),
}) {}

/** A row with members of its own model, and nothing that keeps it. */
class Word extends model("Word", {
  id: p.integer().primary(),
  text: p.string().length(20),
  synonyms: () => p.manyToMany(Word),
}) {}

/** Members of many-to-many fields in special cases. */
export function manyToMany(open: OpenDatabase): void {
  describe("many-to-many", () => {
    let opened: TestDatabase;
    let database: Database;
    let published: Change[];

    beforeEach(async () => {
      opened = await open({ models: [Person, Word] });
      database = opened.database;
      published = [];
      database.changes.subscribe((changes) => void published.push(...changes));
    });
    afterEach(() => opened.close());
    const request = <T>(work: () => Promise<T>): Promise<T> => withDatabase(database, work);

    test("Rows whose members are rows of the same model are deleted, alone and all at once.", async () => {
      await request(async () => {
        await objects(Word).createMany(["a", "b", "c", "d"].map((text) => ({ text })));
        await objects(Word)
          .filter({ id: { in: [1, 2, 3] } })
          .update({ synonyms: [1, 2, 4] });
        expect(await objects(Word).filter({ id: 1 }).delete()).toBe(1);
        expect((await objects(Word).related("synonyms").get(2)).synonyms.map(({ id }) => id)).toEqual([2, 4]);
        expect(await objects(Word).orderBy("id").limit(1).delete()).toBe(1);
        expect(await objects(Word).delete()).toBe(2);
        expect(published).toContainEqual({ model: "Word", action: "delete", ids: [1] });
        expect(published).toContainEqual({ model: "Word", action: "m2m", ids: "many", field: "synonyms" });
      });
    });

    test("Rows that refer to rows of the same model in every way are deleted in an order that the database takes.", async () => {
      await request(async () => {
        await objects(Person).createMany([
          { id: 1, name: "root" },
          { id: 2, name: "left", boss: 1, friends: [1] },
          { id: 3, name: "right", boss: 1, spouse: 2, friends: [2, 1] },
          { id: 4, name: "leaf", boss: 3 },
        ]);
        await objects(Person)
          .filter({ id: 1 })
          .update({ friends: [1, 4] });
        await expect(objects(Person).filter({ id: 2 }).delete()).rejects.toMatchObject({
          code: "DATABASE_FOREIGN_KEY",
        });
        expect(
          await objects(Person)
            .filter({ id: { in: [3, 4] } })
            .delete(),
        ).toBe(2);
        expect(await objects(Person).delete()).toBe(2);
      });
    });
  });
}
