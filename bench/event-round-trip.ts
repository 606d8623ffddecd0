import { buildBenchApp, Child } from "./child.ts";
import type { LoadRequest, RoundResult } from "./load-process.ts";
import type { ServerReport } from "./server-process.ts";
import { grouped, median, printTable } from "./table.ts";
import type { Dialect } from "./wire-client.ts";

const CONNECTIONS = 100;
const PIPELINES = [1, 10];
const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 7);
const ROUND_MS = 2_000;
const SERVERS: readonly Dialect[] = ["echo", "antiphon"];

/** The counter must stand where the calls have brought it. */
const ANSWERS: Readonly<Record<Dialect, string>> = { echo: '"id":#,', antiphon: '["set",["count"],#]' };

interface Round extends RoundResult {
  readonly perSecond: number;
  /** Microseconds of the server's processor time per event. */
  readonly cpu: number;
}

type ServerChild = Child<"report" | "collect", ServerReport>;
type LoadChild = Child<LoadRequest, { readonly result: RoundResult }>;

/** Events per second of a handler that changes one var, against a bare Socket.IO echo with acks. */
export async function eventRoundTrip(): Promise<void> {
  buildBenchApp();
  const servers = new Map<Dialect, ServerChild>();
  const { child: load } = await Child.start<LoadRequest, { result: RoundResult }>("load-process.ts", 1);
  for (const dialect of SERVERS) {
    const profile = process.env["BENCH_PROFILE"] && dialect === "antiphon" ? ["--cpu-prof"] : [];
    const { child, ready } = await Child.start<"report", ServerReport>("server-process.ts", 0, [dialect], profile);
    servers.set(dialect, child);
    const target = {
      dialect,
      port: ready.port,
      state: "counter.CounterState",
      event: "increment",
      answer: ANSWERS[dialect],
    };
    await load.ask({ kind: "open", group: dialect, count: CONNECTIONS, target });
  }
  const results = new Map<string, Round[]>();
  // The first round of each kind warms up.
  for (let index = 0; index <= ROUNDS; index++) {
    for (const pipeline of PIPELINES) {
      for (const dialect of SERVERS) {
        const round = await measure(servers.get(dialect) as ServerChild, load, dialect, pipeline);
        if (index > 0) results.set(`${dialect} ${pipeline}`, [...(results.get(`${dialect} ${pipeline}`) ?? []), round]);
      }
    }
  }
  for (const child of servers.values()) await child.stop();
  await load.stop();
  for (const pipeline of PIPELINES) {
    print(pipeline, results.get(`echo ${pipeline}`) ?? [], results.get(`antiphon ${pipeline}`) ?? []);
  }
}

async function measure(server: ServerChild, load: LoadChild, dialect: Dialect, pipeline: number): Promise<Round> {
  const before = await server.ask("report");
  const { result } = await load.ask({ kind: "round", group: dialect, pipeline, milliseconds: ROUND_MS });
  const after = await server.ask("report");
  return { ...result, perSecond: result.events / result.seconds, cpu: (after.cpu - before.cpu) / result.events };
}

function print(pipeline: number, echo: readonly Round[], antiphon: readonly Round[]): void {
  const of = (rounds: readonly Round[], key: keyof Round) => median(rounds.map((round) => round[key]));
  const row = (name: string, rounds: readonly Round[]) => [
    name,
    grouped(of(rounds, "perSecond")),
    (of(rounds, "perSecond") / of(echo, "perSecond")).toFixed(2),
    `${of(rounds, "p50").toFixed(2)} / ${of(rounds, "p99").toFixed(2)}`,
    of(rounds, "cpu").toFixed(1),
    (of(echo, "cpu") / of(rounds, "cpu")).toFixed(2),
    of(rounds, "busy").toFixed(2),
  ];
  printTable(
    `Event round trips, ${CONNECTIONS} connections, ${pipeline} in flight on each (median of ${echo.length} rounds)`,
    ["server", "events/s", "ratio", "p50 / p99 ms", "CPU us/event", "ratio by CPU", "generator busy"],
    [row("bare Socket.IO echo with acks", echo), row("Antiphon, one var", antiphon)],
  );
}

if (import.meta.main) await eventRoundTrip();
