import { describe, expect, it } from "vitest";
import { Database } from "../../../src/models/database/database.ts";
import { model, objects, p, withDatabase } from "../../../src/models/index.ts";
import type { OpenDatabase } from "../../support/database-servers.ts";

const STATES = ["new", "Paid", "archived", "b", "é"] as const;
class Tag extends model("Tag", { id: p.integer().primary(), name: p.string().length(40).unique() }) {}
class Job extends model("Job", {
  id: p.integer().primary(),
  state: p.enum(STATES),
  next: p.enum(STATES).nullable(),
  at: p.datetime().defaultRaw("current_timestamp"),
}) {}

const WORDS = ["Ärger", "ÉCLAIR", "ЯБЛОКО", "ΟΔΟΣ", "Kelvin \u212A", "İstanbul", "Straße", "ÇA"] as const;

/** What is the same on every database although each has a way of its own. */
export function alike(open: OpenDatabase): void {
  const opened = async () => {
    const first = await open();
    const database = await Database.open({ url: first.url, models: [Tag, Job] });
    await database.execute("drop table if exists tag_notes");
    await database.orm.schema.update({ safe: true });
    const close = async () => {
      await database.close();
      await first.close();
    };
    return { database, close };
  };

  describe("alike", () => {
    it("Unique texts that differ in case, accents or spaces at the end are different texts.", async () => {
      const { database, close } = await opened();
      await withDatabase(database, async () => {
        const names = ["Ada", "ada", "cafe", "café", "x", "x ", "ß", "ss"];
        for (const name of names) await objects(Tag).create({ name });
        expect(await objects(Tag).orderBy("id").pluck("name")).toEqual(names);
        await expect(objects(Tag).create({ name: "ada" })).rejects.toMatchObject({ code: "DATABASE_UNIQUE" });
      });
      await close();
    });

    it("Enums are sorted, compared and read on by their texts.", async () => {
      const { database, close } = await opened();
      await withDatabase(database, async () => {
        for (const state of STATES) await objects(Job).create({ state, next: state === "b" ? null : state });
        const order = await objects(Job).orderBy("state").pluck("state");
        for (const [index, state] of order.entries()) {
          expect(
            await objects(Job)
              .filter({ state: { gt: state } })
              .orderBy("state")
              .pluck("state"),
          ).toEqual(order.slice(index + 1));
          expect(
            await objects(Job)
              .filter({ state: { lte: state } })
              .orderBy("-state")
              .pluck("state"),
          ).toEqual(order.slice(0, index + 1).reverse());
        }
        for (const by of ["state", "-next"] as const) {
          const all = await objects(Job).orderBy(by).pluck("id");
          const seen: number[] = [];
          for (
            let page = await objects(Job).orderBy(by).page(1);
            ;
            page = await objects(Job).orderBy(by).after(page.next).page(1)
          ) {
            seen.push(...page.rows.map(({ id }) => id));
            if (page.next === undefined || page.next === null) break;
          }
          expect(seen).toEqual(all);
        }
      });
      await close();
    });

    it("A search in any case finds the words of every language.", async () => {
      const { database, close } = await opened();
      await withDatabase(database, async () => {
        for (const name of WORDS) await objects(Tag).create({ name });
        for (const name of WORDS) {
          for (const asked of [name, name.toLowerCase(), [...name].map((one) => one.toLowerCase()).join("")]) {
            expect([
              asked,
              await objects(Tag)
                .filter({ name: { iexact: asked } })
                .pluck("name"),
            ]).toEqual([asked, [name]]);
            expect([asked, await objects(Tag).search(asked, ["name"]).pluck("name")]).toEqual([asked, [name]]);
            expect([
              asked,
              await objects(Tag)
                .filter({ name: { istartsWith: asked } })
                .count(),
            ]).toEqual([asked, 1]);
          }
        }
      });
      await close();
    });

    it("What is now is now, whatever the time zone of the server.", async () => {
      const { database, close } = await opened();
      await withDatabase(database, async () => {
        const { at } = await objects(Job).create({ state: "b" });
        expect(Math.abs(Date.parse(String(at)) - Date.now())).toBeLessThan(600_000);
      });
      if (open.dialect === "postgres")
        expect((await database.execute("show timezone")).rows).toEqual([{ TimeZone: "UTC" }]);
      if (open.dialect === "mysql")
        expect((await database.execute("select @@session.time_zone as zone")).rows).toEqual([{ zone: "+00:00" }]);
      await close();
    });
  });
}
