import { describe, expect, it } from "vitest";
import { type Dialect, type ModelClass, model, objects, p, withDatabase } from "../../../src/models/index.ts";
import { migrationProjects } from "../migration-project.ts";

type Default = readonly [make: () => unknown, plain: unknown];

const DEFAULTS: { readonly [name: string]: Default } = {
  quote: [() => p.string().default("it's"), "it's"],
  backslash: [() => p.string().default("a\\b\\'; --"), "a\\b\\'; --"],
  lines: [() => p.text().default('one;\ntwo "three" `four` $five'), 'one;\ntwo "three" `four` $five'],
  item: [() => p.enum(["it's", "a\\b", "c,d"]).default("a\\b"), "a\\b"],
  rank: [() => p.enum([1, 2]).default(2), 2],
  moment: [() => p.datetime().default(new Date("2026-01-01T00:00:00.250Z")), "2026-01-01T00:00:00.250Z"],
  momentText: [() => p.datetime().default("2026-01-01T02:00:00+02:00"), "2026-01-01T00:00:00.000Z"],
  day: [() => p.date().default("2026-01-31"), "2026-01-31"],
  hour: [() => p.time().default("09:30"), "09:30:00"],
  object: [() => p.json().default({ a: ["it's", "\\"] } as never), { a: ["it's", "\\"] }],
  objectText: [() => p.json().default('{"a":1}'), { a: 1 }],
  numberText: [() => p.json().default("5"), 5],
  wordText: [() => p.json().default('"null"'), "null"],
  flagText: [() => p.json().default("true"), true],
  list: [() => p.json().default([] as never), []],
  price: [() => p.decimal().precision(8).scale(2).default("1.5"), "1.50"],
  number: [() => p.integer().default(-7), -7],
  large: [() => p.bigint().default("9007199254740993"), "9007199254740993"],
  ratio: [() => p.double().default(0.1), 0.1],
  flag: [() => p.boolean().default(true), true],
  bytes: [() => p.blob().default("aMOp" as never), "aMOp"],
};

/** What defaults are in rows that were there, in rows of the database's own and in new ones. */
export function columnDefaultContract(dialect: Dialect, address: () => Promise<string>): void {
  const { project } = migrationProjects(dialect, address);
  const thing = (fields: Record<string, unknown>) =>
    [model("Thing", { id: p.integer().primary(), n: p.integer(), ...fields })] as unknown as ModelClass[];
  const all = (of: (entry: Default) => unknown) =>
    Object.fromEntries(Object.entries(DEFAULTS).map(([name, entry]) => [name, of(entry)]));
  const rowsOf = (models: ModelClass[]) => objects(models[0] as never) as ReturnType<typeof objects<ModelClass>>;

  describe(`Defaults on ${dialect}`, () => {
    it("are the same value in old rows, in the database's own and in new ones", async () => {
      const { make, migrate, rows, open } = await project(thing({}));
      await rows("insert into `thing` (`n`) values (1)");
      const models = thing(all(([create]) => create()));
      await make(models);
      await migrate();
      await rows("insert into `thing` (`n`) values (2)");
      expect(await make(models)).toEqual([]);
      await withDatabase(await open(models), async () => {
        const made = await rowsOf(models).create({ n: 3 } as never);
        await rowsOf(models).create({ n: 4 } as never);
        const expected = all(([, plain]) => plain);
        expect(made).toMatchObject(expected);
        const found = await rowsOf(models)
          .orderBy("id" as never)
          .rows();
        expect(found).toEqual([1, 2, 3, 4].map((n) => ({ id: n, n, ...expected })));
        for (const name of ["quote", "backslash", "item", "moment", "day", "price", "large", "flag"]) {
          const count = await rowsOf(models)
            .filter({ [name]: expected[name] } as never)
            .count();
          expect([name, count]).toEqual([name, 4]);
        }
      });
    });

    it("of the moment of now are moments, which are compared and sorted as such", async () => {
      const fields = { at: p.datetime().defaultRaw("current_timestamp") };
      const { make, migrate, rows, open } = await project(thing({}));
      const models = thing(fields);
      await rows("insert into `thing` (`n`) values (1)");
      const begun = new Date(Date.now() - 5_000).toISOString();
      await make(models);
      await migrate();
      await rows("insert into `thing` (`n`) values (2)");
      await withDatabase(await open(models), async () => {
        await rowsOf(models).create({ n: 3 } as never);
        const end = new Date(Date.now() + 5_000).toISOString();
        expect(
          await rowsOf(models)
            .filter({ at: { gt: begun, lt: end } } as never)
            .count(),
        ).toBe(3);
      });
    });

    it("of the moment of now are given to each of several rows that has no value", async () => {
      const now = () => p.datetime().defaultRaw("current_timestamp");
      const models = thing({ at: now(), maybe: now().nullable() });
      const { open } = await project(models);
      const at = "2026-01-01T00:00:00.000Z";
      await withDatabase(await open(models), async () => {
        const made = await rowsOf(models).createMany([
          { n: 1, at, maybe: at },
          { n: 2 },
          { n: 3, maybe: null },
        ] as never);
        const moment = expect.stringMatching(/^20\d\d-.*Z$/);
        expect(made).toEqual([
          { id: 1, n: 1, at, maybe: at },
          { id: 2, n: 2, at: moment, maybe: moment },
          { id: 3, n: 3, at: moment, maybe: null },
        ]);
        for (const row of made.slice(1)) expect(row).not.toMatchObject({ at });
      });
    });

    it("give way to an empty value where the field takes one, and stay where it does not", async () => {
      const optional = (create: Default[0]) => (create() as { nullable(): unknown }).nullable();
      const nullable = model("Nullable", { id: p.integer().primary(), ...(all(([one]) => optional(one)) as object) });
      const models = [...thing(all(([create]) => create())), nullable] as unknown as ModelClass[];
      const { open } = await project(models);
      const empty = all(() => null);
      const expected = all(([, plain]) => plain);
      await withDatabase(await open(models), async () => {
        const one = await rowsOf(models).createMany([{ n: 1, ...empty }, { n: 2 }] as never);
        expect(one).toEqual([1, 2].map((n) => ({ id: n, n, ...expected })));
        const two = await rowsOf(models.slice(1)).createMany([empty, {}] as never);
        expect(two).toEqual([
          { id: 1, ...empty },
          { id: 2, ...expected },
        ]);
      });
    });

    it("of JSON that are null are the empty value: none where the field is nullable, else refused", async () => {
      const { make, migrate, rows, open } = await project(thing({}));
      await rows("insert into `thing` (`n`) values (1)");
      await expect(make(thing({ wrong: p.json().default("null") }))).rejects.toMatchObject({
        code: "MODEL_DEFAULT_INVALID",
        message: expect.stringContaining('Thing.wrong can\'t have the default "null"'),
      });
      const models = thing({ v: p.json().nullable().default("null") });
      await make(models);
      await migrate();
      await rows("insert into `thing` (`n`) values (2)");
      await withDatabase(await open(models), async () => {
        await rowsOf(models).create({ n: 3 } as never);
        const count = (conditions: object) =>
          rowsOf(models)
            .filter(conditions as never)
            .count();
        expect(await count({ v: { isNull: true } })).toBe(3);
      });
      expect(await rows("select count(*) as `number` from `thing` where `v` is null")).toEqual([
        { number: expect.toSatisfy((value) => Number(value) === 3) },
      ]);
    });

    it("that are none of their kind are refused before anything is written", async () => {
      const { make } = await project(thing({}));
      for (const wrong of [
        p.json().default("{"),
        p.datetime().default("yesterday"),
        p.integer().default("x" as never),
      ]) {
        await expect(make(thing({ wrong }))).rejects.toMatchObject({
          code: "MODEL_DEFAULT_INVALID",
          message: expect.stringContaining("Thing.wrong"),
        });
      }
    });

    it("of a long name is no matter: a name that a database would cut is refused or hashed", async () => {
      const long = "aPropertyNameThatIsReallyLongerThanSixtyThreeCharactersForSomeReason";
      expect(() => thing({ [long]: p.string().fieldName("short") })).toThrow(/Thing\.aProperty.*too long/);
      expect(() => model("A".repeat(64), { id: p.integer().primary() })).toThrow(/too long/);
      expect(() => model("Thing", { id: p.integer().primary() }, { tableName: "t".repeat(64) })).toThrow(/too long/);
      const { make } = await project(thing({}));
      const column = p.string().fieldName("c".repeat(64));
      await expect(make(thing({ column }))).rejects.toMatchObject({ code: "MODEL_NAME_TOO_LONG" });
      // Both tables between begin with the same 63 letters.
      const Paper = model("CustomsDocument", { id: p.integer().primary() });
      const papers = () => p.manyToMany(Paper);
      const Parcel = model("InternationalShippingConsignment", {
        id: p.integer().primary(),
        associatedCustomsDocumentsImport: papers,
        associatedCustomsDocumentsExport: papers,
      });
      const { open } = await project([Paper, Parcel] as unknown as ModelClass[]);
      await withDatabase(await open([Paper, Parcel] as unknown as ModelClass[]), async () => {
        await objects(Paper).create({});
        await objects(Parcel).create({ associatedCustomsDocumentsExport: [1] });
        const [row] = await objects(Parcel)
          .related("associatedCustomsDocumentsImport", "associatedCustomsDocumentsExport")
          .rows();
        expect(row).toMatchObject({
          associatedCustomsDocumentsImport: [],
          associatedCustomsDocumentsExport: [{ id: 1 }],
        });
      });
    });
  });
}
