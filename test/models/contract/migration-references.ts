import { describe, expect, it } from "vitest";
import { type Dialect, type ModelClass, model, p } from "../../../src/models/index.ts";
import { migrationProjects } from "../migration-project.ts";

/** Relations that get another model, on one kind of database; `address` makes an empty database of it. */
export function migrationReferenceContract(dialect: Dialect, address: () => Promise<string>): void {
  const { project } = migrationProjects(dialect, address);
  const id = () => p.integer().primary();
  const own = (name: string) => model(name, { id: id(), name: p.string().length(20).default("") });
  const models = (...all: unknown[]) => all as ModelClass[];
  type Relate = (target: ModelClass) => unknown;
  const order = (relate: Relate, target: string, name = "clerk") => {
    const [Clerk, Employee] = [own("Clerk"), own("Employee")];
    const related = (target === "Clerk" ? Clerk : Employee) as unknown as ModelClass;
    return models(Clerk, Employee, model("Order", { id: id(), [name]: () => relate(related) as never }));
  };
  const people = ["insert into `clerk` (`id`) values (1)", "insert into `employee` (`id`) values (1)"];
  const kept = "insert into `order` (`id`, `clerk_id`) values (1, 1)";
  const SHAPES: { readonly [title: string]: readonly [relate: Relate, row: string, table: string, column: string] } = {
    "to-one": [(target) => p.manyToOne(target as never), kept, "order", "clerk_id"],
    "to-one that may be empty": [(target) => p.manyToOne(target as never).nullable(), kept, "order", "clerk_id"],
    "one-to-one": [(target) => p.oneToOne(target as never), kept, "order", "clerk_id"],
    "to-one without a foreign key": [
      (target) => p.manyToOne(target as never).createForeignKeyConstraint(false),
      kept,
      "order",
      "clerk_id",
    ],
    "many-to-many": [
      (target) => p.manyToMany(target as never),
      "insert into `order_clerk` (`order_id`, `clerk_id`) values (1, 1)",
      "order_clerk",
      "clerk_id",
    ],
  };

  describe(`Relations that get another model on ${dialect}`, () => {
    it.each(Object.entries(SHAPES))("are refused while there are keys: %s", async (title, shape) => {
      const [relate, row, table, column] = shape;
      const { make, migrate, rows, drift } = await project(order(relate, "Clerk"));
      for (const sql of people) await rows(sql);
      if (title === "many-to-many") await rows("insert into `order` (`id`) values (1)");
      await rows(row);
      const next = order(relate, "Employee");
      const [made] = await make(next);
      expect(made?.changes).toContain("Change Order.clerk (refers to Employee instead of Clerk)");
      await expect(migrate()).rejects.toMatchObject({
        code: "MIGRATION_REFUSED",
        message: expect.stringContaining("Order.clerk has keys of Clerk and will refer to Employee"),
      });
      expect(await rows(`select \`${column}\` from \`${table}\``)).toEqual([{ [column]: 1 }]);
      await rows(`delete from \`${table}\``);
      await migrate();
      expect(await drift(next)).toBe("");
      expect(await make(next)).toEqual([]);
      const now = title === "many-to-many" ? row.replace("clerk_id", "employee_id") : row;
      await rows(now);
      await expect(migrate({ target: "0001" })).rejects.toMatchObject({
        code: "MIGRATION_REFUSED",
        message: expect.stringContaining("Order.clerk has keys of Employee and will refer to Clerk"),
      });
      await rows(`delete from \`${table}\``);
      await migrate({ target: "0001" });
      expect(await drift(order(relate, "Clerk"))).toBe("");
    });

    it("are refused under another name and another key of the same model as well", async () => {
      const relate: Relate = (target) => p.manyToOne(target as never);
      const { make, migrate, rows } = await project(order(relate, "Clerk"));
      for (const sql of [...people, kept]) await rows(sql);
      await make(order(relate, "Employee", "seller"), { answers: { renames: ["Order.clerk:seller"] } });
      const message = expect.stringContaining("Order.seller has keys of Clerk and will refer to Employee");
      await expect(migrate()).rejects.toMatchObject({ code: "MIGRATION_REFUSED", message });
      expect(await rows("select `clerk_id` from `order`")).toEqual([{ clerk_id: 1 }]);

      const clerk = (byNumber: boolean) => {
        const Clerk = model("Clerk", {
          id: byNumber ? p.integer() : p.integer().primary(),
          number: byNumber ? p.integer().primary() : p.integer(),
        }) as unknown as ModelClass;
        return models(Clerk, model("Order", { id: id(), clerk: () => p.manyToOne(Clerk as never).fieldName("clerk") }));
      };
      const keys = await project(clerk(false));
      await keys.rows("insert into `clerk` (`id`, `number`) values (1, 2), (2, 1)");
      await keys.rows("insert into `order` (`id`, `clerk`) values (1, 1)");
      const [made] = await keys.make(clerk(true));
      expect(made?.changes).toContain("Change Order.clerk (refers to Clerk.number instead of Clerk.id)");
      await expect(keys.migrate()).rejects.toMatchObject({ code: "MIGRATION_REFUSED" });
    });

    it("are not those whose model, key or table has another name", async () => {
      const shop = (name: string, key: string, options: object = {}) => {
        const Clerk = model(name, { [key]: id() }, options) as unknown as ModelClass;
        const to = { one: () => p.manyToOne(Clerk as never), all: () => p.manyToMany(Clerk as never) };
        const free = () => p.manyToOne(Clerk as never).createForeignKeyConstraint(false);
        return models(Clerk, model("Order", { id: id(), ...to, free }));
      };
      const { make, migrate, rows } = await project(shop("Clerk", "id"));
      await rows("insert into `clerk` (`id`) values (1)");
      await rows("insert into `order` (`id`, `one_id`, `free_id`) values (1, 1, 1)");
      await rows("insert into `order_all` (`order_id`, `clerk_id`) values (1, 1)");
      const next = shop("Employee", "number", { tableName: "people" });
      const [made] = await make(next, { answers: { renames: ["Clerk:Employee", "Employee.id:number"] } });
      expect(made?.changes.join("\n")).not.toContain("refers to");
      await migrate();
      expect(await rows("select `one_number`, `free_number` from `order`")).toEqual([
        { one_number: 1, free_number: 1 },
      ]);
      expect(await rows("select * from `order_all`")).toEqual([{ order_id: 1, employee_number: 1 }]);
      await migrate({ target: "0001" });
      expect(await rows("select `one_id`, `free_id` from `order`")).toEqual([{ one_id: 1, free_id: 1 }]);
    });
  });
}
