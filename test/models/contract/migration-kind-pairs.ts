import { describe, expect, it } from "vitest";
import { type Dialect, type ModelClass, model, objects, p, withDatabase } from "../../../src/models/index.ts";
import { migrationProjects } from "../migration-project.ts";

const ITEMS = ["low", "30", "0", "true", "2026-01-31", "09:30"];
const UUID = "2f0c1c8e-8b1e-4c1d-9d60-0f6f4c7d7b11";
const bytes = (text: string) => Buffer.from(text).toString("base64");

/** A column of each kind. */
const COLUMNS = {
  text: () => p.string().length(60).nullable(),
  enum: () => p.enum(ITEMS).nullable(),
  integer: () => p.integer().nullable(),
  tiny: () => p.tinyint().nullable(),
  bigint: () => p.bigint().nullable(),
  double: () => p.double().nullable(),
  decimal: () => p.decimal().precision(8).scale(2).nullable(),
  boolean: () => p.boolean().nullable(),
  date: () => p.date().nullable(),
  datetime: () => p.datetime().nullable(),
  time: () => p.time().nullable(),
  uuid: () => p.uuid().nullable(),
  json: () => p.json().nullable(),
  bytes: () => p.blob().nullable(),
} as const;
type Kind = keyof typeof COLUMNS;
const KINDS = Object.keys(COLUMNS) as Kind[];

/** What becomes of values of one kind in another: pairs of a value and what it becomes, and values that are refused. */
interface Outcome {
  readonly becomes?: readonly (readonly [value: unknown, becomes: unknown])[];
  readonly refused?: readonly unknown[];
}

const never = (kinds: readonly Kind[], ...values: unknown[]): { [kind in Kind]?: Outcome } =>
  Object.fromEntries(kinds.map((kind) => [kind, { refused: values }]));

const OUTCOMES: { readonly [from in Kind]: { readonly [to in Kind]?: Outcome } } = {
  text: {
    enum: { becomes: [["low", "low"]], refused: ["LOW", "1", " low", ""] },
    integer: {
      becomes: [
        [" 12", 12],
        ["+7", 7],
        ["-3\n", -3],
      ],
      refused: ["", "abc", "12.0", "1e3", "0x10", "1_000", "2147483648", "12abc", "NaN", "1".repeat(60)],
    },
    tiny: { becomes: [["127", 127]], refused: ["128", "-129", "1.5"] },
    bigint: {
      becomes: [["9007199254740993", "9007199254740993"]],
      refused: ["9223372036854775808", "-9223372036854775809", "1.5", "1e3"],
    },
    double: {
      becomes: [
        ["1.5e3", 1500],
        [".5", 0.5],
        ["-1.\t", -1],
        ["0e-9", 0],
      ],
      refused: ["Infinity", "-inf", "NaN", "1e400", "1e-400", "9007199254740993", "1,5", "", "0x1p3"],
    },
    decimal: {
      becomes: [
        ["1.5", "1.50"],
        ["+001.500", "1.50"],
        [" -.25 ", "-0.25"],
      ],
      refused: ["1.555", "1e2", "NaN", "1234567", "Infinity", "", "."],
    },
    boolean: {
      becomes: [
        ["yes", true],
        [" T ", true],
        ["0", false],
        ["OFF", false],
      ],
      refused: ["2", "tr", "of", "perhaps", ""],
    },
    date: {
      becomes: [
        ["2024-02-29", "2024-02-29"],
        [" 0001-01-01", "0001-01-01"],
      ],
      refused: [
        "2026-02-29",
        "tomorrow",
        "today",
        "2026-1-1",
        "2026-01-31 10:00:00",
        "20260131",
        "0000-01-01",
        "infinity",
        "01/02/2026",
        "",
      ],
    },
    datetime: {
      becomes: [
        ["2026-01-31", "2026-01-31T00:00:00.000Z"],
        ["2026-01-31 10:20", "2026-01-31T10:20:00.000Z"],
        ["2026-01-31T10:20:30.9999Z", "2026-01-31T10:20:30.999Z"],
        ["2026-01-31T23:30:00-05:30", "2026-02-01T05:00:00.000Z"],
        [" 2026-01-31T10:00+0200", "2026-01-31T08:00:00.000Z"],
        ["2026-01-31 10:00:00.5", "2026-01-31T10:00:00.500Z"],
      ],
      refused: [
        "now",
        "2026-01-31T24:00:00",
        "2026-02-30",
        "2026-01-31 10:20:60",
        "2026-01-31T10",
        "infinity",
        "1",
        "",
      ],
    },
    time: {
      becomes: [
        ["09:30", "09:30:00"],
        [" 23:59:59.000", "23:59:59"],
      ],
      refused: ["25:00", "10", "10:00:00.9", "24:00:00", "now", "9:30", "103000", "-01:00", "10:00:60", ""],
    },
    uuid: {
      becomes: [[` ${UUID.toUpperCase()}`, UUID]],
      refused: [`{${UUID}}`, UUID.replaceAll("-", ""), "x", ""],
    },
    json: {
      becomes: [
        ['{"a": [1]}', { a: [1] }],
        [" 1.5", 1.5],
      ],
      refused: ["hello", "", "{", "'a'"],
    },
    bytes: { becomes: [["h\\é", bytes("h\\é")]] },
  },
  enum: {
    text: { becomes: [["low", "low"]] },
    integer: { becomes: [["30", 30]], refused: ["low", "true", "2026-01-31"] },
    tiny: { becomes: [["30", 30]], refused: ["low"] },
    bigint: { becomes: [["30", "30"]], refused: ["low"] },
    double: { becomes: [["30", 30]], refused: ["low"] },
    decimal: { becomes: [["30", "30.00"]], refused: ["low"] },
    boolean: {
      becomes: [
        ["0", false],
        ["true", true],
      ],
      refused: ["low", "30"],
    },
    date: { becomes: [["2026-01-31", "2026-01-31"]], refused: ["low", "30"] },
    datetime: { becomes: [["2026-01-31", "2026-01-31T00:00:00.000Z"]], refused: ["low", "30"] },
    time: { becomes: [["09:30", "09:30:00"]], refused: ["low", "30"] },
    uuid: { refused: ["low"] },
    json: {
      becomes: [
        ["30", 30],
        ["true", true],
      ],
      refused: ["low"],
    },
    bytes: { becomes: [["low", bytes("low")]] },
  },
  integer: {
    text: { becomes: [[7, "7"]] },
    tiny: { becomes: [[127, 127]], refused: [128] },
    bigint: { becomes: [[7, "7"]] },
    double: { becomes: [[7, 7]] },
    decimal: { becomes: [[7, "7.00"]], refused: [1_234_567] },
    boolean: {
      becomes: [
        [1, true],
        [0, false],
      ],
      refused: [7, -1],
    },
    json: { becomes: [[7, 7]] },
    ...never(["enum", "date", "datetime", "time", "uuid", "bytes"], 1, 20_260_131, 103_000),
  },
  tiny: {
    text: { becomes: [[7, "7"]] },
    integer: { becomes: [[7, 7]] },
    ...never(["enum", "date", "time"], 1, 0),
  },
  bigint: {
    text: { becomes: [["9007199254740993", "9007199254740993"]] },
    integer: { becomes: [["7", 7]], refused: ["5000000000"] },
    tiny: { refused: ["128"] },
    double: {
      becomes: [
        ["9007199254740992", 9007199254740992],
        ["9007199254740994", 9007199254740994],
      ],
      refused: ["9007199254740993", "9223372036854775807"],
    },
    decimal: { becomes: [["7", "7.00"]], refused: ["5000000000"] },
    boolean: { becomes: [["1", true]], refused: ["2"] },
    json: { becomes: [["9007199254740994", 9007199254740994]], refused: ["9007199254740993"] },
    ...never(["enum", "date", "datetime", "time", "uuid", "bytes"], "1", "20260131"),
  },
  double: {
    text: { becomes: [[1.5, "1.5"]] },
    integer: { becomes: [[3, 3]], refused: [1.5, 1e10] },
    tiny: { becomes: [[3, 3]], refused: [200] },
    bigint: { becomes: [[3, "3"]], refused: [1.5, 1e19] },
    decimal: { becomes: [[0.1 + 0.2, "0.30"]], refused: [1.555, 1e7, 1e300] },
    boolean: { becomes: [[1, true]], refused: [0.5] },
    json: { becomes: [[1.5, 1.5]] },
    ...never(["enum", "date", "datetime", "time", "uuid", "bytes"], 1, 0, 1.5),
  },
  decimal: {
    text: { becomes: [["1.50", "1.50"]] },
    integer: { becomes: [["7.00", 7]], refused: ["7.50"] },
    tiny: { becomes: [["7.00", 7]], refused: ["200.00"] },
    bigint: { becomes: [["7.00", "7"]], refused: ["7.50"] },
    double: { becomes: [["7.50", 7.5]] },
    boolean: { becomes: [["1.00", true]], refused: ["0.50"] },
    json: { becomes: [["7.50", 7.5]] },
    ...never(["enum", "date", "datetime", "time", "uuid", "bytes"], "1.00", "0.50"),
  },
  boolean: {
    text: { becomes: [[false, "false"]] },
    integer: { becomes: [[true, 1]] },
    tiny: { becomes: [[true, 1]] },
    bigint: { becomes: [[true, "1"]] },
    double: { becomes: [[true, 1]] },
    decimal: { becomes: [[true, "1.00"]] },
    json: {
      becomes: [
        [true, true],
        [false, false],
      ],
    },
    ...never(["enum", "date", "datetime", "time", "uuid", "bytes"], true, false),
  },
  date: {
    text: { becomes: [["2026-01-31", "2026-01-31"]] },
    datetime: { becomes: [["2026-01-31", "2026-01-31T00:00:00.000Z"]] },
    ...never(
      ["enum", "integer", "tiny", "bigint", "double", "decimal", "boolean", "time", "uuid", "json", "bytes"],
      "2026-01-31",
    ),
  },
  datetime: {
    text: { becomes: [["2026-05-01T10:00:00.250Z", "2026-05-01T10:00:00.250Z"]] },
    date: { becomes: [["2026-05-01T23:59:59.999Z", "2026-05-01"]] },
    time: { becomes: [["2026-05-01T23:59:59.700Z", "23:59:59"]] },
    ...never(
      ["enum", "integer", "tiny", "bigint", "double", "decimal", "boolean", "uuid", "json", "bytes"],
      "2026-01-31T10:00:00.000Z",
    ),
  },
  time: {
    text: { becomes: [["09:30:00", "09:30:00"]] },
    ...never(
      [
        "enum",
        "integer",
        "tiny",
        "bigint",
        "double",
        "decimal",
        "boolean",
        "date",
        "datetime",
        "uuid",
        "json",
        "bytes",
      ],
      "09:30:00",
      "00:00:00",
    ),
  },
  uuid: {
    text: { becomes: [[UUID, UUID]] },
    bytes: { becomes: [[UUID, bytes(UUID)]] },
    ...never(
      ["enum", "integer", "tiny", "bigint", "double", "decimal", "boolean", "date", "datetime", "time", "json"],
      UUID,
    ),
  },
  json: {
    text: {
      becomes: [
        ["a", '"a"'],
        [true, "true"],
      ],
    },
    integer: {
      becomes: [
        [7, 7],
        [true, 1],
      ],
      refused: [1.5, "7", [7], 5_000_000_000],
    },
    tiny: { becomes: [[7, 7]], refused: [200] },
    bigint: { becomes: [[7, "7"]], refused: [1.5, "7"] },
    double: {
      becomes: [
        [1.5, 1.5],
        [false, 0],
      ],
      refused: ["1.5", {}],
    },
    decimal: {
      becomes: [
        [1.5, "1.50"],
        [true, "1.00"],
      ],
      refused: [1.555, "1.5", 1_234_567],
    },
    boolean: {
      becomes: [
        [true, true],
        [0, false],
      ],
      refused: [2, "true", []],
    },
    ...never(["enum", "date", "datetime", "time", "uuid", "bytes"], "2026-01-31", 1, { a: 1 }),
  },
  bytes: {
    text: { becomes: [[bytes("h\\é"), "h\\é"]], refused: [Buffer.from([0xff, 0xfe]).toString("base64")] },
    ...never(
      ["enum", "integer", "tiny", "bigint", "double", "decimal", "boolean", "date", "datetime", "time", "uuid", "json"],
      bytes("1"),
    ),
  },
};

/** Every pair of kinds, with values that are converted and values that are refused: the same on every kind of database. */
export function migrationKindPairContract(dialect: Dialect, address: () => Promise<string>): void {
  const { project } = migrationProjects(dialect, address);
  const event = (columns: { readonly [name: string]: Kind }) => {
    const fields = Object.fromEntries(Object.entries(columns).map(([name, kind]) => [name, COLUMNS[kind]()]));
    return [model("Event", { id: p.integer().primary(), ...fields })] as unknown as ModelClass[];
  };
  const rowsOf = (models: ModelClass[]) => objects(models[0] as never) as ReturnType<typeof objects<ModelClass>>;

  describe(`Each kind as each other kind on ${dialect}`, () => {
    it.each(KINDS)("%s: what fits is converted, what does not is refused and kept", async (from) => {
      // A field for each other kind, named by it.
      const others = KINDS.filter((kind) => kind !== from);
      const old = event(Object.fromEntries(others.map((to) => [`to_${to}`, from])));
      const now = event(Object.fromEntries(others.map((to) => [`to_${to}`, to])));
      const { make, migrate, open, rows, drift } = await project(old);
      const [before, after] = [await open(old), await open(now)];
      await make(now);
      await rows("insert into `event` (`id`) values (1)");
      await migrate({ backup: false });
      expect(await drift(now)).toBe("");
      expect(await make(now)).toEqual([]);
      await migrate({ target: "0001", backup: false });
      expect(await drift(old)).toBe("");
      await rows("delete from `event`");

      for (const to of others) {
        for (const value of OUTCOMES[from][to]?.refused ?? []) {
          const row = { id: 1, [`to_${to}`]: value } as never;
          const created = await withDatabase(before, () => rowsOf(old).create(row));
          const outcome: unknown = await migrate({ backup: false }).catch(
            (error: { code: string; message: string }) => {
              // MySQL does not go back: a guard has to refuse the value before anything is changed.
              const isWhole = dialect !== "mysql" && error.code === "MIGRATION_FAILED";
              const isMeant =
                /^MIGRATION_(?:VALUE_)?REFUSED$/.test(error.code) && error.message.includes(`Event.to_${to} `);
              return isWhole || isMeant ? "refused" : `${error.code}: ${error.message}`;
            },
          );
          expect([to, value, outcome]).toEqual([to, value, "refused"]);
          expect(await withDatabase(before, () => rowsOf(old).rows())).toEqual([created]);
          await rows("delete from `event`");
        }
      }

      const pairs = others.map((to) => [`to_${to}`, OUTCOMES[from][to]?.becomes ?? []] as const);
      const length = Math.max(...pairs.map(([, becomes]) => becomes.length));
      const all = (side: 0 | 1) =>
        Array.from({ length }, (_, index) => ({
          id: index + 1,
          ...Object.fromEntries(pairs.map(([name, becomes]) => [name, becomes[index]?.[side] ?? null])),
        }));
      await withDatabase(before, () => rowsOf(old).createMany(all(0) as never));
      await migrate({ backup: false });
      expect(
        await withDatabase(after, () =>
          rowsOf(now)
            .orderBy("id" as never)
            .rows(),
        ),
      ).toEqual(all(1));
    });
  });
}
