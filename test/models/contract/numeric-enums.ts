import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Database, entityManager, model, objects, p, withDatabase } from "../../../src/models/index.ts";
import type { OpenDatabase, TestDatabase } from "../../support/database-servers.ts";

class Answer extends model("Answer", {
  id: p.integer().primary(),
  grade: p.enum([-1, 1, 2]).default(2),
  status: p.enum([200, 300, 404]).default(300),
  port: p.enum([-70_000, 80, 70_000]).default(70_000),
  size: p.enum([5, 5_000_000_000, -9_007_199_254_740_991]).default(5_000_000_000),
  spare: p.enum([32_768, 127]).nullable(),
}) {}

/** Enums of numbers, whatever these are. */
export function numericEnums(open: OpenDatabase): void {
  describe("numeric enums", () => {
    let opened: TestDatabase;
    let database: Database;

    beforeEach(async () => {
      opened = await open({ models: [Answer] });
      database = opened.database;
    });
    afterEach(() => opened.close());

    test("Every number that an enum lists is stored, found and read as the same number.", async () => {
      const rows = [
        { grade: -1, status: 200, port: -70_000, size: 5, spare: 32_768 },
        { grade: 1, status: 404, port: 80, size: -9_007_199_254_740_991, spare: 127 },
      ] as const;
      await withDatabase(database, async () => {
        const byDefault = { grade: 2, status: 300, port: 70_000, size: 5_000_000_000, spare: null };
        expect(await objects(Answer).create({})).toEqual({ id: 1, ...byDefault });
        for (const [index, row] of rows.entries())
          expect(await objects(Answer).create(row)).toEqual({ id: index + 2, ...row });
        for (const [index, row] of rows.entries()) {
          for (const [name, value] of Object.entries(row))
            expect([
              name,
              await objects(Answer)
                .filter({ [name]: value } as never)
                .pluck("id"),
            ]).toEqual([name, [index + 2]]);
        }
        expect(await objects(Answer).filter({ id: 1 }).update(rows[1])).toBe(1);
        expect(await objects(Answer).get(1)).toEqual({ id: 1, ...rows[1] });
        const [entity] = await objects(Answer).filter({ id: 2 }).entities();
        expect({ ...entity }).toMatchObject(rows[0]);
        Object.assign(entity as object, rows[1]);
        await entityManager().flush();
        expect(await objects(Answer).get(2)).toEqual({ id: 2, ...rows[1] });
      });
    });
  });
}
