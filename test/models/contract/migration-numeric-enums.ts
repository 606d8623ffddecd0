import { describe, expect, it } from "vitest";
import { type Dialect, type ModelClass, model, p } from "../../../src/models/index.ts";
import { migrationProjects } from "../migration-project.ts";

/** What becomes of the column of an enum whose numbers change, on one kind of database. */
export function migrationNumericEnumContract(dialect: Dialect, address: () => Promise<string>): void {
  const { project } = migrationProjects(dialect, address);
  const answer = (items: readonly number[]) =>
    [model("Answer", { id: p.integer().primary(), status: p.enum(items as never) })] as unknown as ModelClass[];

  describe(`Enums of numbers on ${dialect}`, () => {
    it("get a column that holds them, and one that holds them already stays", async () => {
      const { make, migrate, rows } = await project(answer([1, 2]));
      const insert = (status: number) => rows(`insert into \`answer\` (\`status\`) values (${status})`);
      await insert(2);
      const stored: number[] = [2];
      for (const items of [
        [1, 2, 100],
        [1, 2, 300],
        [1, 2, 70_000],
        [1, 2, 5_000_000_000],
      ]) {
        await make(answer(items));
        await migrate();
        // The next one finds nothing to do.
        expect(await make(answer(items))).toEqual([]);
        const last = items.at(-1) as number;
        await insert(last);
        stored.push(last);
        const found = await rows("select `status` from `answer` order by `id`");
        expect(found.map(({ status }) => Number(status))).toEqual(stored);
      }
    });
  });
}
