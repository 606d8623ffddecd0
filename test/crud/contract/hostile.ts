import { describe, expect, test } from "vitest";
import * as states from "../../fixtures/crud-app/src/notes.state.ts";
import { type Address, crudWorld } from "../../support/crud-world.ts";

interface AnyState {
  readonly name: string;
  readonly events: { readonly [name: string]: { readonly args: readonly unknown[] } | undefined };
  readonly fields: { readonly [name: string]: unknown };
}

const all = Object.values(states).filter((value) => typeof value === "function") as unknown as AnyState[];

/** What a page never sends, and a script may. */
const VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e300,
  2 ** 53,
  "",
  " ",
  "0",
  "\u0000",
  "x\u0000y",
  "\ud800",
  "%_\\'\"; drop table note; --",
  "x".repeat(300),
  "x".repeat(5_000),
  "true",
  "2026-02-30",
  "9999-99-99T99:99:99Z",
  new Date("2026-01-01"),
  new Date(8.64e15),
  [],
  [null],
  [[1]],
  ["1", 1, "01"],
  Array.from({ length: 2_000 }, (_, index) => index),
  {},
  { id: 1 },
  { $gt: 0 },
  { status: { in: [{}] } },
  { priority: { between: [1] } },
  { priority: { gte: "x".repeat(300) } },
  { folder: "01" },
  { status: ["draft", { $ne: 1 }] },
  { page: 1e15, pageSize: -1 },
  { page: Number.MAX_SAFE_INTEGER },
  { title: { toString: 1 }, tags: { length: 5 }, pinned: [] },
  new Map([["title", "x"]]),
  new Set([1]),
  12n,
];

/** Whatever comes from a browser: an answer of its own, never a fault of the app. */
export function hostile(address: Address): void {
  describe("hostile values", () => {
    const world = crudWorld(address);

    test.each(all.map((state) => [state.name, state] as const))(
      "SEC-12: no value makes an event or a field of %s fail.",
      async (_, state) => {
        await world.notes(world.ada, "a");
        await using tab = await world.open("ada");
        const faults: unknown[] = [];
        const note = (where: string, value: unknown) => (error: { code?: string }) => {
          if (!/^(?:EVENT_ARGS_INVALID|EVENT_SUPERSEDED)$/.test(String(error.code)))
            faults.push([where, String(value).slice(0, 40), error.code]);
        };
        for (const [name, event] of Object.entries(state.events)) {
          // It answers with a boolean, for a page's option alone.
          if (event === undefined || event.args.length === 0 || name === "exists") continue;
          for (const value of VALUES) {
            const args = event.args.map(() => value);
            await tab.call(state as never, name as never, ...(args as never[])).catch(note(name, value));
          }
        }
        for (const name of Object.keys(state.fields)) {
          for (const value of VALUES)
            await tab.write(state as never, name as never, value as never).catch(note(name, value));
          if (state.events["save"] !== undefined)
            await tab.call(state as never, "save" as never).catch(note("save", name));
        }
        console.log(state.name, JSON.stringify(faults.slice(0, 12)));
        expect(faults).toEqual([]);
        await tab.call(state as never, "refresh" as never);
        expect(await world.rows("Note", (notes) => notes.filter({ user: world.bob }).count())).toBe(0);
      },
    );
  });
}
