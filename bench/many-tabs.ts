import { buildBenchApp, Child } from "./child.ts";
import type { LoadRequest, RoundResult } from "./load-process.ts";
import type { ServerReport } from "./server-process.ts";
import { printTable } from "./table.ts";
import type { Dialect } from "./wire-client.ts";

interface Case {
  readonly name: string;
  readonly dialect: Dialect;
  readonly tabs: number;
  readonly state: string;
  readonly event: string;
  readonly answer: string;
  /** Events per tab before it idles, so that what a used tab keeps is counted. */
  readonly events: number;
}

const CASES: readonly Case[] = [
  {
    name: "bare Socket.IO connection",
    dialect: "echo",
    tabs: 2_000,
    state: "none",
    event: "none",
    answer: '"id":#,',
    events: 1,
  },
  {
    name: "tab with a counter",
    dialect: "antiphon",
    tabs: 2_000,
    state: "counter.CounterState",
    event: "increment",
    answer: '["set",["count"],#]',
    events: 1,
  },
  {
    name: "tab with 1,000 rows, none touched",
    dialect: "antiphon",
    tabs: 200,
    state: "table.TableState",
    event: "touch",
    answer: '"acks":[[#]]',
    events: 0,
  },
  {
    name: "tab with 1,000 rows, one written",
    dialect: "antiphon",
    tabs: 200,
    state: "table.TableState",
    event: "touch",
    answer: '"acks":[[#]]',
    events: 1,
  },
];

/** Connections before the first report: what is loaded and compiled once must not be charged to the tabs. */
const WARM_UP = 50;

async function measure(bench: Case): Promise<{ rss: number; heap: number }> {
  const { dialect, state, event, answer, tabs, events } = bench;
  const { child: load } = await Child.start<LoadRequest, { result: RoundResult }>("load-process.ts", 1);
  const { child: server, ready } = await Child.start<"report" | "collect", ServerReport>("server-process.ts", 0, [
    dialect,
  ]);
  const target = { dialect, port: ready.port, state, event, answer };
  const use = async (group: string, count: number) => {
    await load.ask({ kind: "open", group, count, target });
    if (events > 0) await load.ask({ kind: "round", group, pipeline: events, milliseconds: 0 });
  };
  await use("warm-up", WARM_UP);
  const before = await server.ask("collect");
  await use("measured", tabs);
  const after = await server.ask("collect");
  await load.stop();
  await server.stop();
  return { rss: (after.rss - before.rss) / tabs / 1024, heap: (after.heap - before.heap) / tabs / 1024 };
}

/** Memory that an idle tab takes, against a bare Socket.IO connection. */
export async function manyTabs(): Promise<void> {
  buildBenchApp();
  const rows: string[][] = [];
  let bare: { rss: number; heap: number } | undefined;
  for (const bench of CASES) {
    const used = await measure(bench);
    bare ??= used;
    rows.push([
      bench.name,
      String(bench.tabs),
      used.rss.toFixed(1),
      (used.rss / bare.rss).toFixed(1),
      used.heap.toFixed(1),
      (used.heap / bare.heap).toFixed(1),
    ]);
  }
  printTable(
    "Memory of an idle tab (kB, after garbage collection)",
    ["what", "tabs", "RSS", "ratio", "JS heap", "ratio"],
    rows,
  );
}

if (import.meta.main) await manyTabs();
