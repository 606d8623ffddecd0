import { describe, expect, it } from "vitest";
import { Database, type Dialect, type ModelClass, model, p } from "../../../src/models/index.ts";
import { migrateDatabase } from "../../../src/models/migrations/migrate.ts";
import { migrationProjects } from "../migration-project.ts";

/** What becomes of the indexes that references need, on one kind of database. */
export function migrationIndexContract(dialect: Dialect, address: () => Promise<string>): void {
  const { project } = migrationProjects(dialect, address);
  const Person = model("Person", { id: p.integer().primary(), name: p.string() });
  const named = (name: string, fields: Record<string, unknown>, options: object = {}) =>
    [Person, model(name, { id: p.integer().primary(), ...fields }, options)] as unknown as ModelClass[];
  const one = () => p.oneToOne(Person).nullable();
  const many = () => p.manyToOne(Person).nullable();
  const note = p.string().length(20).default("");

  const CHANGES: {
    readonly [title: string]: readonly [before: ModelClass[], after: ModelClass[], renames?: string[]];
  } = {
    "a reference that becomes the only one": [named("Customer", { user: many }), named("Customer", { user: one })],
    "a reference that is no longer the only one": [named("Customer", { user: one }), named("Customer", { user: many })],
    "a reference with another name": [
      named("Customer", { user: one }),
      named("Customer", { person: one }),
      ["Customer.user:person"],
    ],
    "a reference with another name that becomes the only one": [
      named("Customer", { user: many }),
      named("Customer", { person: one }),
      ["Customer.user:person"],
    ],
    "a model with another name": [
      named("Customer", { user: one }),
      named("Client", { user: one }),
      ["Customer:Client"],
    ],
    "a set of unique fields that begins with a reference": [
      named("Customer", { user: many, note }, { uniqueTogether: [["user", "note"]] }),
      named("Customer", { user: many, note }),
    ],
    "an index that begins with a reference": [
      named("Customer", { user: many, note }, { indexes: [["user", "note"]] }),
      named("Customer", { user: many, note }, { indexes: [["note", "user"]] }),
    ],
    "a reference that goes": [named("Customer", { user: one }), named("Customer", {})],
  };

  describe(`Indexes on ${dialect}`, () => {
    it.each(Object.entries(CHANGES))("follow %s, there and back", async (_, [before, after, renames]) => {
      const { make, migrate, rows, drift } = await project(before);
      const [from, to] = [before, after].map((models) => (models[1]?.name === "Client" ? "client" : "customer"));
      await rows("insert into `person` (`id`, `name`) values (1, 'ada')");
      await rows(`insert into \`${from}\` (\`id\`, \`user_id\`) values (1, 1)`);
      await make(after, { answers: { renames } });
      await migrate();
      expect(await drift(after)).toBe("");
      expect(await make(after)).toEqual([]);
      expect(await rows(`select \`id\` from \`${to}\``)).toEqual([{ id: 1 }]);
      await migrate({ target: "0001" });
      expect(await rows(`select \`id\` from \`${from}\``)).toEqual([{ id: 1 }]);
      expect((await migrate()).applied).toHaveLength(1);
    });

    it("are there for every reference and both ends of a many-to-many field", async () => {
      const { database } = await project(named("Customer", { user: many, friends: () => p.manyToMany(Person) }));
      const first = async (table: string, column: string) => {
        const sql = {
          sqlite: `select 1 from pragma_index_list('${table}') i join pragma_index_info(i.name) c where c.seqno = 0 and c.name = '${column}'`,
          postgres: `select 1 from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0] where i.indrelid = '${table}'::regclass and a.attname = '${column}'`,
          mysql: `select 1 from information_schema.statistics where table_schema = database() and table_name = '${table}' and seq_in_index = 1 and column_name = '${column}'`,
        }[dialect];
        return (await database.execute(sql)).rows.length;
      };
      for (const [table, column] of [
        ["customer", "user_id"],
        ["customer_friends", "customer_id"],
        ["customer_friends", "person_id"],
      ] as const) {
        expect([table, column, await first(table, column)]).toEqual([table, column, expect.any(Number)]);
        expect(await first(table, column)).toBeGreaterThan(0);
      }
    });

    it("and tables may be changed for longer than a statement may take otherwise", async () => {
      const { url, folder, write } = await project(named("Customer", {}));
      const slow = { sqlite: "select 1", postgres: "select pg_sleep(0.5)", mysql: "select sleep(0.5)" }[dialect];
      write("0002_slow", `export const up = [${JSON.stringify(slow)}]; export const down = [];`);
      await using hasty = await Database.open({ url, models: [], statementTimeout: 100 });
      expect((await migrateDatabase(hasty, { folder })).applied).toEqual(["0002_slow"]);
    });
  });
}
