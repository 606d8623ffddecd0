import { describe, expect, it } from "vitest";
import { z } from "zod";
import { event } from "../event.ts";
import { State } from "../state.ts";
import { Bench } from "../state-tree.fixture.ts";

const FIRST = new Date(2024, 0, 31, 12);

class CalendarState extends State {
  static override events = { run: event({ args: [z.string()] }) };
  due = FIRST;
  days: Date[] = [FIRST];
  byName = new Map([["first", FIRST]]);
  record = { at: FIRST };

  run(how: string) {
    this.due = COPIES[how]?.(this.due) ?? this.due;
  }
}

type Copy = (date: Date) => Date;

/** How libraries and authors make a date of another one and change the copy. */
const COPIES: { readonly [how: string]: Copy } = {
  "new date.constructor(date), as date-fns does": (date) => changed(new (date.constructor as DateConstructor)(date)),
  "new date.constructor(+date), as lodash does": (date) => changed(new (date.constructor as DateConstructor)(+date)),
  "Reflect.construct of its constructor": (date) =>
    changed(Reflect.construct(date.constructor, [date.getTime()]) as Date),
  "the constructor of its prototype": (date) =>
    changed(new (Object.getPrototypeOf(date).constructor as DateConstructor)(date)),
  "its prototype given to a new Date": (date) =>
    changed(Object.setPrototypeOf(new Date(date), Object.getPrototypeOf(date) as object) as Date),
  "a subclass of its constructor": (date) => {
    class Day extends (date.constructor as DateConstructor) {}
    return changed(new Day(date));
  },
  structuredClone: (date) => changed(structuredClone(date)),
  "new Date(date)": (date) => changed(new Date(date)),
  "new Date(date.toISOString())": (date) => changed(new Date(date.toISOString())),
};

function changed(date: Date): Date {
  date.setDate(date.getDate() + 1);
  return date;
}

describe("A Date in a var", () => {
  it.each(Object.keys(COPIES))("can be copied, and the copy changed and assigned: %s", async (how) => {
    const bench = new Bench({ CalendarState });
    bench.watch(CalendarState);
    expect(await bench.call(CalendarState, "run", how)).toBeUndefined();
    const expected = new Date(2024, 1, 1, 12);
    expect(bench.instance(CalendarState).due).toEqual(expected);
    expect(bench.copy(CalendarState)["due"]).toEqual(expected);
    expect(FIRST.getDate()).toBe(31);
  });

  it("is told from other values as every Date is", () => {
    const { due } = new Bench({ CalendarState }).instance(CalendarState);
    expect(due).toBeInstanceOf(Date);
    expect(due.constructor).toBe(Date);
    expect(Object.prototype.toString.call(due)).toBe("[object Date]");
    expect(Object.getPrototypeOf(structuredClone(due))).toBe(Date.prototype);
    expect([`${due}`, JSON.stringify(due), +due]).toEqual([`${FIRST}`, JSON.stringify(FIRST), +FIRST]);
  });

  it.each([
    ["a var", (state: CalendarState) => state.due],
    ["a list", (state: CalendarState) => state.days[0] as Date],
    ["a Map", (state: CalendarState) => state.byName.get("first") as Date],
    ["an object", (state: CalendarState) => state.record.at],
  ])("cannot be changed in place: in %s", async (_where, read) => {
    const bench = new Bench({ CalendarState });
    bench.watch(CalendarState);
    const state = bench.instance(CalendarState);
    for (const name of Object.getOwnPropertyNames(Date.prototype).filter((each) => each.startsWith("set"))) {
      const failure = await bench.write(
        () => void (read(state) as unknown as Record<string, (n: number) => void>)[name]?.(1),
      );
      expect(failure).toMatchObject({ code: "STATE_DATE_FIXED" });
    }
    expect(read(state)).toEqual(FIRST);
  });

  it("is a copy of the Date that was assigned, also when that one only inherits from a var's", async () => {
    const bench = new Bench({ CalendarState });
    const state = bench.instance(CalendarState);
    const mine = Object.setPrototypeOf(new Date(5), Object.getPrototypeOf(state.due) as object) as Date;
    await bench.write(() => {
      state.due = mine;
    });
    mine.setTime(6);
    expect(state.due.getTime()).toBe(5);
  });
});
