import { afterEach, expect, it, vi } from "vitest";
import type { AppRequest } from "../bridge/request-types.ts";
import { ContextCollector } from "./collector.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

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

const deep = (levels: number): unknown => (levels === 0 ? 1 : { a: deep(levels - 1) });
const cyclic: { self?: unknown } = {};
cyclic.self = cyclic;

it.each([
  ["a Set of objects", new Set([{ a: 1 }]), "v holds a Set member that is an object"],
  ["a Map with keys that are objects", new Map([[{}, 1]]), "v holds a Map key that is an object"],
  [
    "a Map with keys that are dates",
    { m: new Map([[new Date(0), 1]]) },
    "v.m holds a Map key that is an instance of Date",
  ],
  ["a Map with keys that are booleans", new Map([[true, 1]]), "v holds a Map key that is a boolean"],
  ["one that is nested too deeply", deep(60), "v.a.a.a is nested more than 60 levels deep"],
  ["one that holds itself", cyclic, "v.self.self.self is nested more than 60 levels deep"],
  ["an instance of a class", { list: [new URL("http://localhost")] }, "v.list.0 holds an instance of URL"],
  ["a function", () => 1, "v holds a function"],
  ["a name that reaches a prototype", JSON.parse('{"__proto__": 1}'), 'v holds the property name "__proto__"'],
])("row 44: of all values only %s is left out, and the warning says why", (_, v, reason) => {
  const { warnings, collecting } = collector([]);
  expect(collecting.sendable({ before: 1, v, after: new Set([1]) })).toEqual({ before: 1, after: new Set([1]) });
  expect(warnings).toEqual([expect.stringContaining(`The context value "v" cannot travel to the page: ${reason}`)]);
});

it("row 44: a value that is nested as deeply as a var takes it is sent", () => {
  const { warnings, collecting } = collector([]);
  expect(collecting.sendable({ v: deep(59) })).toEqual({ v: deep(59) });
  expect(warnings).toEqual([]);
});

it("row 41: a processor that does not return is left out after 10 seconds, and named", async () => {
  vi.useFakeTimers();
  const hanging = () => new Promise<object>(() => {});
  const { warnings, collect } = collector([() => ({ first: 1 }), hanging, async () => ({ last: 2 })]);
  const collected = collect();
  await vi.advanceTimersByTimeAsync(9_999);
  expect(warnings).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(await collected).toEqual({ first: 1, last: 2 });
  expect(warnings).toEqual([
    expect.stringMatching(
      /^The context processor hanging failed and is left out\. .* has not returned within 10 seconds/,
    ),
  ]);
  expect(vi.getTimerCount()).toBe(0);
});
