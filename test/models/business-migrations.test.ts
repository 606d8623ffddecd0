import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { dumpRows, type Fixture } from "../../src/models/dump/dump-rows.ts";
import { loadRows } from "../../src/models/dump/load-rows.ts";
import { Database, type Dialect, type ModelClass } from "../../src/models/index.ts";
import { makeMigrations } from "../../src/models/migrations/make-migrations.ts";
import { migrateDatabase } from "../../src/models/migrations/migrate.ts";
import { mysqlServer, postgresServer } from "../support/database-servers.ts";
import { BUSINESS_ROWS, BUSINESS_STEPS, businessModels } from "./business-models.ts";

const root = mkdtempSync(join(tmpdir(), "antiphon-business-"));
const LAST = BUSINESS_STEPS.length;
const DIALECTS: readonly Dialect[] = ["sqlite", "postgres", "mysql"];

const servers = { postgres: await postgresServer(), mysql: await mysqlServer() };
afterAll(async () => {
  for (const server of Object.values(servers)) if (typeof server !== "string") await server.stop();
  rmSync(root, { recursive: true, force: true });
});

let files = 0;
async function address(dialect: Dialect): Promise<string> {
  if (dialect === "sqlite") return `sqlite:${join(root, `${files++}.sqlite3`)}`;
  const server = servers[dialect];
  if (typeof server === "string") throw new Error(server);
  return server.createDatabase();
}

const present = DIALECTS.filter((dialect) => dialect === "sqlite" || typeof servers[dialect] !== "string");
for (const dialect of DIALECTS.filter((one) => !present.includes(one))) {
  process.stderr.write(`${dialect} is not tested: ${servers[dialect as "mysql"]}\n`);
}

async function dump(database: Database, models: readonly ModelClass[]): Promise<Fixture> {
  let text = "";
  await dumpRows(database, models, (part) => {
    text += part;
  });
  return JSON.parse(text);
}

async function use<T>(
  url: string,
  models: readonly ModelClass[],
  work: (database: Database) => Promise<T>,
): Promise<T> {
  await using database = await Database.open({ url, models });
  return await work(database);
}

/** Migrations of every step for every dialect, made once. */
const folder = join(root, "migrations");
async function makeAll(): Promise<void> {
  await makeMigrations({ models: businessModels(0), folder, dialects: DIALECTS });
  for (const [index, { answers }] of BUSINESS_STEPS.entries()) {
    const models = businessModels(index + 1);
    const made = await makeMigrations({ models, folder, dialects: DIALECTS, answers, name: `step_${index + 1}` });
    expect(made.map(({ dialect }) => dialect)).toEqual(DIALECTS);
    expect(await makeMigrations({ models, folder, dialects: DIALECTS, check: true })).toEqual([]);
  }
}
const made = makeAll();
const dumps = new Map<Dialect, Fixture>();
const target = (step: number) => String(step + 1).padStart(4, "0");

describe("A business schema of 15 models", () => {
  it.each(present)("keeps every value through eight steps and back on %s", { timeout: 120_000 }, async (dialect) => {
    await made;
    const url = await address(dialect);
    const rows = structuredClone(BUSINESS_ROWS) as never;
    await use(url, businessModels(0), async (database) => {
      await migrateDatabase(database, { folder, target: target(0), backup: false });
      await loadRows(database, JSON.stringify(BUSINESS_ROWS), "rows.json");
      expect(await dump(database, businessModels(0))).toEqual(rows);
    });
    for (const [index, step] of BUSINESS_STEPS.entries()) {
      const models = businessModels(index + 1);
      step.up(rows);
      await use(url, models, async (database) => {
        await migrateDatabase(database, { folder, target: target(index + 1), backup: false });
        expect([index + 1, await dump(database, models)]).toEqual([index + 1, rows]);
        if (index + 1 === LAST) dumps.set(dialect, await dump(database, models));
      });
    }
    for (const [index, step] of [...BUSINESS_STEPS.entries()].reverse()) {
      const models = businessModels(index);
      step.down(rows);
      await use(url, models, async (database) => {
        await migrateDatabase(database, { folder, target: target(index), backup: false });
        expect([index, await dump(database, models)]).toEqual([index, rows]);
      });
    }
  });

  it.each(present.flatMap((from) => present.map((to) => [from, to] as const)))(
    "is the same when it is carried from %s to %s",
    { timeout: 60_000 },
    async (from, to) => {
      const dumped = dumps.get(from) as Fixture;
      const models = businessModels(LAST);
      await use(await address(to), models, async (database) => {
        await migrateDatabase(database, { folder, backup: false });
        await loadRows(database, JSON.stringify(dumped), "dump.json");
        expect(await dump(database, models)).toEqual(dumped);
      });
    },
  );
});
