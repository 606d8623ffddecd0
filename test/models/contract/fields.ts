import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Database, entityManager, type ModelClass, objects, withDatabase } from "../../../src/models/index.ts";
import { type FieldInfo, fieldInfo, fieldOf } from "../../../src/models/schema/field-info.ts";
import { fieldKinds, type Plain } from "../../../src/models/schema/field-kinds.ts";
import { cleanData, type ValidateOptions, validate } from "../../../src/models/validation/validate.ts";
import type { OpenDatabase, TestDatabase } from "../../support/database-servers.ts";
import { Colour, FIELD_MODELS, Offer, Permit, Sample, Shelf } from "../field-models.ts";
import { MODELS } from "../models.ts";

const REQUIRED = "This field is required.";
const RED = "0190b1c4-0000-7000-8000-00000000000a";
const BLUE = "0190b1c4-0000-7000-8000-00000000000b";

/** Plain values that every database must give back as they were. */
const ROUND_TRIPS: Readonly<Record<string, readonly Plain[]>> = {
  label: ["", "a", " spaced ", "😀 ürün", "a'\"; --", "\\ % _", "12", "1e3"],
  story: ["x".repeat(100_000), "line\nline\r\n"],
  tiny: [-128, 0, 127],
  small: [-32768, 32767],
  medium: [-8388608, 8388607],
  whole: [-2147483648, 2147483647],
  positive: [0, 2147483647],
  big: ["-9223372036854775808", "9223372036854775807", "9007199254740993", "0"],
  single: [0.1, 16777217, -1.5e-10],
  ratio: [0.1, 1e300, -123456.789, 5e-300],
  price: ["0.0000", "1.1000", "-12345678.9012", "99999999.9999", "10.0000"],
  flag: [true, false],
  day: ["2024-02-29", "1970-01-01", "1899-12-31", "9999-12-31"],
  moment: [
    "2024-03-10T02:30:00.123Z",
    "1969-12-31T23:59:59.999Z",
    "2024-10-27T00:30:00.000Z",
    "1000-01-01T00:00:00.000Z",
  ],
  hour: ["00:00:00", "23:59:59"],
  code: [RED],
  meta: [{ a: [1, null, { b: "x" }], c: "ü" }, [], "text", "1", "null", 0, 1.5, true, false, { deep: { er: {} } }],
  word: ["one", "two"],
  level: [1, 30],
  file: ["", "AAECAw==", "/wD+"],
  shelf: ["A1"],
};

/** What fields, kinds and validation promise on every database. */
export function fields(open: OpenDatabase): void {
  describe("fields", () => {
    let opened: TestDatabase;
    let database: Database;
    let queries: string[] = [];

    beforeEach(async () => {
      opened = await open({ models: FIELD_MODELS, onQuery: (sql) => queries.push(sql) });
      database = opened.database;
      queries = [];
    });
    afterEach(() => opened.close());

    const named = (model: ModelClass, name: string): FieldInfo => {
      const field = fieldOf(model, name);
      if (field === undefined) throw new Error(`no field ${name}`);
      return field;
    };
    const driver = (field: FieldInfo, value: Plain) => fieldKinds[field.kind].toDriver(value, database.dialect, field);

    /** Writes a row of plain values with plain SQL. */
    const insert = async (model: ModelClass, values: Readonly<Record<string, Plain>>) => {
      const all = Object.entries(values).map(([name, value]) => [named(model, name), value] as const);
      const columns = all.map(([field]) => database.quote(field.column)).join(", ");
      const places = all.map((_, index) => database.placeholder(index)).join(", ");
      await database.execute(
        `insert into ${database.quote(database.meta(model).tableName)} (${columns}) values (${places})`,
        all.map(([field, value]) => driver(field, value)),
      );
    };
    const read = async (model: ModelClass, name: string, id: Plain): Promise<Plain> => {
      const [field, key] = [named(model, name), named(model, "id")];
      const { rows } = await database.execute(
        `select ${database.quote(field.column)} as value from ${database.quote(database.meta(model).tableName)} where ${database.quote(key.column)} = ${database.placeholder(0)}`,
        [driver(key, id)],
      );
      return fieldKinds[field.kind].fromDriver(rows[0]?.value, database.dialect, field);
    };
    const check = (data: unknown, options?: ValidateOptions) =>
      withDatabase(database, () => validate(Offer, data, options));
    const clean = (data: unknown, options?: ValidateOptions) =>
      withDatabase(database, () => cleanData(Offer, data, options));
    const offer = { title: "Offer", shelf: "A1", price: "1.50" };
    const stock = async () => {
      await insert(Shelf, { code: "A1", name: "first" });
      await insert(Shelf, { code: "B2", name: "second" });
      await insert(Colour, { id: RED, name: "red" });
      await insert(Colour, { id: BLUE, name: "blue" });
      await insert(Offer, {
        id: 1,
        title: "Taken",
        shelf: "A1",
        price: "1.00",
        serial: "S-1",
        start: "2024-05-01",
        end: "2024-05-31",
        createdAt: "2024-01-01T00:00:00.000Z",
        version: 1,
      });
      queries.length = 0;
    };

    test("fieldInfo() knows the columns that the ORM makes.", () => {
      for (const model of [...FIELD_MODELS, ...MODELS]) {
        const meta = FIELD_MODELS.includes(model as never) ? database.meta(model) : undefined;
        for (const field of fieldInfo(model)) {
          const property = meta?.properties[field.name as never] as
            | { fieldNames?: string[]; nullable?: boolean }
            | undefined;
          if (property === undefined || field.column === "") continue;
          expect(property.fieldNames, `${field.model}.${field.name}`).toEqual([field.column]);
          expect(property.nullable ?? false, `${field.model}.${field.name}`).toBe(field.nullable);
        }
      }
    });

    for (const [name, values] of Object.entries(ROUND_TRIPS)) {
      test(`A plain ${name} comes back as it was, through SQL and through the ORM.`, async () => {
        await insert(Shelf, { code: "A1", name: "first" });
        const field = named(Sample, name);
        for (const [index, value] of [...values, ...(field.nullable ? [null] : [])].entries()) {
          const id = String(index + 1);
          await insert(Sample, { id, label: "x", [name]: value });
          expect(await read(Sample, name, id)).toEqual(value);
          await withDatabase(database, async () => {
            const entity = await entityManager().findOneOrFail(Sample, { id: BigInt(id) } as never);
            const property = (entity as unknown as Record<string, unknown>)[name];
            expect(fieldKinds[field.kind].toPlain(property, field)).toEqual(value);
            // What the ORM wrote reads the same.
            const copy = String(index + 1001);
            entityManager().create(Sample, { id: BigInt(copy), label: "x", [name]: property } as never);
            await entityManager().flush();
            expect(await read(Sample, name, copy)).toEqual(value);
          });
        }
      });
    }

    test("A decimal of an entity has all its places, and is never rounded without a word.", async () => {
      await withDatabase(database, async () => {
        entityManager().create(Sample, { id: 1n, label: "x", price: "10.5" } as never);
        await entityManager().flush();
      });
      await withDatabase(database, async () => {
        const entity = (await entityManager().findOneOrFail(Sample, { id: 1n } as never)) as unknown as Sample;
        expect(entity.price).toBe("10.5000");
        entity.price = "10.5000";
        queries.length = 0;
        await entityManager().flush();
        expect(queries).toEqual([]);
        entity.exact = "12345678901234567890.1234";
        const written = await entityManager()
          .flush()
          .then(
            () => "kept",
            (error: { code: string }) => error.code,
          );
        expect(written).toBe(database.dialect === "sqlite" ? "MODEL_DECIMAL_LOSES_DIGITS" : "kept");
      });
      if (database.dialect !== "sqlite") expect(await read(Sample, "exact", "1")).toBe("12345678901234567890.1234");
    });

    test("Columns whose type is ours are found as they were made.", async () => {
      const changes = await database.orm.schema.getUpdateSchemaSQL({ wrap: false });
      expect(changes).not.toMatch(/(?:modify|alter column) [`"](?:story|note|file|moment|medium|single|ratio)[`"]/);
    });

    test("What a new row lacks is named, field by field.", async () => {
      await stock();
      expect(await check({})).toEqual({ title: [REQUIRED], shelf: [REQUIRED], price: [REQUIRED] });
      expect(await check({ title: "  ", shelf: "", price: null })).toEqual({
        title: [REQUIRED],
        shelf: [REQUIRED],
        price: [REQUIRED],
      });
      expect(await check({}, { partial: true })).toEqual({});
      expect(await check(offer)).toEqual({});
      for (const data of [null, undefined, "x", [offer], 5]) {
        expect(await check(data)).toEqual({ __all__: ["Expected the values of the fields."] });
      }
    });

    test("Values are read as their columns hold them: nothing is NULL, a default, or empty text, by column.", async () => {
      await stock();
      const { values, errors } = await clean({
        ...offer,
        price: "1.5",
        slogan: "",
        start: "",
        note: "",
        amount: "",
        serial: null,
        colours: [],
      });
      expect(errors).toEqual({});
      expect(values).toEqual({
        ...offer,
        price: "1.50",
        slogan: null,
        start: null,
        note: "",
        amount: 1,
        serial: null,
        colours: [],
      });
      const { colours: _, ...columns } = values;
      await insert(Offer, { id: 2, createdAt: "2024-01-01T00:00:00.000Z", ...columns });
      expect(await read(Offer, "slogan", 2)).toBeNull();
    });

    test("Each field's own rules run, and all that is wrong with it is said.", async () => {
      await stock();
      expect(await check({ ...offer, title: "x".repeat(21), price: "1.234", amount: "10", end: "2024-02-30" })).toEqual(
        {
          title: ["Use at most 20 characters; there are 21."],
          price: ["Use at most 2 decimal places."],
          amount: ["Enter a value of at most 9."],
          end: ["Enter a date such as 2026-03-01."],
        },
      );
      expect(await check({ ...offer, title: "bad" })).toEqual({ title: ["Not this one."] });
      expect(await check({ ...offer, title: "b" })).toEqual({ title: ["Use at least 2 characters."] });
    });

    test("A related row must exist; many of them too.", async () => {
      await stock();
      expect(await check({ ...offer, shelf: "Z9" })).toEqual({ shelf: ["The chosen row does not exist."] });
      expect(await check({ ...offer, colours: [RED, BLUE] })).toEqual({});
      expect(await check({ ...offer, colours: [RED, RED] })).toEqual({});
      expect(await check({ ...offer, colours: [RED, RED.replace("a", "c")] })).toEqual({
        colours: ["One of the chosen rows does not exist."],
      });
    });

    test("Unique values are compared with other rows only.", async () => {
      await stock();
      expect(await check({ ...offer, serial: "S-1" })).toEqual({ serial: ["Another Offer has this serial."] });
      expect(await check({ ...offer, serial: null })).toEqual({});
      expect(await check({ serial: "S-1" }, { instance: { id: 1, serial: "S-1" } })).toEqual({});
      expect(await check({ serial: "S-1" }, { instance: { id: 1 } })).toEqual({});
      expect(await check({ serial: "S-1" }, { instance: { id: 2 } })).toEqual({
        serial: ["Another Offer has this serial."],
      });
      expect(await withDatabase(database, () => validate(Shelf, { code: "A1", name: "third" }))).toEqual({
        code: ["Another shelf has this code."],
      });
    });

    test("A change is checked as the whole row that it makes.", async () => {
      await stock();
      await insert(Offer, {
        id: 2,
        title: "Other",
        shelf: "B2",
        price: "1.00",
        createdAt: "2024-01-01T00:00:00.000Z",
        version: 1,
      });
      const together = { __all__: ["Another Offer has this shelf and title."] };
      const saved = { id: 2, title: "Other", shelf: "B2", price: "1.00", start: null, end: null };
      expect(await check({ title: "Taken" }, { instance: saved })).toEqual({});
      expect(await check({ title: "Taken", shelf: "A1" }, { instance: saved })).toEqual(together);
      expect(await check({ shelf: "A1" }, { instance: { ...saved, title: "Taken" } })).toEqual(together);
      expect(await check({ title: "Taken" }, { instance: { id: 1 } })).toEqual({});
      // What the instance does not hold is read from the database.
      expect(await check({ end: "2024-04-01" }, { instance: { id: 1 } })).toEqual({
        end: ["The end is before the start."],
      });
      expect(await check({ end: "2024-06-01" }, { instance: { id: 1 } })).toEqual({});
      expect(await check({ title: "" }, { instance: saved })).toEqual({ title: [REQUIRED] });
      expect(await check({}, { instance: saved })).toEqual({});
    });

    test("A change of an entity works like one of a plain row, with related rows loaded or not.", async () => {
      await stock();
      await withDatabase(database, async () => {
        const entity = await entityManager().findOneOrFail(Offer, { id: 1 } as never);
        expect(await validate(Offer, { title: "Taken" }, { instance: entity as object })).toEqual({});
        expect(await validate(Offer, { end: "2024-04-01" }, { instance: entity as object })).toEqual({
          end: ["The end is before the start."],
        });
        const shelf = await entityManager().findOneOrFail(Shelf, { code: "B2" } as never);
        const { values, errors } = await cleanData(Offer, { ...offer, shelf });
        expect([values.shelf, errors]).toEqual(["B2", {}]);
      });
      expect(
        await check({ title: "Taken" }, { instance: { id: 1, title: "Taken", shelf: { code: "A1", name: "first" } } }),
      ).toEqual({});
    });

    test("The model's own check speaks of the row or of its fields, once each field is right.", async () => {
      await stock();
      expect(await check({ ...offer, title: "whole" })).toEqual({ __all__: ["This row can't be."] });
      expect(await check({ ...offer, title: "spread" })).toEqual({ amount: ["One.", "Two."], __all__: ["Elsewhere."] });
      expect(await check({ ...offer, title: "whole", amount: "x" })).toEqual({ amount: ["Enter a whole number."] });
      expect(await check({ ...offer, start: "2024-02-02", end: "2024-01-01" })).toEqual({
        end: ["The end is before the start."],
      });
    });

    test("What nobody may set is passed over, and what is no field is said.", async () => {
      await stock();
      const { values, errors } = await clean({ ...offer, id: 77, version: 9, createdAt: "1999-01-01T00:00:00Z" });
      expect([errors, Object.keys(values).sort()]).toEqual([{}, ["price", "shelf", "title"]]);
      const data = JSON.parse('{"__proto__":{"x":1},"constructor":1,"shelf.name":"x"}') as object;
      const strange = await check({ ...offer, ...data, toString: 1 });
      expect(Object.keys(strange)).toEqual(["__all__"]);
      const moved = await withDatabase(database, () =>
        validate(Shelf, { code: "C3" }, { instance: { code: "A1", name: "first" } }),
      );
      expect(moved).toEqual({ code: ["The key of a saved row can't be changed."] });
      expect(({} as { x?: number }).x).toBeUndefined();
    });

    test("Operators, lists and prototype keys in place of values never reach SQL.", async () => {
      await stock();
      const hostile = [
        '{"$gt":0}',
        '{"$ne":null}',
        "[1]",
        '["A1"]',
        '{"__proto__":{"code":"A1"}}',
        '{"code":"A1"}',
        "[]",
        "{}",
      ];
      for (const text of hostile) {
        const value = JSON.parse(text) as unknown;
        for (const name of ["title", "shelf", "reserve", "price", "amount", "start", "serial"]) {
          const errors = await check({ [name]: value }, { partial: true });
          expect(Object.keys(errors), `${name} ${text}`).toEqual([name]);
        }
        if (text !== "[]")
          expect(Object.keys(await check({ colours: [value] }, { partial: true }))).toEqual(["colours"]);
      }
      expect(queries).toEqual([]);
    });

    test("A form's strings are what inputs hold: JSON is parsed.", async () => {
      await withDatabase(database, async () => {
        const form = { label: "x", meta: '{"a":1}', flag: "on", whole: " 12 ", level: "30" };
        const { values, errors } = await cleanData(Sample, form, { form: true });
        expect([errors, values]).toEqual([{}, { label: "x", meta: { a: 1 }, flag: true, whole: 12, level: 30 }]);
        expect((await cleanData(Sample, form)).values.meta).toBe('{"a":1}');
        expect(await validate(Sample, { label: "x", meta: "{" }, { form: true })).toEqual({
          meta: ["Enter valid JSON."],
        });
        expect((await cleanData(Sample, { label: "x", meta: " " }, { form: true })).values.meta).toBeNull();
      });
    });

    test("SEC-10: A form neither takes nor asks for what is hidden or not editable, in new rows and in changes.", async () => {
      const sent: { [name: string]: Plain } = {
        id: 7,
        title: "x",
        reason: "because",
        status: "granted",
        clerk: "me",
        token: "t",
        pin: "1234",
        colours: [RED],
        approvedAt: "2026-01-01T00:00:00.000Z",
      };
      expect(Object.keys(sent)).toEqual(fieldInfo(Permit).map(({ name }) => name));
      const open = fieldInfo(Permit).filter(({ editable, hidden }) => editable && !hidden);
      await withDatabase(database, async () => {
        await insert(Permit, { id: 1, title: "old", reason: "", status: "asked", clerk: "ann", token: "t", pin: "" });
        for (const options of [{ form: true }, { form: true, partial: true }, { form: true, instance: { id: 1 } }]) {
          const { values, errors } = await cleanData(Permit, sent, options);
          expect([errors, values]).toEqual([{}, Object.fromEntries(open.map(({ name }) => [name, sent[name]]))]);
        }
        for (const name of Object.keys(sent).filter((one) => !open.some((field) => field.name === one))) {
          expect(await cleanData(Permit, { title: "x", [name]: { $gt: 0 } }, { form: true })).toEqual({
            values: { title: "x" },
            errors: {},
          });
        }
        // Code may set them, and is told what a form is not.
        expect((await cleanData(Permit, sent)).values).toMatchObject({ status: "granted", clerk: "me", token: "t" });
        expect(Object.keys(await validate(Permit, { title: "x" }))).toEqual(["clerk", "token"]);
      });
    });

    test("SEC-10: Of a form that names its fields nothing else is taken or asked for, and no wrong name is named.", async () => {
      const sent = { title: "x", reason: "because", pin: "1", nothing: 1 };
      await withDatabase(database, async () => {
        const { values, errors } = await cleanData(Permit, sent, { form: true, fields: ["title", "reason"] });
        const known = { title: "x", reason: "because" };
        expect([values, errors]).toEqual([known, { __all__: ['There is no field called "nothing".'] }]);
        // One that a form must not take is no silent nothing: whoever names it would go on without it.
        for (const name of ["pin", "status"] as const) {
          const named = cleanData(Permit, sent, { form: true, fields: ["title", name] });
          await expect(named).rejects.toMatchObject({ code: "MODEL_FIELD_CLOSED" });
        }
        expect(await validate(Permit, { reason: "x" }, { fields: ["reason"] })).toEqual({});
        expect(await validate(Permit, {}, { fields: ["title", "clerk"] })).toEqual({
          title: [REQUIRED],
          clerk: [REQUIRED],
        });
        await expect(validate(Permit, {}, { fields: ["tilte"] })).rejects.toMatchObject({
          code: "QUERY_FIELD_UNKNOWN",
        });
        // What a form gave is completed by code.
        const form = await cleanData(Permit, { title: "x", status: "granted" }, { form: true, fields: ["title"] });
        const made = await objects(Permit).create({ ...form.values, clerk: "ann", token: "t" });
        expect(made).toMatchObject({ title: "x", status: "asked", clerk: "ann" });
      });
    });
  });
}
