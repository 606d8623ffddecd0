import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { expect, test, vi } from "vitest";
import { z } from "zod";
import { resolveSettings } from "../setting.ts";
import { event } from "../state/event.ts";
import { State } from "../state/state.ts";
import { testChannel } from "./channel.fixture.ts";
import type { Connection } from "./connection.ts";
import { type ChannelConfig, channelOptions } from "./options.ts";
import { OutgoingBatch } from "./outgoing-batch.ts";
import { OutputBudget } from "./output-budget.ts";
import { Outbox } from "./tab/outbox.ts";

const ID = "app.NoteState";

let seen: string[] = [];
let parting = Promise.resolve();

class NoteState extends State {
  static override events = { note: event({ args: [z.string()] }) };
  count = 0;
  async note(text: string) {
    await null;
    this.count++;
    seen.push(text);
  }
  protected override async onDisconnect(reason: string) {
    seen.push(reason);
    if (reason !== "shutdown") return;
    await parting;
    seen.push("parted");
  }
}

function start() {
  seen = [];
  return testChannel({ NoteState });
}

test("what is to be written waits for the end of the turn, goes out in its order and once, and belongs to no request", async () => {
  const store = new AsyncLocalStorage<string>();
  const outgoing = new OutgoingBatch();
  const written: unknown[] = [];
  const write = (name: string) => () => written.push([name, store.getStore()]);
  store.run("a request", () => outgoing.add(write("first")));
  outgoing.add(write("second"));
  await Promise.resolve();
  expect(written).toEqual([]);
  await new Promise(setImmediate);
  const both = [
    ["first", undefined],
    ["second", undefined],
  ];
  expect(written).toEqual(both);
  outgoing.add(write("third"));
  outgoing.flush();
  expect(written).toEqual([...both, ["third", undefined]]);
  await new Promise(setImmediate);
  expect(written).toHaveLength(3);
});

test("of handlers that take long an answer waits for one at most", () => {
  const written: string[] = [];
  const outgoing = new OutgoingBatch();
  const now = vi.spyOn(performance, "now").mockReturnValue(1_000);
  outgoing.add(() => written.push("first"));
  now.mockReturnValue(1_005);
  outgoing.add(() => written.push("second"));
  expect(written).toEqual([]);
  now.mockReturnValue(1_006);
  outgoing.add(() => written.push("third"));
  expect(written).toEqual(["first", "second", "third"]);
  outgoing.add(() => written.push("fourth"));
  now.mockReturnValue(1_011);
  outgoing.add(() => written.push("fifth"));
  expect(written).toHaveLength(3);
  outgoing.flush();
  expect(written).toHaveLength(5);
  now.mockRestore();
});

test("an answer waits for others, a step of a handler that goes on for nobody", () => {
  const calls: string[] = [];
  const outbox = new Outbox(
    resolveSettings(channelOptions, {} as ChannelConfig),
    new OutputBudget(1_000_000, () => {}),
    () => {},
  );
  const connection = {
    welcome: () => {},
    frame: (json: string) => calls.push(json),
    flush: () => calls.push("flush"),
    excess: () => 0,
  };
  outbox.connect(connection as unknown as Connection);
  outbox.welcome({} as never);
  outbox.frame({ effects: [] }, [[1]]);
  outbox.frame({ changes: { [ID]: [["set", ["count"], 1]] } }, []);
  expect(calls).toEqual([
    '{"version":1,"acks":[[1]]}',
    `{"version":2,"changes":{"${ID}":[["set",["count"],1]]}}`,
    "flush",
  ]);
});

test("what a generator has changed is on its way to the page when it goes on after its yield", async () => {
  const sockets: Socket[] = [];
  const collect = (message: unknown) => sockets.push((message as { socket: Socket }).socket);
  const sent = () => sockets.reduce((sum, { bytesWritten }) => sum + bytesWritten, 0);
  let [before, after] = [0, 0];
  class StepState extends State {
    static override events = { go: event() };
    text = "";
    *go() {
      before = sent();
      this.text = "x".repeat(1_000);
      yield;
      after = sent();
    }
  }
  subscribe("net.server.socket", collect);
  await using app = await testChannel({ StepState });
  const page = await app.page({ watch: ["app.StepState"] });
  await page.call("app.StepState", "go");
  unsubscribe("net.server.socket", collect);
  expect(before).toBeGreaterThan(0);
  expect(after - before).toBeGreaterThan(1_000);
});

test("many events at once are run in their order, each in a turn of its own, and each is answered once", async () => {
  await using app = await start();
  const page = await app.page({ watch: [ID] });
  const texts = Array.from({ length: 20 }, (_, index) => String(index));
  const ids = texts.map((text) => page.send({ kind: "event", state: ID, event: "note", args: [text] }));
  await page.ack(ids.at(-1) as number);
  expect(seen).toEqual(texts);
  expect(page.frames.map(({ acks }) => acks)).toEqual(ids.map((id) => [[id]]));
  expect(page.frames.map(({ changes }) => changes?.[ID])).toEqual(
    ids.map((_, index) => [["set", ["count"], index + 1]]),
  );
});

test("what a page sends in its last moment is run before it counts as gone", async () => {
  await using app = await start();
  const page = await app.page({ watch: [ID] });
  page.send({ kind: "event", state: ID, event: "note", args: ["last words"] });
  page.socket.disconnect();
  await expect.poll(() => seen).toEqual(["last words", "closed"]);
});

test("the channel is closed when the states have been told of the end of their connections", async () => {
  await using app = await start();
  const page = await app.page({ watch: [ID] });
  const parted = Promise.withResolvers<void>();
  parting = parted.promise;
  const closing = app.channel.close(5_000).then(() => seen.push("channel closed"));
  await page.gone();
  await expect.poll(() => app.channel.stats().connected).toBe(0);
  parted.resolve();
  await closing;
  expect(seen).toEqual(["shutdown", "parted", "channel closed"]);
});
