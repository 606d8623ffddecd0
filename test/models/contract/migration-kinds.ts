import { describe, expect, it } from "vitest";
import { type Dialect, type ModelClass, model, objects, p, withDatabase } from "../../../src/models/index.ts";
import { migrationProjects } from "../migration-project.ts";

type Pair = readonly [before: () => unknown, value: unknown, after: () => unknown, becomes: unknown];

const decimal = (precision: number, scale: number) => p.decimal().precision(precision).scale(scale);

/** A value of each kind, and what it is in another kind. */
const CONVERTED: { readonly [name: string]: Pair } = {
  momentToDay: [() => p.datetime(), "2026-05-01T23:30:00.000Z", () => p.date(), "2026-05-01"],
  momentToText: [() => p.datetime(), "2026-05-01T10:00:00.250Z", () => p.string(), "2026-05-01T10:00:00.250Z"],
  momentToTime: [() => p.datetime(), "2026-05-01T10:20:30.000Z", () => p.time(), "10:20:30"],
  dayToMoment: [() => p.date(), "2026-01-31", () => p.datetime(), "2026-01-31T00:00:00.000Z"],
  dayToText: [() => p.date(), "2026-01-31", () => p.string(), "2026-01-31"],
  textToDay: [() => p.string(), "2026-01-31", () => p.date(), "2026-01-31"],
  timeToText: [() => p.time(), "09:30:00", () => p.string(), "09:30:00"],
  textToTime: [() => p.string(), "09:30:00", () => p.time(), "09:30:00"],
  textToMoment: [() => p.string(), "2026-01-31 10:20:30", () => p.datetime(), "2026-01-31T10:20:30.000Z"],
  textToInteger: [() => p.string(), " 12", () => p.integer(), 12],
  textToBigint: [() => p.string(), "9007199254740993", () => p.bigint(), "9007199254740993"],
  textToDouble: [() => p.string(), "-00.30000000000000004e0", () => p.double(), -0.30000000000000004],
  textToSmallDouble: [() => p.string(), "0.0000150e-300", () => p.double(), 1.5e-305],
  textToZero: [() => p.string(), "0.0", () => p.double(), 0],
  numbersToJson: [() => p.text(), "[1e21, -0.1, 100, 123.456e-7]", () => p.json(), [1e21, -0.1, 100, 123.456e-7]],
  textToDecimal: [() => p.string(), "12.5", () => decimal(10, 2), "12.50"],
  textToBoolean: [() => p.string(), "true", () => p.boolean(), true],
  wordToBoolean: [() => p.string(), "no", () => p.boolean(), false],
  textToJson: [() => p.text(), '{"a": [1]}', () => p.json(), { a: [1] }],
  textToBytes: [() => p.string(), "h\\é", () => p.blob(), Buffer.from("h\\é").toString("base64")],
  bytesToText: [() => p.blob(), Buffer.from("h\\é").toString("base64"), () => p.text(), "h\\é"],
  textToUuid: [
    () => p.string(),
    "2f0c1c8e-8b1e-4c1d-9d60-0f6f4c7d7b11",
    () => p.uuid(),
    "2f0c1c8e-8b1e-4c1d-9d60-0f6f4c7d7b11",
  ],
  integerToBoolean: [() => p.integer(), 1, () => p.boolean(), true],
  integerToText: [() => p.integer(), 7, () => p.string(), "7"],
  integerToBigint: [() => p.integer(), 7, () => p.bigint(), "7"],
  integerToDecimal: [() => p.integer(), 7, () => decimal(10, 2), "7.00"],
  bigintToInteger: [() => p.bigint(), "7", () => p.integer(), 7],
  booleanToInteger: [() => p.boolean(), true, () => p.integer(), 1],
  booleanToText: [() => p.boolean(), false, () => p.string(), "false"],
  wholeDoubleToInteger: [() => p.double(), 3, () => p.integer(), 3],
  doubleToDecimal: [() => p.double(), 0.1 + 0.2, () => decimal(10, 2), "0.30"],
  decimalToDouble: [() => decimal(10, 2), "12.50", () => p.double(), 12.5],
  lessScale: [() => decimal(10, 4), "12.3500", () => decimal(10, 2), "12.35"],
  moreScale: [() => decimal(10, 2), "12.35", () => decimal(12, 4), "12.3500"],
  shorter: [() => p.string().length(40), "äbc", () => p.string().length(3), "äbc"],
  longer: [() => p.string().length(3), "abc", () => p.string().length(300), "abc"],
  boundText: [() => p.text(), "abc", () => p.string().length(3), "abc"],
};

/** A value of each kind that would be another one, or none, in another kind. */
const REFUSED: { readonly [title: string]: readonly [before: () => unknown, value: unknown, after: () => unknown] } = {
  "a text that is no number": [() => p.string(), "abc", () => p.integer()],
  "a text that is neither true nor false": [() => p.string(), "perhaps", () => p.boolean()],
  "a text that is no JSON": [() => p.text(), "hello", () => p.json()],
  "a text that is no date": [() => p.string(), "2026-02-31", () => p.date()],
  "a text that is no UUID": [() => p.string().length(36), "x".repeat(36), () => p.uuid()],
  "a double with a fraction as a whole number": [() => p.double(), 1.5, () => p.integer()],
  "a decimal with a fraction as a whole number": [() => decimal(10, 2), "1.50", () => p.bigint()],
  "a decimal with more places": [() => decimal(10, 4), "12.3456", () => decimal(10, 2)],
  "a double with more places": [() => p.double(), 12.3456, () => decimal(10, 2)],
  "a decimal with more digits": [() => decimal(10, 2), "12345678.25", () => decimal(6, 2)],
  "a longer text": [() => p.string().length(40), "abcd", () => p.string().length(3)],
  "a longer text of none": [() => p.text(), "abcd", () => p.string().length(3)],
  "a number that is neither 0 nor 1 as a boolean": [() => p.integer(), 7, () => p.boolean()],
  "a number beyond the smaller kind": [() => p.integer(), 70_000, () => p.smallint()],
  "a text of a number that is too small": [() => p.string(), "1e-400", () => p.double()],
  "a text of a negative number that is too small": [() => p.string(), "-0.0001e-321", () => p.double()],
  "a text of a number with more digits": [() => p.string(), "12345678901234567890", () => p.double()],
  "a text of a number that is too large": [() => p.string(), "1e400", () => p.double()],
  "a number beyond the smaller one of two alike": [() => p.bigint(), "5000000000", () => p.integer()],
};

/** The same, where SQLite has no number for it. The other databases keep its digits in their JSON. */
const REFUSED_BY_SQLITE: typeof REFUSED = {
  "a JSON text with a number that is too small": [() => p.text(), '{"a": [1e-400]}', () => p.json()],
  "a JSON text with a number with more digits": [() => p.text(), '{"id": 9007199254740993}', () => p.json()],
};

/** What changes of kind do with the values that are there, on one kind of database. */
export function migrationKindContract(dialect: Dialect, address: () => Promise<string>): void {
  const { project } = migrationProjects(dialect, address);
  const event = (fields: Record<string, unknown>) =>
    [model("Event", { id: p.integer().primary(), ...fields })] as unknown as ModelClass[];
  const rowsOf = (models: ModelClass[]) => objects(models[0] as never) as ReturnType<typeof objects<ModelClass>>;

  describe(`Changes of kind on ${dialect}`, () => {
    it("convert every value, so that it is read and found as one of the new kind", async () => {
      const fields = (of: (pair: Pair) => unknown) =>
        Object.fromEntries(Object.entries(CONVERTED).map(([name, pair]) => [name, of(pair)]));
      const before = event(fields(([make]) => (make() as { nullable(): unknown }).nullable()));
      const after = event(fields(([, , make]) => (make() as { nullable(): unknown }).nullable()));
      const { make, migrate, open, drift } = await project(before);
      await withDatabase(await open(before), async () => {
        await rowsOf(before).create(fields(([, value]) => value) as never);
        await rowsOf(before).create({} as never);
      });
      const [made] = await make(after);
      expect(made?.changes).toHaveLength(Object.keys(CONVERTED).length);
      await migrate();
      expect(await drift(after)).toBe("");
      expect(await make(after)).toEqual([]);
      await withDatabase(await open(after), async () => {
        const [row, empty] = await rowsOf(after).rows();
        const becomes = fields(([, , , value]) => value);
        expect(row).toEqual({ id: 1, ...becomes });
        expect(empty).toEqual({ id: 2, ...fields(() => null) });
        for (const [name, value] of Object.entries(becomes)) {
          if (typeof value === "object" || name.endsWith("ToBytes")) continue;
          const found = await rowsOf(after)
            .filter({ [name]: value } as never)
            .count();
          expect([name, found]).toEqual([name, 1]);
        }
      });
    });

    const refused = dialect === "sqlite" ? { ...REFUSED, ...REFUSED_BY_SQLITE } : REFUSED;
    it.each(Object.entries(refused))("refuse %s, and keep it", async (_, [before, value, after]) => {
      const [old, now] = [event({ v: before() }), event({ v: after() })];
      const { make, migrate, open } = await project(old);
      const connection = await open(old);
      const created: unknown = await withDatabase(connection, () => rowsOf(old).create({ v: value } as never));
      await make(now);
      await expect(migrate()).rejects.toMatchObject({ code: expect.stringMatching(/^MIGRATION_/) });
      const [row] = await withDatabase(connection, () => rowsOf(old).rows());
      expect(row).toEqual(created);
    });

    it("are noticed where the database's type is the same", async () => {
      const old = event({ flag: p.integer(), code: p.string().length(9), price: decimal(10, 4) });
      const { make } = await project(old);
      const next = event({ flag: p.boolean(), code: p.string().length(5), price: decimal(10, 2) });
      const [made] = await make(next, { check: true });
      expect(made?.changes.toSorted()).toEqual([
        "Change Event.code (type)",
        "Change Event.flag (type)",
        "Change Event.price (type)",
      ]);
    });

    it("go back, and refuse on the way back what would be cut", async () => {
      const old = event({ v: p.string().length(5) });
      const now = event({ v: p.string().length(50) });
      const { make, migrate, open, rows } = await project(old);
      await make(now);
      await migrate();
      await withDatabase(await open(now), () => rowsOf(now).create({ v: "123456" } as never));
      await expect(migrate({ target: "0001" })).rejects.toMatchObject({ code: expect.stringMatching(/^MIGRATION_/) });
      await rows("update `event` set `v` = '12345'");
      expect((await migrate({ target: "0001" })).undone).toHaveLength(1);
      expect(await rows("select `v` from `event`")).toEqual([{ v: "12345" }]);
    });

    it.each<readonly [string, () => unknown, () => unknown, unknown]>([
      ["a text", () => p.string().default("5"), () => p.integer().default(8), 8],
      ["a whole number", () => p.integer().default(3), () => p.bigint().default("3" as never), "3"],
      ["a boolean", () => p.boolean().default(true), () => p.string().default("yes"), "yes"],
      ["an enum", () => p.enum(["A", "B"]).default("A"), () => p.integer().default(4), 4],
      ["a UUID", () => p.uuid().default("abcdefab-cdef-4def-8def-abcdefabcdef"), () => p.string().default("x"), "x"],
      ["a decimal number", () => decimal(8, 2).default("5.00"), () => p.integer().default(7), 7],
      ["a date", () => p.date().default("2026-01-01"), () => p.string().default("none"), "none"],
    ])("set the default of %s anew, there and back", async (_, was, is, value) => {
      const [old, now] = [event({ v: was() }), event({ v: is() })];
      const { make, migrate, open, rows, drift } = await project(old);
      await make(now);
      await migrate();
      expect(await drift(now)).toBe("");
      await rows("insert into `event` (`id`) values (1)");
      expect(await withDatabase(await open(now), () => rowsOf(now).pluck("v" as never))).toEqual([value]);
      await rows("delete from `event`");
      await migrate({ target: "0001" });
      expect(await drift(old)).toBe("");
      await rows("insert into `event` (`id`) values (1)");
    });

    it("look at all values again after they were refused", async () => {
      const old = event({ a: p.string().nullable(), b: p.string().nullable() });
      const now = event({ a: p.integer().nullable(), b: p.integer().nullable() });
      const { make, migrate, rows } = await project(old);
      await make(now);
      await rows("insert into `event` (`id`, `b`) values (1, 'no')");
      await expect(migrate()).rejects.toMatchObject({ code: expect.stringMatching(/REFUSED$/) });
      await rows("update `event` set `a` = '1.5', `b` = null");
      await expect(migrate()).rejects.toMatchObject({ code: expect.stringMatching(/REFUSED$/) });
      await rows("update `event` set `a` = '1'");
      expect((await migrate()).applied).toHaveLength(1);
    });

    it("of keys keep the references to them, also of models that refer to each other, there and back", async () => {
      const of = (id: () => unknown) => {
        const Author: unknown = model("Author", {
          id: id(),
          best: () => p.manyToOne(Zine as never).nullable() as never,
          boss: () => p.manyToOne(Author as never).nullable() as never,
        });
        const Zine: unknown = model("Zine", {
          id: id(),
          author: () => p.manyToOne(Author as never) as never,
          readers: () => p.manyToMany(Author as never) as never,
        });
        return [Author, Zine] as ModelClass[];
      };
      const old = of(() => p.integer().primary());
      const next = of(() => p.string().length(30).primary());
      const { make, migrate, rows, drift } = await project(old);
      await rows("insert into `author` (`id`) values (1)");
      await rows("insert into `author` (`id`, `boss_id`) values (2, 1)");
      await rows("insert into `zine` (`id`, `author_id`) values (7, 2)");
      await rows("update `author` set `best_id` = 7 where `id` = 1");
      await rows("insert into `zine_readers` (`zine_id`, `author_id`) values (7, 1)");
      await make(next);
      await migrate();
      expect(await drift(next)).toBe("");
      const authors = () => rows("select `id`, `best_id`, `boss_id` from `author` order by `id`");
      expect(await authors()).toEqual([
        { id: "1", best_id: "7", boss_id: null },
        { id: "2", best_id: null, boss_id: "1" },
      ]);
      await expect(rows("update `zine` set `author_id` = '9'")).rejects.toMatchObject({ kind: "foreignKey" });
      await migrate({ target: "0001" });
      expect(await drift(old)).toBe("");
      expect(await authors()).toEqual([
        { id: 1, best_id: 7, boss_id: null },
        { id: 2, best_id: null, boss_id: 1 },
      ]);
      await expect(rows("update `zine` set `author_id` = 9")).rejects.toMatchObject({ kind: "foreignKey" });
    });

    it("of a wider key give more numbers than the old one had", async () => {
      const of = (id: unknown) => {
        const Event = model("Event", { id, name: p.string().nullable() });
        const Visit = model("Visit", { id: p.integer().primary(), event: () => p.manyToOne(Event as never) as never });
        return [Event, Visit] as unknown as ModelClass[];
      };
      const [old, now] = [of(p.integer().primary()), of(p.bigint().primary())];
      const { make, migrate, open } = await project(old);
      await withDatabase(await open(old), () => rowsOf(old).create({} as never));
      await make(now);
      await migrate();
      const wide = await open(now);
      await withDatabase(wide, async () => {
        await rowsOf(now).create({ id: "3000000000" } as never);
        if (dialect === "postgres")
          await wide.execute("select setval(pg_get_serial_sequence('event', 'id'), 3000000000)");
        expect((await rowsOf(now).create({ name: "next" } as never)) as object).toMatchObject({ id: "3000000001" });
      });
    });
  });
}
