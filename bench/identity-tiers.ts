import { buildBenchApp, Child } from "./child.ts";
import type { LoadRequest, RoundResult } from "./load-process.ts";
import type { ServerReport } from "./server-process.ts";
import { grouped, median, printTable } from "./table.ts";

const CONNECTIONS = 100;
const PIPELINES = [1, 10];
const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 7);
const ROUND_MS = 2_000;
const TIERS = ["None", "Session", "Full"] as const;

interface Round extends RoundResult {
  readonly perSecond: number;
  /** Microseconds of the server's processor time per event. */
  readonly cpu: number;
}

/** Events per second of a signed-in user by tier, against events that are no request at all. */
export async function identityTiers(): Promise<void> {
  buildBenchApp("identity-app");
  const profile = process.env["BENCH_PROFILE"] ? ["--cpu-prof"] : [];
  const { child: server, ready } = await Child.start<"report" | "collect", ServerReport>(
    "server-process.ts",
    0,
    ["identity"],
    profile,
  );
  const { child: load } = await Child.start<LoadRequest, { result: RoundResult }>("load-process.ts", 1);
  for (const tier of TIERS) {
    const target = {
      dialect: "antiphon" as const,
      port: ready.port,
      cookie: ready.cookie ?? "",
      state: `counters.${tier}State`,
      event: "increment",
      answer: '["set",["count"],#]',
    };
    await load.ask({ kind: "open", group: tier, count: CONNECTIONS, target });
  }
  const results = new Map<string, Round[]>();
  // The first round of each kind warms up.
  for (let index = 0; index <= ROUNDS; index++) {
    for (const pipeline of PIPELINES) {
      for (const tier of TIERS) {
        const before = await server.ask("report");
        const { result } = await load.ask({ kind: "round", group: tier, pipeline, milliseconds: ROUND_MS });
        const after = await server.ask("report");
        const perSecond = result.events / result.seconds;
        const round = { ...result, perSecond, cpu: (after.cpu - before.cpu) / result.events };
        if (index > 0) results.set(`${tier} ${pipeline}`, [...(results.get(`${tier} ${pipeline}`) ?? []), round]);
      }
    }
  }
  await server.stop();
  await load.stop();
  for (const pipeline of PIPELINES) print(pipeline, (tier) => results.get(`${tier} ${pipeline}`) ?? []);
}

function print(pipeline: number, roundsOf: (tier: string) => readonly Round[]): void {
  const of = (tier: string, key: keyof Round) => median(roundsOf(tier).map((round) => round[key]));
  printTable(
    `Events of a signed-in user by tier, ${CONNECTIONS} connections, ${pipeline} in flight on each (median of ${roundsOf("None").length} rounds)`,
    ["tier", "events/s", "ratio", "p50 / p99 ms", "CPU us/event", "ratio by CPU", "generator busy"],
    TIERS.map((tier) => [
      { None: "none", Session: "session, touched", Full: "full, five hooks" }[tier],
      grouped(of(tier, "perSecond")),
      (of(tier, "perSecond") / of("None", "perSecond")).toFixed(2),
      `${of(tier, "p50").toFixed(2)} / ${of(tier, "p99").toFixed(2)}`,
      of(tier, "cpu").toFixed(1),
      (of("None", "cpu") / of(tier, "cpu")).toFixed(2),
      of(tier, "busy").toFixed(2),
    ]),
  );
}

if (import.meta.main) await identityTiers();
