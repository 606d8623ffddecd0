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
