import { describe, expect, it } from "vitest";
import { type Dialect, type ModelClass, model, objects, p, withDatabase } from "../../../src/models/index.ts";
import { migrationProjects } from "../migration-project.ts";

const CHANGES: { readonly [what: string]: readonly [before: () => unknown, after: () => unknown, value: unknown] } = {
  "the case of a default": [() => p.string().default("Open"), () => p.string().default("open"), "open"],
  "digits of a text": [() => p.string().default("0"), () => p.string().default("00"), "00"],
  "the last digits of a decimal": [
    () => p.decimal().precision(15).scale(2).default("1234567890123.45"),
    () => p.decimal().precision(15).scale(2).default("1234567890123.46"),
    "1234567890123.46",
  ],
  "the case of an item": [() => p.enum(["A", "b"]).default("A"), () => p.enum(["a", "b"]).default("a"), "a"],
  "white space in an item": [() => p.enum(["a b", "x"]).default("x"), () => p.enum(["ab", "x"]).default("ab"), "ab"],
  "parentheses in an item": [() => p.enum(["(a)", "x"]).default("x"), () => p.enum(["a", "x"]).default("a"), "a"],
  "a repetition in an item": [
    () => p.enum(["tomtom", "x"]).default("x"),
    () => p.enum(["tom", "x"]).default("tom"),
    "tom",
  ],
  "a quote in an item": [() => p.enum(["a'b", "x"]).default("x"), () => p.enum(["ab", "x"]).default("ab"), "ab"],
};

/** Literals in tables are compared by their characters, and written back as they were. */
export function migrationLiteralContract(dialect: Dialect, address: () => Promise<string>): void {
  const { project } = migrationProjects(dialect, address);
  const ticket = (v: unknown) => [model("Ticket", { id: p.integer().primary(), v })] as unknown as ModelClass[];
  const rowsOf = (models: ModelClass[]) => objects(models[0] as never) as ReturnType<typeof objects<ModelClass>>;

  describe(`Literals of tables on ${dialect}`, () => {
    it.each(Object.entries(CHANGES))("change by %s alone, there and back", async (_, [was, is, value]) => {
      const [old, now] = [ticket(was()), ticket(is())];
      const { make, migrate, open, rows, database } = await project(old);
      const insert = "insert into `ticket` (`id`) values (1)";
      await rows(insert);
      const [first] = await withDatabase(database, () => rowsOf(old).pluck("v" as never));
      await rows("delete from `ticket`");
      expect(await make(now)).toHaveLength(1);
      expect(await make(now)).toEqual([]);
      await migrate();
      await rows(insert);
      const at = await open(now);
      expect(await withDatabase(at, () => rowsOf(now).pluck("v" as never))).toEqual([value]);
      await withDatabase(at, () => rowsOf(now).create({ id: 2, v: value } as never));
      await rows("delete from `ticket`");
      await migrate({ target: "0001" });
      await rows(insert);
      expect(await withDatabase(database, () => rowsOf(old).pluck("v" as never))).toEqual([first]);
    });

    // SQLite keeps 15 digits of a decimal.
    it.skipIf(dialect === "sqlite")("keep all digits of a decimal", async () => {
      const of = (text: string) => ticket(p.decimal().precision(25).scale(0).default(text));
      const [old, now] = [of("9007199254740993"), of("9007199254740992")];
      const { make, migrate, rows } = await project(old);
      expect(await make(old)).toEqual([]);
      expect(await make(now)).toHaveLength(1);
      await migrate();
      await migrate({ target: "0001" });
      await rows("insert into `ticket` (`id`) values (1)");
      expect(await rows("select `v` from `ticket`")).toEqual([{ v: "9007199254740993" }]);
    });

    it("keep the case of an enum's items on the way back from a field that went or became another kind", async () => {
      const [old, now] = [ticket(p.enum(["A", "B"]).default("A")), ticket(p.string().default("B"))];
      const { make, migrate, rows } = await project(old);
      await make(now);
      await migrate();
      await make([model("Ticket", { id: p.integer().primary() })] as unknown as ModelClass[], {
        answers: { drops: ["Ticket.v"] },
      });
      await migrate();
      await migrate({ target: "0001" });
      await rows("insert into `ticket` (`id`, `v`) values (1, 'B')");
      expect(await rows("select `v` from `ticket`")).toEqual([{ v: "B" }]);
    });

    it("may be names with letters of every alphabet, in tables that are changed again", async () => {
      const of = (v: () => unknown) =>
        [
          model("Ticket", {
            id: p.integer().primary(),
            size: p.integer().fieldName("GRÖẞE").nullable(),
            v: v() as ReturnType<typeof p.string>,
          }),
        ] as unknown as ModelClass[];
      const [old, now] = [
        of(() => p.string().fieldName("ÄNDERUNG").nullable()),
        of(() => p.integer().fieldName("ÄNDERUNG").nullable()),
      ];
      const { make, migrate, rows } = await project(old);
      await rows("insert into `ticket` (`GRÖẞE`, `ÄNDERUNG`) values (1, '2')");
      await make(now);
      await migrate();
      expect(await rows("select `GRÖẞE`, `ÄNDERUNG` from `ticket`")).toEqual([{ GRÖẞE: 1, ÄNDERUNG: 2 }]);
    });
  });
}
