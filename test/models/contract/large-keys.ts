import { describe, expect, it } from "vitest";
import { type Dialect, type ModelClass, model, objects, p, withDatabase } from "../../../src/models/index.ts";
import { migrationProjects } from "../migration-project.ts";

const LARGE = "1234567890123456789";
const plus = (count: number) => String(BigInt(LARGE) + BigInt(count));

/** Keys of 64 bits that the database makes, on one kind of database; `address` makes an empty database of it. */
export function largeKeyContract(dialect: Dialect, address: () => Promise<string>): void {
  const { project } = migrationProjects(dialect, address);
  const Item = model("Item", { id: p.bigint().primary(), name: p.string() });
  const models = [Item] as unknown as ModelClass[];

  describe(`Keys larger than a number holds on ${dialect}`, () => {
    it("come back from create(), createMany() and update()", async () => {
      const { database } = await project(models);
      await withDatabase(database, async () => {
        const items = objects(Item);
        expect(await items.create({ id: LARGE, name: "given" } as never)).toMatchObject({ id: LARGE });
        if (dialect === "postgres") await database.execute(`select setval('item_id_seq', ${LARGE})`);
        expect(await items.create({ name: "one" })).toEqual({ id: plus(1), name: "one" });
        expect(await items.createMany([{ name: "two" }, { name: "three" }])).toEqual([
          { id: plus(2), name: "two" },
          { id: plus(3), name: "three" },
        ]);
        expect(await items.filter({ id: plus(3) }).update({ name: "changed" })).toBe(1);
        expect(await items.get(plus(3))).toEqual({ id: plus(3), name: "changed" });
      });
    });
  });
}
