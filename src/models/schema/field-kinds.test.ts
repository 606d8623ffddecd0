import { describe, expect, it } from "vitest";
import { coercePk } from "../query/coerce-pk.ts";
import { type FieldInfo, fieldInfo, fieldOf } from "./field-info.ts";
import { fieldKinds } from "./field-kinds.ts";
import { Country, Label, Owner, Passport, Thing } from "./fields.fixture.ts";
import { jsonLimits } from "./json.ts";
import { type ModelClass, model } from "./model.ts";

const field = (name: string, of: ModelClass = Thing): FieldInfo => {
  const found = fieldOf(of, name);
  if (found === undefined) throw new Error(`no field ${name}`);
  return found;
};

/** The value, or the sentence that refused it. */
function parse(name: string, raw: unknown, of: ModelClass = Thing): unknown {
  const result = fieldKinds[field(name, of).kind].parse(raw, field(name, of));
  return result.ok ? result.value : { refused: result.message };
}

const refused = { refused: expect.any(String) as string };
const hostile = [
  { $gt: 0 },
  { toString: () => "1" },
  [1],
  ["1"],
  () => 1,
  Symbol("x"),
  Number.NaN,
  JSON.parse('{"__proto__":1}'),
];

describe("every kind", () => {
  it("refuses objects, lists, functions and NaN in place of a scalar", () => {
    for (const one of fieldInfo(Thing).filter(({ kind }) => kind !== "json" && kind !== "manyToMany")) {
      for (const raw of hostile)
        expect(fieldKinds[one.kind].parse(raw, one).ok, `${one.name} ${String(raw)}`).toBe(false);
    }
  });

  it("leaves null alone on the way to and from the driver", () => {
    for (const one of fieldInfo(Thing)) {
      const row = fieldKinds[one.kind];
      expect(row.fromDriver(null, "sqlite", one)).toBeNull();
      expect(row.toDriver(null, "postgres", one)).toBeNull();
      expect(row.toPlain(undefined, one)).toBeNull();
    }
  });

  it("starts a form with the default, NULL where the column has it, or the kind's own", () => {
    const empty = (name: string) => fieldKinds[field(name).kind].empty(field(name));
    expect([empty("title"), empty("nick"), empty("note"), empty("active"), empty("on")]).toEqual([
      "",
      null,
      "none",
      false,
      true,
    ]);
    expect([empty("count"), empty("labels"), empty("children"), empty("state"), empty("extra")]).toEqual([
      null,
      [],
      [],
      "new",
      ["x"],
    ]);
  });
});

describe("text", () => {
  it("counts characters as databases do, not halves of them", () => {
    expect(parse("title", "😀".repeat(10))).toBe("😀".repeat(10));
    expect(parse("title", "😀".repeat(11))).toEqual({ refused: "Use at most 10 characters; there are 11." });
    expect(parse("note", "x".repeat(100_000))).toHaveLength(100_000);
  });

  it("refuses what no database keeps: NUL and half a pair", () => {
    expect(parse("title", "a\0b")).toEqual(refused);
    expect(parse("title", "a\ud800")).toEqual(refused);
    expect(parse("title", 5)).toEqual({ refused: "Enter text." });
  });

  it("trims and lowers only where the builder says so", () => {
    expect(parse("login", "  Ada ")).toBe("ada");
    expect(parse("title", " Ada ")).toBe(" Ada ");
  });
});

describe("integers", () => {
  it("are read from numbers and digits, and from nothing else", () => {
    for (const [raw, value] of [
      [12, 12],
      ["12", 12],
      [" 12 ", 12],
      ["-7", -7],
      ["+7", 7],
      ["007", 7],
      ["-0", 0],
      [5n, 5],
    ] as const) {
      expect(parse("count", raw), String(raw)).toBe(value);
    }
    const wrong = [
      "1e3",
      "0x10",
      "Infinity",
      "1.0",
      "1_000",
      "1,000",
      "--1",
      "",
      " ",
      "١٢",
      "12abc",
      1.5,
      1e300,
      true,
      "9".repeat(100_000),
    ];
    for (const raw of wrong) expect(parse("count", raw), String(raw).slice(0, 20)).toEqual(refused);
  });

  it("stay within their column", () => {
    expect(parse("tiny", 127)).toBe(127);
    expect(parse("tiny", 128)).toEqual({ refused: "Enter a number of at most 127." });
    expect(parse("small", "-32769")).toEqual({ refused: "Enter a number of at least -32768." });
    expect(parse("count", 2147483648)).toEqual({ refused: "Enter a number of at most 2147483647." });
    expect(parse("positive", -1)).toEqual({ refused: "Enter a number of at least 0." });
  });

  it("of 64 bits keep every digit", () => {
    expect(parse("big", "9223372036854775807")).toBe("9223372036854775807");
    expect(parse("big", 9007199254740993n)).toBe("9007199254740993");
    // biome-ignore lint/correctness/noPrecisionLoss: the digits are lost before the parser sees them
    expect(parse("big", 9007199254740993)).toEqual(refused);
    expect(parse("big", "9223372036854775808")).toEqual(refused);
    const big = field("big");
    expect(fieldKinds.bigInteger.toDriver("9007199254740993", "sqlite", big)).toBe(9007199254740993n);
    expect(fieldKinds.bigInteger.fromDriver(9007199254740993n, "sqlite", big)).toBe("9007199254740993");
    expect(fieldKinds.bigInteger.toPlain(12n, big)).toBe("12");
  });
});

describe("decimals", () => {
  it("keep their places and lose no digit", () => {
    const read = [
      ["1.1", "1.10"],
      ["1.10", "1.10"],
      ["1.100", "1.10"],
      [1.1, "1.10"],
      [".5", "0.50"],
      ["5.", "5.00"],
      ["-0.00", "0.00"],
    ] as const;
    for (const [raw, value] of read) expect(parse("price", raw), String(raw)).toBe(value);
    expect(parse("price", " 12 ")).toBe("12.00");
    expect(parse("price", "-0012.3")).toBe("-12.30");
    expect(parse("exact", "12345678901234567890123456.7891")).toBe("12345678901234567890123456.7891");
    expect(parse("round", "12")).toBe("12");
  });

  it("refuse what is no plain number, or too precise or too large for the column", () => {
    for (const raw of [
      "1e3",
      "Infinity",
      "NaN",
      "0x10",
      "1,5",
      "",
      ".",
      "-",
      "1.2.3",
      0.1 + 0.2,
      1e21,
      Number.POSITIVE_INFINITY,
      "9".repeat(100_000),
    ]) {
      expect(parse("price", raw), String(raw).slice(0, 20)).toEqual(refused);
    }
    expect(parse("price", "1.234")).toEqual({ refused: "Use at most 2 decimal places." });
    expect(parse("price", "12345")).toEqual({ refused: "Use at most 4 digits before the decimal point." });
    expect(parse("round", "1.5")).toEqual({ refused: "Enter a number without decimal places." });
  });

  it("are the same text whatever the driver answers", () => {
    for (const raw of [12.5, "12.5", "12.50"])
      expect(fieldKinds.decimal.fromDriver(raw, "sqlite", field("price"))).toBe("12.50");
    expect(fieldKinds.decimal.fromDriver(1e-7, "sqlite", field("exact"))).toBe("0.0000");
    expect(fieldKinds.decimal.fromDriver(-0.001, "sqlite", field("price"))).toBe("0.00");
  });

  it("are refused by SQLite rather than rounded by it", () => {
    const exact = field("exact");
    expect(fieldKinds.decimal.toDriver("12345678901234.5", "sqlite", exact)).toBe("12345678901234.5000");
    expect(() => fieldKinds.decimal.toDriver("1234567890123456.5", "sqlite", exact)).toThrow(
      expect.objectContaining({ code: "MODEL_DECIMAL_LOSES_DIGITS" }),
    );
    expect(fieldKinds.decimal.toDriver("1234567890123456.5", "postgres", exact)).toBe("1234567890123456.5000");
  });
});

describe("floats", () => {
  it("take exponents, and no infinity", () => {
    expect(parse("ratio", "1e3")).toBe(1000);
    expect(parse("ratio", " -1.5 ")).toBe(-1.5);
    expect(Object.is(parse("ratio", "-0"), 0)).toBe(true);
    for (const raw of ["1e999", "Infinity", "0x10", "", "1e", "NaN", Number.POSITIVE_INFINITY, true]) {
      expect(parse("ratio", raw), String(raw)).toEqual(refused);
    }
  });
});

describe("booleans", () => {
  it("are strict: the word false is not true, and a guess is an error", () => {
    for (const raw of [true, "true", "on", 1]) expect(parse("active", raw), String(raw)).toBe(true);
    for (const raw of [false, "false", "off", 0]) expect(parse("active", raw), String(raw)).toBe(false);
    for (const raw of ["1", "0", "yes", "no", "TRUE", "", 2, -1, -0, "f"])
      expect(parse("active", raw), String(raw)).toEqual(refused);
  });

  it("are 1 and 0 in SQLite and MySQL", () => {
    const active = field("active");
    expect(fieldKinds.boolean.toDriver(true, "sqlite", active)).toBe(1);
    expect(fieldKinds.boolean.toDriver(false, "postgres", active)).toBe(false);
    expect([1, 1n, true, 0, 0n, false].map((raw) => fieldKinds.boolean.fromDriver(raw, "mysql", active))).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});

describe("dates and times", () => {
  it("refuse days that the calendar does not have", () => {
    expect(parse("day", "2024-02-29")).toBe("2024-02-29");
    expect(parse("day", "0001-01-01")).toBe("0001-01-01");
    const wrong = [
      "2023-02-29",
      "1900-02-29",
      "2024-13-01",
      "2024-00-10",
      "2024-04-31",
      "0000-01-01",
      "2024-1-1",
      "20240101",
      "01.02.2024",
    ];
    for (const raw of [...wrong, "2024-01-01T00:00:00Z", new Date(), 0, ""])
      expect(parse("day", raw), String(raw)).toEqual(refused);
  });

  it("keep a day the same day in every time zone", () => {
    const before = process.env.TZ;
    try {
      for (const zone of ["Pacific/Kiritimati", "Pacific/Pago_Pago", "America/New_York", "UTC"]) {
        process.env.TZ = zone;
        expect(parse("day", "2024-03-10")).toBe("2024-03-10");
        expect(fieldKinds.date.fromDriver("2024-03-10", "postgres", field("day"))).toBe("2024-03-10");
        expect(parse("moment", "2024-03-10T02:30:00-05:00")).toBe("2024-03-10T07:30:00.000Z");
        expect(fieldKinds.datetime.fromDriver("2024-03-10 02:30:00.5", "mysql", field("moment"))).toBe(
          "2024-03-10T02:30:00.500Z",
        );
      }
    } finally {
      if (before === undefined) delete process.env.TZ;
      else process.env.TZ = before;
    }
  });

  it("turn a moment with its zone into UTC, and refuse one without", () => {
    expect(parse("moment", "2024-01-01T00:30:00+02:00")).toBe("2023-12-31T22:30:00.000Z");
    expect(parse("moment", "2024-01-01 00:30Z")).toBe("2024-01-01T00:30:00.000Z");
    expect(parse("moment", "2024-01-01T00:30:00.123456789z")).toBe("2024-01-01T00:30:00.123Z");
    expect(parse("moment", new Date(0))).toBe("1970-01-01T00:00:00.000Z");
    const wrong = [
      "2024-01-01T00:30:00",
      "2024-01-01",
      "2023-02-29T00:00:00Z",
      "2024-01-01T24:00:00Z",
      "2024-01-01T23:60:00Z",
    ];
    const more = [
      "2024-01-01T10:00:00+25:00",
      "0000-12-31T00:00:00Z",
      "0001-01-01T00:00:00+01:00",
      1_700_000_000_000,
      new Date(Number.NaN),
    ];
    for (const raw of [...wrong, ...more, "now", "Z".repeat(100_000)])
      expect(parse("moment", raw), String(raw).slice(0, 30)).toEqual(refused);
  });

  it("read what each driver answers as the same moment", () => {
    const moment = field("moment");
    const iso = "2024-05-06T07:08:09.010Z";
    const stored = [
      new Date(iso),
      Date.parse(iso),
      BigInt(Date.parse(iso)),
      "2024-05-06 07:08:09.010",
      "2024-05-06 09:08:09.01+02",
      iso,
    ];
    for (const value of stored)
      expect(fieldKinds.datetime.fromDriver(value, "postgres", moment), String(value)).toBe(iso);
    expect(fieldKinds.datetime.toDriver(iso, "sqlite", moment)).toBe(Date.parse(iso));
    expect(fieldKinds.datetime.toDriver(iso, "mysql", moment)).toBe("2024-05-06 07:08:09.010");
    expect(fieldKinds.datetime.toDriver(iso, "postgres", moment)).toBe(iso);
  });

  it("have seconds in times of day", () => {
    expect(parse("hour", "09:30")).toBe("09:30:00");
    expect(parse("hour", "23:59:59.000")).toBe("23:59:59");
    for (const raw of ["24:00", "9:30", "09:60", "09:30:60", "09:30:00.5", "", 930])
      expect(parse("hour", raw), String(raw)).toEqual(refused);
    expect(fieldKinds.time.fromDriver("09:30:00.000000", "mysql", field("hour"))).toBe("09:30:00");
  });
});

describe("json", () => {
  it("takes what JSON can hold, and nothing that would change on the way", () => {
    for (const raw of [{ a: [1, null, { b: "x" }] }, [], "text", 0, false, Object.create(null)])
      expect(parse("meta", raw)).toBe(raw);
    for (const raw of [
      undefined,
      1n,
      Number.NaN,
      new Date(),
      new Map(),
      () => 1,
      { a: undefined },
      { toJSON: () => 1 },
      // biome-ignore lint/suspicious/noSparseArray: a hole is what must be refused
      [1, , 2],
      "\0",
      { "\ud800": 1 },
    ]) {
      expect(parse("meta", raw)).toEqual(refused);
    }
  });

  it("refuses keys that reach a prototype, wherever they are", () => {
    expect(parse("meta", JSON.parse('{"a":[{"__proto__":{"polluted":1}}]}'))).toEqual({
      refused: "The key __proto__ can't be used.",
    });
    expect(parse("meta", { constructor: 1 })).toEqual(refused);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it("is bounded in depth and size without filling the stack", () => {
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level++) deep = [deep];
    expect(parse("meta", deep)).toEqual({
      refused: `This value is nested too deeply; ${jsonLimits.depth} levels are the most.`,
    });
    expect(parse("meta", "x".repeat(jsonLimits.characters + 1))).toEqual({ refused: "This value is too large." });
    expect(parse("meta", new Array(jsonLimits.nodes + 1).fill(0))).toEqual({ refused: "This value is too large." });
  });

  it("is read from the text of an input", () => {
    const meta = field("meta");
    expect(fieldKinds.json.parseText?.('{"a":1}', meta)).toEqual({ ok: true, value: { a: 1 } });
    expect(fieldKinds.json.parseText?.("{a:1}", meta)).toMatchObject({ ok: false, message: "Enter valid JSON." });
    expect(fieldKinds.json.parseText?.("[".repeat(100_000), meta).ok).toBe(false);
  });

  it("stays a text when the stored value is a text", () => {
    const meta = field("meta");
    for (const dialect of ["sqlite", "mysql"] as const) {
      expect(fieldKinds.json.fromDriver(fieldKinds.json.toDriver("1", dialect, meta), dialect, meta)).toBe("1");
    }
    expect(fieldKinds.json.fromDriver(12, "sqlite", meta)).toBe(12);
    expect(fieldKinds.json.fromDriver("1", "postgres", meta)).toBe("1");
  });
});

describe("choices, UUIDs and bytes", () => {
  it("take the listed items alone; a number's text comes from an input", () => {
    expect(parse("state", "")).toBe("");
    expect(parse("level", 2)).toBe(2);
    expect(parse("level", "2")).toBe(2);
    expect(parse("named", "2nd")).toBe("2nd");
    for (const raw of ["gone", "New", 1, "constructor", "__proto__"])
      expect(parse("state", raw), String(raw)).toEqual(refused);
    for (const raw of [4, "4", "02", 1.5, " 2"]) expect(parse("level", raw), String(raw)).toEqual(refused);
    expect(fieldKinds.enum.fromDriver(2n, "sqlite", field("level"))).toBe(2);
  });

  it("write UUIDs in lower case", () => {
    const id = "0190B1C4-0000-7000-8000-00000000ABCD";
    expect(parse("code", id)).toBe(id.toLowerCase());
    for (const raw of [`{${id}}`, id.replaceAll("-", ""), `${id}0`, "x"])
      expect(parse("code", raw), raw).toEqual(refused);
  });

  it("hold bytes as base64, counted as bytes", () => {
    expect(parse("file", "AQID")).toBe("AQID");
    expect(parse("file", Uint8Array.of(1, 2, 3))).toBe("AQID");
    expect(parse("file", "AQIDBAU=")).toEqual({ refused: "Use at most 4 bytes; there are 5." });
    for (const raw of ["AQI", "A===", "äöüß", "AQ-D"]) expect(parse("file", raw), raw).toEqual(refused);
    const view = Buffer.from([0, 1, 2, 3, 9]).subarray(1, 4);
    expect(fieldKinds.binary.fromDriver(view, "sqlite", field("file"))).toBe("AQID");
    expect(fieldKinds.binary.toDriver("AQID", "postgres", field("file"))).toEqual(Buffer.from([1, 2, 3]));
  });
});

describe("relations", () => {
  it("are keys of the other end; an object of the model counts as its key", () => {
    expect(parse("owner", 5)).toBe(5);
    expect(parse("owner", "5")).toBe(5);
    expect(parse("owner", Object.assign(new Owner(), { id: 7 }))).toBe(7);
    for (const raw of [{ id: 7 }, "05", " 5", "5.0", "+5", "", true, null, 2 ** 40])
      expect(parse("owner", raw), String(raw)).toEqual(refused);
    expect(fieldKinds.relation.toPlain(Object.assign(new Owner(), { id: 7 }), field("owner"))).toBe(7);
  });

  it("of many rows name each row once", () => {
    const [one, other] = ["0190b1c4-0000-7000-8000-00000000aaaa", "0190b1c4-0000-7000-8000-00000000bbbb"];
    expect(parse("labels", [one, other, one.toUpperCase()])).toEqual([one, other]);
    for (const raw of ["x", [5], [{ $gt: "" }], { length: 1, 0: one }, new Array(10_001).fill(one)])
      expect(parse("labels", raw)).toEqual(refused);
    expect(parse("children", [1])).toEqual(refused);
  });
});

describe("coercePk", () => {
  it("gives the key as its column has it", () => {
    expect(coercePk(Thing, "12")).toBe(12);
    expect(coercePk(Country, "DE")).toBe("DE");
    expect(coercePk(Passport, "DE")).toBe("DE");
    expect(coercePk(Label, "0190B1C4-0000-7000-8000-00000000ABCD")).toBe("0190b1c4-0000-7000-8000-00000000abcd");
  });

  it("throws a 400 for anything but one text or number of the key's kind", () => {
    const wrong = [
      ...hostile,
      null,
      undefined,
      true,
      "",
      "x",
      "1e3",
      "01",
      " 1",
      "1 ",
      "-",
      1.5,
      2 ** 31,
      "9".repeat(1_000_000),
    ];
    for (const raw of wrong) {
      expect(() => coercePk(Thing, raw)).toThrow(
        expect.objectContaining({ code: "QUERY_PK_INVALID", status: 400, expose: true }),
      );
    }
    expect(() => coercePk(Country, "DEU")).toThrow(expect.objectContaining({ code: "QUERY_PK_INVALID" }));
    expect(() => coercePk(Country, 12)).toThrow(expect.objectContaining({ code: "QUERY_PK_INVALID" }));
    expect(() => coercePk(model("NoModelKey", {}), 1)).toThrow(expect.objectContaining({ code: "MODEL_PRIMARY_KEY" }));
  });
});
