import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Dialect, type ModelClass, model, p } from "../../../src/models/index.ts";
import type { Snapshot } from "../../../src/models/renames/snapshot.ts";
import { migrationProjects } from "../migration-project.ts";

/** What becomes of tables and snapshots that an earlier version has made, on one kind of database. */
export function migrationUpgradeContract(dialect: Dialect, address: () => Promise<string>): void {
  const { project } = migrationProjects(dialect, address);
  const parts = (price: unknown = p.decimal().precision(8).scale(2)) => {
    const Land = model("Land", { code: p.string().length(5).primary(), name: p.string().length(20).unique() });
    const Town = model("Town", { id: p.integer().primary(), open: p.boolean(), price, land: () => p.manyToOne(Land) });
    return [Land, Town] as unknown as ModelClass[];
  };

  describe(`Tables of an earlier version on ${dialect}`, () => {
    it("need no migration but for what they do otherwise, and keep their rows", async () => {
      const { make, migrate, rows, folder } = await project(parts());
      await rows("insert into `land` (`code`, `name`) values ('de', 'Ada')");
      await rows("insert into `town` (`open`, `price`, `land_code`) values (true, 1.25, 'de')");
      const path = join(folder, dialect, ".snapshot.json");
      const { names, ...more } = JSON.parse(readFileSync(path, "utf8")) as Snapshot;
      const old = Object.entries(names).map(([table, { model: name, columns }]) => [table, { model: name, columns }]);
      writeFileSync(path, JSON.stringify({ ...more, names: Object.fromEntries(old) }));
      if (dialect !== "mysql") {
        expect(await make(parts())).toEqual([]);
      } else {
        await rows("alter table `town` drop foreign key `town_land_code_foreign`");
        for (const table of ["land", "town"])
          await rows(`alter table \`${table}\` convert to character set utf8mb4 collate utf8mb4_general_ci`);
        await rows(
          "alter table `town` add constraint `town_land_code_foreign` foreign key (`land_code`) references `land` (`code`) on update cascade",
        );
        await expect(rows("insert into `land` (`code`, `name`) values ('at', 'ada')")).rejects.toThrow();
        const [made] = await make(parts());
        expect(made?.changes).toEqual([
          "Compare the texts of Land by their characters",
          "Compare the texts of Town by their characters",
        ]);
        await migrate();
        await rows("insert into `land` (`code`, `name`) values ('DE', 'ada')");
        expect(await make(parts())).toEqual([]);
      }
      expect(await rows("select `land_code` from `town`")).toEqual([{ land_code: "de" }]);
      const [wider] = await make(parts(p.integer()), { check: true });
      expect(wider?.changes).toEqual(["Change Town.price (type)"]);
    });
  });
}
