import { expect, test } from "vitest";
import { runInRequest } from "../../bridge/current-request.ts";
import { requestOf } from "../../bridge/request.fixture.ts";
import { HashLine } from "./hash-line.ts";

/** A line with one place, whose work goes on until `step()` lets one piece end. */
function lineOf(waiting: number) {
  const line = new HashLine(1, waiting);
  const open: (() => void)[] = [];
  const order: string[] = [];
  const from = (ip: string, label: string) =>
    runInRequest(requestOf({ ip }), () =>
      line.run(() => {
        order.push(label);
        return new Promise<void>((resolve) => open.push(resolve));
      }),
    ).then(
      () => "done",
      (error: { code: string }) => error.code,
    );
  const step = async () => {
    open.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { from, step, order };
}

test("addresses take turns: a flood of one address delays another one by one piece of work", async () => {
  const { from, step, order } = lineOf(100);
  const all = Array.from({ length: 50 }, (_, index) => from("192.0.2.1", `flood ${index}`));
  all.push(from("192.0.2.2", "ada"));
  for (let index = 0; index < 51; index++) await step();
  expect(new Set(await Promise.all(all))).toEqual(new Set(["done"]));
  // The first runs already, the second is the flood's turn.
  expect(order.indexOf("ada")).toBe(2);
});

test("a full line refuses the address that has most of it, and an address with as much as any other itself", async () => {
  const { from, step, order } = lineOf(4);
  const flood = Array.from({ length: 5 }, (_, index) => from("192.0.2.1", `flood ${index}`));
  expect(await from("192.0.2.1", "one more")).toBe("AUTH_BUSY");
  const ada = from("192.0.2.2", "ada");
  expect(await flood.at(-1)).toBe("AUTH_BUSY");
  const bob = from("192.0.2.3", "bob");
  expect(await flood.at(-2)).toBe("AUTH_BUSY");
  // Two of the flood, one of ada and one of bob wait: nobody has more than a newcomer by two.
  expect(await from("192.0.2.2", "ada again")).toBe("AUTH_BUSY");
  for (let index = 0; index < 5; index++) await step();
  expect([await ada, await bob]).toEqual(["done", "done"]);
  expect(order).toEqual(["flood 0", "flood 1", "ada", "bob", "flood 2"]);
});
