import { cpSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Dialect, type ModelClass, model, p } from "../../../src/models/index.ts";
import { makeMigrations } from "../../../src/models/migrations/make-migrations.ts";
import { migrationProjects } from "../migration-project.ts";

/** What becomes of a change that another branch has made, on one kind of database. */
export function migrationBranchContract(dialect: Dialect, address: () => Promise<string>): void {
  const { project, root } = migrationProjects(dialect, address);
  const Owner = model("Owner", { id: p.integer().primary() }) as unknown as ModelClass;
  const thing = (fields: Record<string, unknown>) =>
    [Owner, model("Thing", { id: p.integer().primary(), name: p.string(), ...fields })] as unknown as ModelClass[];
  const before = { rank: p.string().nullable() };
  const after = { rank: p.integer().nullable() };

  const ADDED: { readonly [title: string]: Record<string, unknown> } = {
    "a column": { points: p.integer().default(0) },
    "a reference": { owner: () => p.manyToOne(Owner as never).nullable() as never },
  };

  describe(`Branches on ${dialect}`, () => {
    it.each(Object.entries(ADDED))("keep %s that one has added when the other changes the table", async (_, more) => {
      const { make, migrate, rows, folder } = await project(thing(before));
      const branch = mkdtempSync(join(root, "branch-"));
      cpSync(folder, branch, { recursive: true });
      const [other] = await makeMigrations({ models: thing(after), folder: branch, dialects: [dialect] });
      await make(thing({ ...before, ...more }));
      await migrate();
      await rows("insert into `thing` (`name`, `rank`) values ('x', '7')");
      const columns = Object.keys((await rows("select * from `thing`"))[0] ?? {});
      cpSync(other?.path ?? "", join(folder, dialect, "0003_other.ts"));
      if (dialect === "sqlite") {
        await expect(migrate()).rejects.toMatchObject({
          code: "MIGRATION_REFUSED",
          message: expect.stringMatching(/Found: column (?:points|owner_id) integer/),
        });
      } else expect((await migrate()).applied).toEqual(["0003_other"]);
      expect(Object.keys((await rows("select * from `thing`"))[0] ?? {})).toEqual(columns);
    });

    it("and a table whose rows or indexes were changed by hand is no other table", async () => {
      const { make, migrate, rows } = await project(thing(before));
      await rows("create index `by_hand` on `thing` (`name`)");
      await rows("insert into `thing` (`name`, `rank`) values ('x', '7')");
      await make(thing(after));
      await migrate();
      expect(await rows("select `rank` from `thing`")).toEqual([{ rank: 7 }]);
      // It is still there: its name is taken.
      await expect(rows("create index `by_hand` on `thing` (`name`)")).rejects.toThrow();
      await migrate({ target: "0001" });
      await expect(rows("create index `by_hand` on `thing` (`name`)")).rejects.toThrow();
      expect(await rows("select `rank` from `thing`")).toEqual([{ rank: "7" }]);
    });
  });
}
