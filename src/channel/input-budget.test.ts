import { afterEach, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import { event } from "../state/event.ts";
import { State } from "../state/state.ts";
import { helloOf, RawPage, testChannel } from "./channel.fixture.ts";
import { InputBudget, inputSize, type TabInput } from "./input-budget.ts";

let gate: PromiseWithResolvers<void>;
let begun: number;
let discarded: number;
let allBegun: PromiseWithResolvers<void>;
let allDiscarded: PromiseWithResolvers<void>;
beforeEach(() => {
  gate = Promise.withResolvers();
  begun = 0;
  discarded = 0;
  allBegun = Promise.withResolvers();
  allDiscarded = Promise.withResolvers();
});
afterEach(() => gate.resolve());

class SlowState extends State {
  static override events = {
    hang: event(),
    hangWith: event({ args: [z.string()] }),
    take: event({ args: [z.array(z.unknown())] }),
  };
  count = 0;
  async hang() {
    await gate.promise;
  }
  async hangWith(_text: string) {
    if (++begun === 4) allBegun.resolve();
    await gate.promise;
  }
  take(list: unknown[]) {
    this.count += list.length;
  }
  protected override onExpire() {
    if (++discarded === 4) allDiscarded.resolve();
  }
}

const ID = "app.SlowState";
const LARGE = Array.from({ length: 20_000 }, () => []);

it("calls behind a slow handler hold so much text and no more; each is answered, and others are served", async () => {
  await using app = await testChannel({ SlowState }, { limits: { queueBytes: 1_100_000, frameSize: 100_000 } });
  const other = await app.page({ watch: [ID] });
  const page = await app.page({ watch: [ID] });
  const hanging = page.call(ID, "hang");
  const calls = Array.from({ length: 12 }, () => page.call(ID, "take", LARGE));
  const refused = await Promise.race(calls);
  expect(refused).toMatchObject({ code: "CHANNEL_INPUT_FULL" });
  expect(await other.call(ID, "take", LARGE)).toBeUndefined();
  gate.resolve();
  expect(await hanging).toBeUndefined();
  const codes = (await Promise.all(calls)).map((error) => (error as { code?: string } | undefined)?.code);
  expect(codes.filter((code) => code === undefined)).toHaveLength(8);
  expect(codes.filter((code) => code === "CHANNEL_INPUT_FULL")).toHaveLength(4);
  // What was answered is held no more.
  expect(await page.call(ID, "take", LARGE)).toBeUndefined();
});

it("one message always fits, whatever a page says of its length", async () => {
  await using app = await testChannel({ SlowState }, { limits: { queueBytes: 10, frameSize: 100_000 } });
  const page = new RawPage(app.url, helloOf({ watch: [ID] }));
  await page.welcome;
  const frame = { kind: "event", state: ID, event: "take", args: [LARGE], id: 1, seen: 0 };
  page.socket.emit("frame", frame, 1e15, "more");
  expect(await page.ack(1)).toBeUndefined();
  page.socket.emit("frame", { ...frame, id: 2 }, -1e15);
  expect(await page.ack(2)).toBeUndefined();
  page.socket.close();
});

it("an address holds as much as four tabs, and all addresses as much as 32", () => {
  const budget = new InputBudget(10_000);
  const take = (tab: TabInput) => {
    const fits = tab.hasRoom(10_000);
    if (fits) tab.hold(10_000);
    return fits;
  };
  const one = Array.from({ length: 5 }, () => budget.tab("192.0.2.1"));
  expect(one.map(take)).toEqual([true, true, true, true, false]);
  const others = Array.from({ length: 40 }, (_, index) => budget.tab(`192.0.2.${index + 2}`));
  expect(others.filter(take)).toHaveLength(28);
  one[0]?.release(10_000);
  expect(one.slice(4).map(take)).toEqual([true]);
  // A tab holds a small call whatever others hold; and a tab that is discarded holds nothing more.
  expect(budget.tab("198.51.100.1").hasRoom(4_096)).toBe(true);
  const late = budget.tab("198.51.100.2");
  expect(late.hasRoom(10_000)).toBe(false);
  one[1]?.end();
  one[1]?.release(10_000);
  expect([late.hasRoom(10_000), late.hasRoom(20_000)]).toEqual([true, false]);
});

it("a tab that is discarded while its handler runs holds nothing of its address", async () => {
  const limits = { queueBytes: 10_000, frameSize: 10_000, expireAfter: 5, stuckAfter: 5 };
  await using app = await testChannel({ SlowState }, { limits });
  const page = await app.page({ watch: [ID] });
  const others = await Promise.all(Array.from({ length: 4 }, () => app.page({ watch: [ID] })));
  const text = "x".repeat(9_500);
  for (const other of others) other.send({ kind: "event", state: ID, event: "hangWith", args: [text] });
  await allBegun.promise;
  expect(await page.call(ID, "take", [text])).toMatchObject({ code: "CHANNEL_INPUT_FULL" });
  for (const other of others) other.socket.disconnect();
  await allDiscarded.promise;
  expect(await page.call(ID, "take", [text])).toBeUndefined();
});

it("SEC-21: small calls of many tabs of one address are bounded, and no tab falls silent because of the others", async () => {
  await using app = await testChannel({ SlowState }, { limits: { queueBytes: 20_000, frameSize: 20_000, queue: 200 } });
  const honest = await app.page({ watch: [ID] });
  const pages = await Promise.all(Array.from({ length: 8 }, () => app.page({ watch: [ID] })));
  const hanging = [honest, ...pages].map((page) => page.call(ID, "hang"));
  const text = ["x".repeat(4_000)];
  const calls = pages.flatMap((page) => Array.from({ length: 10 }, () => page.call(ID, "take", text)));
  const refused = await Promise.race(calls);
  expect(refused).toMatchObject({ code: "CHANNEL_INPUT_FULL" });
  const click = honest.call(ID, "take", [1]);
  gate.resolve();
  expect(await click).toBeUndefined();
  const codes = (await Promise.all(calls)).map((error) => (error as { code?: string } | undefined)?.code);
  const taken = codes.filter((code) => code === undefined).length;
  expect(taken).toBeLessThan(32);
  expect(taken).toBeGreaterThan(15);
  await Promise.all(hanging);
});

it("SEC-21: small calls may hold a little more than large ones, of an address and of the process", () => {
  const budget = new InputBudget(100_000);
  const fill = (tabs: readonly TabInput[], size: number) => {
    let count = 0;
    for (const tab of tabs) for (; count < 10_000 && tab.hasRoom(size); count++) tab.hold(size);
    return count * size;
  };
  const one = Array.from({ length: 5 }, () => budget.tab("192.0.2.1"));
  expect(fill(one, 10_000)).toBe(400_000);
  expect(fill(one, 4_000)).toBe(100_000);
  // Each further tab of the address holds one small call.
  expect(fill([budget.tab("192.0.2.1")], 4_000)).toBe(4_000);
  const others = Array.from({ length: 200 }, (_, index) => budget.tab(`198.51.100.${index}`));
  fill(others, 4_000);
  const late = budget.tab("203.0.113.1");
  expect(fill([late], 10_000)).toBe(0);
  expect(fill([late], 1_000)).toBe(4_000);
});

it("SEC-21: a message counts as the memory that it is parsed into", () => {
  const lists = Array.from({ length: 1_300 }, () => []);
  const { length } = JSON.stringify(lists);
  expect(inputSize(lists, length)).toBeGreaterThan(length * 2);
  expect(inputSize(["x".repeat(4_000)], 4_004)).toBe(4_004);
  // The call itself takes memory, too.
  expect(inputSize([], 70)).toBeGreaterThan(200);
});
