import { afterEach, expect, it, vi } from "vitest";
import type { AppRequest } from "../bridge/request-types.ts";
import { ContextCollector } from "./collector.ts";

afterEach(() => vi.restoreAllMocks());

function collector(processors: readonly unknown[]) {
  const warnings: string[] = [];
  const warn = ({ err }: { err?: Error }, message: string) => warnings.push(`${message} ${err?.message}`);
  const collecting = new ContextCollector(processors, { warn: warn as (details: object, message: string) => void });
  return { warnings, collecting, collect: () => collecting.collect({} as AppRequest) };
}

it("row 41: a processor is warned of again when it fails in another way, or after it has worked", async () => {
  let reason: string | undefined;
  const tenant = () => {
    if (reason !== undefined) throw new Error(reason);
    return { tenant: "a" };
  };
  const { warnings, collect } = collector([tenant]);
  for (const next of ["no tenant", "no tenant", "no database", undefined, "no database", "no database"]) {
    reason = next;
    await collect();
  }
  const warned = (text: string) => `The context processor tenant failed and is left out. ${text}`;
  expect(warnings).toEqual([warned("no tenant"), warned("no database"), warned("no database")]);
});

it("row 41: a processor that fails in another way on each request is not warned of on each", async () => {
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  let request = 0;
  const { warnings, collect } = collector([
    () => {
      throw new Error(`request ${++request}`);
    },
  ]);
  for (let round = 0; round < 100; round++) await collect();
  expect(warnings).toHaveLength(3);
  now += 60_000;
  for (let round = 0; round < 100; round++) await collect();
  expect(warnings).toHaveLength(4);
});

it("row 44: a value that cannot travel is warned of again after it could", async () => {
  const { warnings, collecting } = collector([]);
  for (const value of [() => 1, () => 1, "text", () => 1]) collecting.sendable({ value });
  expect(warnings).toHaveLength(2);
});
