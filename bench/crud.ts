import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import BetterSqlite from "better-sqlite3";
import { ModelState } from "../src/crud/index.ts";
import { Database, model, objects, p, withDatabase } from "../src/models/index.ts";
import { foldCase } from "../src/models/schema/folded-case.ts";
import { messagePacket } from "../src/protocol/wire-parser.ts";
import { type StateClass, stateId, tagStates } from "../src/state/class-info.ts";
import { Runner } from "../src/state/handlers/runner.ts";
import { StateRegistry } from "../src/state/registry.ts";
import { StateTree } from "../src/state/state-tree.ts";
import { grouped, median, printTable } from "./table.ts";

const LIST = 1_000;
const TABLE = 100_000;
const EDITS = 300;
const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 5);

class Item extends model(
  "BenchItem",
  {
    id: p.integer().primary(),
    title: p.string().length(200),
    content: p.text().default(""),
    status: p.enum(["draft", "published"]).default("draft"),
    price: p.decimal().precision(10).scale(2).nullable(),
    createdAt: p.datetime().onCreate(() => new Date()),
    version: p.integer().version(),
  },
  { ordering: ["title"] },
) {}

const FIELDS = ["title", "content", "status", "price", "createdAt"] as const;
const READ_ONLY = ["price"] as const;
/** A list of all rows, as the original edited it. */
class Whole extends ModelState(Item, { fields: FIELDS, readOnlyFields: READ_ONLY, loginRequiredActions: [] }) {}
/** A page of many rows, with search and total. */
class Paged extends ModelState(Item, {
  fields: FIELDS,
  loginRequiredActions: [],
  paginateBy: 50,
  searchFields: ["title"],
}) {}
tagStates("bench", { Whole, Paged });

/** A tab without a socket: what it sends is counted. */
class BenchTab {
  readonly tree = new StateTree(new StateRegistry([{ Whole, Paged }]));
  readonly #runner = new Runner(this.tree, { send: () => {}, fail: (error) => this.#failed(error) });
  #version = 0;
  bytes = 0;

  constructor(stateClass: StateClass) {
    this.tree.watch(stateId(stateClass) as string);
  }

  async call(stateClass: StateClass, event: string, ...args: (string | number)[]): Promise<void> {
    await this.#runner.call({ state: stateId(stateClass) as string, event, args }, 32, (outcome) => {
      if ("error" in outcome) return this.#failed(outcome.error);
      const frame = { version: ++this.#version, changes: outcome.changes, acks: [[this.#version]] };
      this.bytes = Buffer.byteLength(`4${messagePacket("frame", JSON.stringify(frame))}`);
    });
  }

  #failed(error: unknown): never {
    throw error;
  }
}

/** Edits of a long list, and pages of a large table, on SQLite. */
export async function crud(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "antiphon-bench-crud-"));
  const file = join(folder, "bench.sqlite3");
  const statements: Statement[] = [];
  try {
    const onQuery = (text: string, values: readonly unknown[]) => void statements.push({ text, values });
    await using database = await Database.open({ url: `sqlite:${file}`, models: [Item], onQuery });
    await database.orm.schema.create();
    await withDatabase(database, async () => {
      await fill(LIST, 0);
      await edits(statements);
      await fill(TABLE - LIST, LIST);
      await pages(file, statements);
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function fill(count: number, from: number): Promise<void> {
  for (let start = 0; start < count; start += 5_000) {
    const size = Math.min(5_000, count - start);
    const rows = Array.from({ length: size }, (_, index) => {
      const number = from + start + index;
      return {
        title: `Item ${String(number).padStart(6, "0")}`,
        content: `Content of the item ${number}`,
        price: "12.50",
      };
    });
    await objects(Item).createMany(rows);
  }
}

async function edits(statements: Statement[]): Promise<void> {
  const tab = new BenchTab(Whole);
  await tab.call(Whole, "refresh");
  const state = tab.tree.sibling(Whole) as Whole;
  const { id } = state.data[500] as { id: number };
  const edit = async (step: number) => {
    await tab.call(Whole, "startEdit", id);
    await tab.call(Whole, "setContent", `Content ${step}`);
    await tab.call(Whole, "save");
  };
  await edit(0);
  await tab.call(Whole, "startEdit", id);
  await tab.call(Whole, "setContent", "Content 1");
  statements.length = 0;
  await tab.call(Whole, "save");
  const rates: number[] = [];
  const saves: number[] = [];
  const [sent, asked] = [tab.bytes, statements.length];
  for (let round = 0; round < ROUNDS; round++) {
    const begin = process.cpuUsage();
    for (let step = 0; step < EDITS; step++) await edit(round * EDITS + step + 2);
    const { user, system } = process.cpuUsage(begin);
    rates.push(EDITS / ((user + system) / 1e6));
    let saving = 0;
    for (let step = 0; step < EDITS; step++) {
      await tab.call(Whole, "startEdit", id);
      await tab.call(Whole, "setContent", `Saved ${round} ${step}`);
      const start = process.cpuUsage();
      await tab.call(Whole, "save");
      const used = process.cpuUsage(start);
      saving += used.user + used.system;
    }
    saves.push(EDITS / (saving / 1e6));
  }
  printTable(
    `Editing one row of a list of ${grouped(LIST)}, by CPU time of one core`,
    ["", "measured", "limit"],
    [
      ["bytes that the save sends", grouped(sent), "250"],
      ["statements of the save", String(asked), "3"],
      ["saves a second", grouped(median(saves)), "950 (the original: 19)"],
      ["edits a second (open, type, save)", grouped(median(rates)), ""],
    ],
  );
}

async function pages(file: string, statements: Statement[]): Promise<void> {
  const tab = new BenchTab(Paged);
  const native = new BetterSqlite(file);
  native.function("antiphon_lower", { deterministic: true }, (value: unknown) =>
    typeof value === "string" ? foldCase(value) : value,
  );
  const event = async () => {
    const begin = performance.now();
    await tab.call(Paged, "setSearch", "item 0");
    return performance.now() - begin;
  };
  await event();
  statements.length = 0;
  await event();
  const prepared = statements.map(({ text, values }) => ({ statement: native.prepare(text), values: [...values] }));
  const driver = () => {
    const begin = performance.now();
    for (const { statement, values } of prepared) statement.all(...values);
    return performance.now() - begin;
  };
  driver();
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < ROUNDS * 3; round++) {
    theirs.push(driver());
    ours.push(await event());
  }
  native.close();
  const [alone, whole] = [median(theirs), median(ours)];
  printTable(
    `Loading 50 of ${grouped(TABLE)} rows with search and count`,
    ["", "milliseconds", "of the driver", "limit"],
    [
      [`the same ${prepared.length} statements by the driver`, alone.toFixed(2), "", ""],
      ["the event", whole.toFixed(2), (whole / alone).toFixed(2), "1.5"],
    ],
  );
}

interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

if (import.meta.main) await crud();
