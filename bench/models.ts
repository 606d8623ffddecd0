import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import BetterSqlite from "better-sqlite3";
import { Pool } from "pg";
import { Database, model, objects, p, withDatabase } from "../src/models/index.ts";
import { postgresServer } from "../test/support/database-servers.ts";
import { grouped, median, printTable } from "./table.ts";

const ROWS = 5_000;
const ROUNDS = 31;

class Owner extends model("Owner", { id: p.integer().primary(), name: p.string().length(50) }) {}

/** Ten columns, half of them of kinds that drivers give in another form than rows have. */
class Entry extends model("Entry", {
  id: p.integer().primary(),
  title: p.string().length(200),
  body: p.text(),
  status: p.enum(["draft", "published"] as const),
  quantity: p.integer(),
  pinned: p.boolean(),
  createdAt: p.datetime(),
  updatedAt: p.datetime().nullable(),
  meta: p.json<{ color: string; sizes: number[] }>().nullable(),
  owner: () => p.manyToOne(Owner),
}) {}

interface Contest {
  readonly name: string;
  /** How often one measurement repeats it. */
  readonly times: number;
  readonly limit: number;
  readonly raw: () => unknown;
  readonly ours: () => Promise<unknown>;
}

/** The part of the pool that our own declarations leave out. */
interface Queried {
  query(text: string, values: readonly unknown[]): Promise<{ rows: unknown[] }>;
}

/** Reads through `objects()` beside the same statements of the driver alone, with its statement kept. */
export async function models(): Promise<void> {
  await onSqlite();
  await onPostgres();
}

async function onSqlite(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "antiphon-bench-"));
  const file = join(folder, "bench.sqlite3");
  try {
    await using database = await Database.open({ url: `sqlite:${file}`, models: [Owner, Entry] });
    await fill(database);
    const native = new BetterSqlite(file);
    const list = native.prepare('select * from "entry" order by "id" asc limit ?');
    const one = native.prepare('select * from "entry" where "id" = ?');
    await withDatabase(database, () =>
      compare("SQLite", [
        {
          name: "rows(), 1,000 of 10 columns",
          times: 5,
          limit: 2.5,
          raw: () => list.all(1_000),
          ours: () => objects(Entry).limit(1_000).rows(),
        },
        {
          name: "rows(), 50",
          times: 100,
          limit: 4,
          raw: () => list.all(50),
          ours: () => objects(Entry).limit(50).rows(),
        },
        {
          name: "get(pk)",
          times: 1_000,
          limit: 10,
          raw: () => one.all(nextKey()),
          ours: () => objects(Entry).get(nextKey()),
        },
        {
          name: "filter().orderBy().rows(), 50",
          times: 100,
          limit: 4,
          raw: () => list.all(50),
          ours: () =>
            objects(Entry)
              .filter({ quantity: { gte: 0 } })
              .orderBy("id")
              .limit(50)
              .rows(),
        },
      ]),
    );
    native.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function onPostgres(): Promise<void> {
  const server = await postgresServer();
  if (typeof server === "string") return console.log(`PostgreSQL is not measured: ${server}`);
  try {
    const url = await server.createDatabase();
    await using database = await Database.open({ url, models: [Owner, Entry] });
    await fill(database);
    const pool = new Pool({ connectionString: url });
    // It is ended before its connections are closed; the server's end would be an error that nobody hears.
    pool.on("error", () => {});
    pool.on("connect", (client) => client.on("error", () => {}));
    const raw = async (text: string, values: unknown[]) =>
      (await (pool as unknown as Queried).query(text, values)).rows;
    const list = 'select * from "entry" order by "id" asc limit $1';
    await withDatabase(database, () =>
      compare("PostgreSQL", [
        {
          name: "rows(), 1,000 of 10 columns",
          times: 3,
          limit: 1.5,
          raw: () => raw(list, [1_000]),
          ours: () => objects(Entry).limit(1_000).rows(),
        },
        {
          name: "rows(), 50",
          times: 30,
          limit: 1.5,
          raw: () => raw(list, [50]),
          ours: () => objects(Entry).limit(50).rows(),
        },
        {
          name: "get(pk)",
          times: 50,
          limit: 1.5,
          raw: () => raw('select * from "entry" where "id" = $1', [nextKey()]),
          ours: () => objects(Entry).get(nextKey()),
        },
      ]),
    );
    await pool.end();
  } finally {
    await server.stop();
  }
}

let key = 0;

function nextKey(): number {
  key = (key + 7) % ROWS;
  return key + 1;
}

async function fill(database: Database): Promise<void> {
  await database.orm.schema.create();
  await withDatabase(database, async () => {
    const owners = await objects(Owner).createMany([{ name: "a" }, { name: "b" }]);
    const start = Date.UTC(2026, 0, 1);
    for (let from = 0; from < ROWS; from += 1_000) {
      await objects(Entry).createMany(
        Array.from({ length: 1_000 }, (_, index) => {
          const number = from + index;
          return {
            title: `Entry number ${number}`,
            body: `Some text of entry ${number}, as long as a sentence is.`,
            status: number % 3 === 0 ? ("draft" as const) : ("published" as const),
            quantity: number % 100,
            pinned: number % 10 === 0,
            createdAt: new Date(start + number * 3_600_000 + (number % 1_000)),
            updatedAt: number % 2 === 0 ? null : new Date(start + number * 7_200_000),
            meta: number % 4 === 0 ? null : { color: "blue", sizes: [number, 2, 3] },
            owner: owners[number % 2]?.id as number,
          };
        }),
      );
    }
  });
}

async function compare(title: string, contests: readonly Contest[]): Promise<void> {
  const rows: string[][] = [];
  for (const contest of contests) {
    const raw: number[] = [];
    const ours: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      // In turns, so that whatever else the machine does falls on both.
      raw.push(await timed(contest.times, contest.raw));
      ours.push(await timed(contest.times, contest.ours));
    }
    const ratio = median(ours.map((time, round) => time / (raw[round] ?? time)));
    rows.push([
      contest.name,
      grouped(median(raw), 1),
      grouped(median(ours), 1),
      ratio.toFixed(2),
      `≤ ${contest.limit}`,
      ratio <= contest.limit ? "yes" : "NO",
    ]);
  }
  printTable(`Reading from ${title}: µs a call`, ["", "driver", "objects()", "ratio", "limit", "kept"], rows);
}

async function timed(times: number, work: () => unknown): Promise<number> {
  const start = performance.now();
  for (let time = 0; time < times; time++) await work();
  return ((performance.now() - start) * 1_000) / times;
}

if (import.meta.main) await models();
