import { createHook } from "node:async_hooks";
import { expect, test } from "vitest";
import { Scope } from "./scope.ts";

test("Nested scopes take turns, and queries beside them wait.", async () => {
  const outer = new Scope(1_000);
  const order: string[] = [];
  const nested = (name: string) =>
    outer.nest(async () => {
      order.push(`${name} begins`);
      await Promise.resolve();
      order.push(`${name} ends`);
    });
  const both = Promise.all([nested("a"), nested("b"), nested("c")]);
  expect(outer.ready()).toBeInstanceOf(Promise);
  await both;
  expect(outer.ready()).toBeUndefined();
  expect(order).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
});

test("Who waits too long for a nested scope is refused with a code.", async () => {
  const outer = new Scope(10);
  const goOn = Promise.withResolvers<void>();
  const nested = outer.nest(() => goOn.promise);
  await expect(outer.ready()).rejects.toMatchObject({ code: "DATABASE_BUSY" });
  goOn.resolve();
  await nested;
});

test("A failed nested scope lets the next one begin.", async () => {
  const outer = new Scope(1_000);
  await expect(outer.nest(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await outer.nest(async () => 1)).toBe(1);
});

test("A scope that has ended takes no query.", async () => {
  const scope = new Scope(1_000);
  scope.end();
  await expect(scope.ready()).rejects.toMatchObject({ code: "DATABASE_TRANSACTION_ENDED" });
});

test("Waiting costs each of many nested scopes and statements the same, however many wait.", async () => {
  const promisesOf = async (count: number): Promise<number> => {
    const outer = new Scope(10_000);
    let promises = 0;
    const hook = createHook({
      init(_, type) {
        if (type === "PROMISE") promises++;
      },
    }).enable();
    const statement = async () => {
      for (let wait = outer.ready(); wait !== undefined; wait = outer.ready()) await wait;
    };
    await Promise.all(
      Array.from({ length: count }, () => Promise.all([outer.nest(() => Promise.resolve()), statement()])),
    );
    hook.disable();
    return promises;
  };
  const few = await promisesOf(50);
  expect(await promisesOf(500)).toBeLessThanOrEqual(few * 11);
});

test("Nested scopes and statements that wait are refused when the outer scope ends, and none of them begins.", async () => {
  const outer = new Scope(10_000);
  const goOn = Promise.withResolvers<void>();
  const begun: number[] = [];
  const first = outer.nest(() => goOn.promise);
  const statement = async () => {
    for (let wait = outer.ready(); wait !== undefined; wait = outer.ready()) await wait;
  };
  const waiting = [1, 2, 3].map((index) => outer.nest(async () => void begun.push(index)));
  const settled = Promise.allSettled([...waiting, statement()]);
  outer.end();
  const refused = { status: "rejected", reason: { code: "DATABASE_TRANSACTION_ENDED" } };
  expect(await settled).toMatchObject([refused, refused, refused, refused]);
  goOn.resolve();
  await first;
  expect(begun).toEqual([]);
});

test("One that has waited too long leaves its place: the next one begins.", async () => {
  const outer = new Scope(10);
  const goOn = Promise.withResolvers<void>();
  const first = outer.nest(() => goOn.promise);
  await expect(outer.nest(async () => 1)).rejects.toMatchObject({ code: "DATABASE_BUSY" });
  const next = outer.nest(async () => 2);
  goOn.resolve();
  await first;
  expect(await next).toBe(2);
  expect(outer.isFree).toBe(true);
});

test("Statements that outlive a flush wait for the nested scope to end, once.", async () => {
  const flush = Scope.ofFlush(10_000);
  const goOn = Promise.withResolvers<void>();
  const nested = flush.nest(() => goOn.promise);
  flush.end();
  let waits = 0;
  const statement = async () => {
    for (let wait = flush.ready(); wait !== undefined && waits < 5; wait = flush.ready()) {
      waits++;
      await wait;
    }
  };
  const sent = statement();
  setImmediate(() => goOn.resolve());
  await Promise.all([nested, sent]);
  expect(waits).toBe(1);
});

test("Many short turns take longer than the limit together, and none is given up.", async () => {
  const scope = new Scope(1_000);
  const turn = () => new Promise<void>((resolve) => setTimeout(resolve, 60));
  const all = await Promise.allSettled(Array.from({ length: 25 }, () => scope.nest(turn)));
  expect(all.filter(({ status }) => status === "rejected")).toEqual([]);
});

test("A statement runs before the nested scopes that came after it.", async () => {
  const scope = new Scope(5_000);
  const order: string[] = [];
  const note = (name: string) => async () => void order.push(name);
  const statement = async () => {
    for (let wait = scope.ready(); wait; wait = scope.ready()) await wait;
    order.push("statement");
  };
  await Promise.all([scope.nest(note("first")), statement(), scope.nest(note("second")), scope.nest(note("third"))]);
  expect(order).toEqual(["first", "statement", "second", "third"]);
});
