import { describe, expect, it } from "vitest";
import { model, p } from "../index.ts";
import { fieldInfo } from "../schema/field-info.ts";
import { fieldKinds } from "../schema/field-kinds.ts";
import { compileRowMapper, isoOf, type MutableRow } from "./row-mapper.ts";

class Sample extends model("MapperSample", {
  id: p.integer().primary(),
  label: p.string(),
  "odd name'\"": p.boolean(),
  flag: p.boolean().nullable(),
  moment: p.datetime().nullable(),
  meta: p.json<unknown>().nullable(),
  word: p.enum(["a", "b"]),
  level: p.enum([1, 2]),
}) {}

const fields = fieldInfo(Sample);
const named = (...names: string[]) => fields.filter(({ name }) => names.includes(name));

describe("isoOf", () => {
  it("writes what the engine would write, whatever day came before", () => {
    const edges = [
      0, -1, 1, 86_399_999, 86_400_000, -86_400_000, -62_167_219_200_000, -62_167_219_200_001, 253_402_300_799_999,
      253_402_300_800_000, 0.5,
    ];
    let seed = 7;
    const random = Array.from({ length: 5_000 }, () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return (seed - 1_073_741_823) * 2_000 + (seed % 1_000);
    });
    for (const milliseconds of [...edges, ...random, ...edges])
      expect(isoOf(milliseconds)).toBe(new Date(milliseconds).toISOString());
  });

  it("refuses what is no moment", () => {
    expect(() => isoOf(Number.NaN)).toThrow(RangeError);
  });
});

describe("compileRowMapper", () => {
  it("has nothing to do where the driver's values are plain", () => {
    expect(compileRowMapper(named("id", "label", "word"), "sqlite")).toBeUndefined();
    expect(compileRowMapper(named("id", "label", "word", "flag"), "postgres")).toBeUndefined();
  });

  it("changes the columns that differ, in place, and leaves empty values alone", () => {
    const rows: MutableRow[] = [
      { id: 1, "odd name'\"": 1, flag: 0, moment: 5, meta: '{"a":[1]}', level: 2 },
      { id: 2, "odd name'\"": 0, flag: null, moment: null, meta: null, level: 1n },
    ];
    const [first] = rows;
    compileRowMapper(fields, "sqlite")?.(rows);
    expect(rows).toEqual([
      { id: 1, "odd name'\"": true, flag: false, moment: "1970-01-01T00:00:00.005Z", meta: { a: [1] }, level: 2 },
      { id: 2, "odd name'\"": false, flag: null, moment: null, meta: null, level: 1 },
    ]);
    expect(rows[0]).toBe(first);
  });

  it.each([
    "2026-01-31 23:59:59+00",
    "2026-01-31 23:59:59.1+00",
    "2026-01-31 23:59:59.123",
    "2026-01-31 23:59:59",
    "2026-01-31 23:59:59.123456+00",
    "2026-01-31 23:59:59+02",
    "2026-01-31 23:59:59.5-03:30",
    "2026-01-31T23:59:59.123Z",
  ])("reads the moment %s as its kind does", (text) => {
    const [moment] = named("moment");
    if (moment === undefined) throw new Error("There is such a field.");
    for (const dialect of ["postgres", "mysql"] as const) {
      const rows = [{ moment: text }];
      compileRowMapper([moment], dialect)?.(rows);
      expect(rows[0]?.moment).toBe(fieldKinds.datetime.fromDriver(text, dialect, moment));
    }
  });
});
