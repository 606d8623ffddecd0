import { connect, type Socket } from "node:net";
import { expect, it, vi } from "vitest";
import { z } from "zod";
import { event } from "../state/event.ts";
import { State } from "../state/state.ts";
import { helloOf, type RawPage, testChannel } from "./channel.fixture.ts";
import { Inflow } from "./inflow.ts";

class OtherState extends State {
  static override events = {
    add: event(),
    take: event({ args: [z.literal(1)], guard: ({ event }) => event === "take" }),
  };
  count = 0;
  add() {
    this.count++;
  }
  take(_value: number) {}
}

const ID = "app.OtherState";
const JUNK = `[${"[],".repeat(60_000)}1]`;

/** Sends below the frames of the protocol. */
const webSocketOf = (page: RawPage) =>
  (page.socket.io.engine.transport as unknown as { ws: { send(text: string): void; ping(): void } }).ws;

const frame = (text: string) => `4[2,"/",["frame",${text}]]`;

it.each([
  ["what it has seen", frame('{"kind":"seen","id":0,"seen":0}')],
  ["repeated calls", frame('{"kind":"event","id":0,"seen":0,"state":"a","event":"b","args":[]}')],
  ["calls with gaps", frame('{"kind":"event","id":99999,"seen":0,"state":"a","event":"b","args":[]}')],
  ["unknown names", '4[2,"/",["nothing",1]]'],
  ["answers that nobody asked for", '4[3,"/",[],5]'],
  ["signs of life", "3"],
  ["introductions", `4[0,"/",${JSON.stringify(helloOf())}]`],
  ["large messages with unknown names", `4[2,"/",["nothing",${JUNK}]]`],
  ["pings of the WebSocket itself", undefined],
])("SEC-21: who floods with %s is closed, and others are served", async (_, text) => {
  await using app = await testChannel({ OtherState });
  const other = await app.page({ watch: [ID] });
  const page = await app.page({ watch: [ID] });
  const socket = webSocketOf(page);
  const gone = page.gone();
  let isGone = false;
  void gone.then(() => {
    isGone = true;
  });
  for (let round = 0; round < 500 && !isGone; round++) {
    for (let time = 0; time < (text && text.length > 10_000 ? 10 : 200) && !isGone; time++) {
      if (text) socket.send(text);
      else socket.ping();
    }
    expect(await other.call(ID, "add")).toBeUndefined();
  }
  await gone;
  expect(other.messages.some((message) => message.gone)).toBe(false);
});

it("SEC-21: connecting again brings the budget of an address not back, and costs other addresses nothing", async () => {
  const now = vi.spyOn(performance, "now").mockReturnValue(1_000);
  const inflow = new Inflow({ eventsPerSecond: 100, burst: 400 });
  let [connections, packets] = [0, 0];
  for (; connections < 1_000; connections++) {
    const connection = inflow.connection("192.0.2.1", () => {});
    let sent = 0;
    while (connection.packet()) sent++;
    connection.end();
    packets += sent;
    if (sent === 0) break;
  }
  expect(packets).toBe(40_000);
  expect(connections).toBe(20);
  expect(inflow.connection("192.0.2.2", () => {}).packet()).toBe(true);
  now.mockReturnValue(2_000);
  // The clock is read once in each turn of the event loop.
  await new Promise((resolve) => setImmediate(resolve));
  expect(inflow.connection("192.0.2.1", () => {}).packet()).toBe(true);
  inflow.close();
  now.mockRestore();
});

it("SEC-21: messages that never end are bounded for an address and for the process: those that hold most are closed", () => {
  let time = 0;
  const now = vi.spyOn(performance, "now").mockImplementation(() => (time += 10_000));
  const inflow = new Inflow({ eventsPerSecond: 100, burst: 400 });
  const closed: string[] = [];
  const connect = (address: string, name: string) => {
    const connection = inflow.connection(address, () => {
      closed.push(name);
      connection.end();
    });
    return connection;
  };
  const other = connect("192.0.2.2", "other");
  other.bytes(200_000);
  for (let count = 0; count < 100; count++) connect("192.0.2.1", `of one address ${count}`).bytes(3_000_000);
  expect(closed).toHaveLength(90);
  // Parts of a byte each hold more than their bytes.
  const tiny = connect("192.0.2.3", "tiny parts");
  for (let count = 0; count < 170_000; count++) tiny.bytes(1);
  expect(closed).toContain("tiny parts");
  for (let count = 0; count < 100; count++)
    connect(`198.51.100.${count}`, `of many addresses ${count}`).bytes(3_000_000);
  expect(closed.length).toBeGreaterThan(150);
  expect(closed).not.toContain("other");
  // A message that ends holds nothing any more.
  const before = closed.length;
  for (let count = 0; count < 100; count++) {
    other.bytes(200_000);
    other.finished();
  }
  expect(closed).toHaveLength(before);
  inflow.close();
  now.mockRestore();
});

it("SEC-21: when a few addresses fill the process, their connections are closed, and not the large message of another", () => {
  let time = 0;
  const now = vi.spyOn(performance, "now").mockImplementation(() => (time += 10_000));
  const inflow = new Inflow({ eventsPerSecond: 100, burst: 400 });
  const closed: string[] = [];
  const connect = (address: string) => {
    const connection = inflow.connection(address, () => {
      closed.push(address);
      connection.end();
    });
    return connection;
  };
  const honest = connect("192.0.2.9");
  for (let part = 0; part < 60; part++) {
    honest.bytes(100_000);
    // Each of these connections holds less than the honest one.
    for (let address = 1; address <= 5; address++) connect(`192.0.2.${address}`).bytes(1_000_000);
  }
  expect(closed.length).toBeGreaterThan(100);
  expect(closed).not.toContain("192.0.2.9");
  inflow.close();
  now.mockRestore();
});

it("SEC-21: connections with messages that never end are closed, one whose messages end is not", async () => {
  await using app = await testChannel({ OtherState });
  const other = await app.page({ watch: [ID] });
  // So that nobody sends too fast.
  let time = performance.now();
  const now = vi.spyOn(performance, "now").mockImplementation(() => (time += 10_000));
  const text = `["${"x".repeat(900_000)}"]`;
  for (let count = 0; count < 40; count++) {
    webSocketOf(other).send(frame(text));
    await other.message(({ problem }) => problem && other.messages.splice(0).length > 0);
  }
  const begin = Buffer.alloc(14);
  begin.set([0x81, 0x80 | 127]);
  begin.writeBigUInt64BE(3_000_000n, 2);
  const pages = await Promise.all(Array.from({ length: 16 }, () => app.page()));
  const gone = pages.map((page) => page.gone());
  for (const page of pages) {
    (webSocketOf(page) as unknown as { _socket: Socket })._socket.write(
      Buffer.concat([begin, Buffer.alloc(2_900_000)]),
    );
  }
  await Promise.race(gone);
  expect(await other.call(ID, "add")).toBeUndefined();
  now.mockRestore();
});

it("a connection cannot name another one as its own", async () => {
  await using app = await testChannel({ OtherState });
  const page = await app.page({ watch: [ID] });
  const { host } = new URL(app.url);
  const socket = connect(Number(new URL(app.url).port), "127.0.0.1");
  socket.write(
    `GET /_event/?EIO=4&transport=websocket&sid=${page.socket.io.engine.id} HTTP/1.1\r\nHost: ${host}\r\n` +
      `Origin: ${app.url}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
  );
  const answer = await new Promise<string>((resolve) => socket.once("data", (data) => resolve(String(data))));
  expect(answer).toMatch(/^HTTP\/1\.1 400/);
  expect(await page.call(ID, "add")).toBeUndefined();
  socket.destroy();
});

it("SEC-4: refusing a message formats no stack", async () => {
  await using app = await testChannel({ OtherState });
  const page = await app.page({ watch: [ID] });
  const { prepareStackTrace } = Error;
  const written: string[] = [];
  Error.prepareStackTrace = (error) => {
    written.push(error.message);
    return `${error.message}, as it was written by a test`;
  };
  try {
    const refused = [
      page.call(ID, "unknown"),
      page.call(ID, "take", 2),
      page.call("app.None", "add"),
      page.ack(page.send({ kind: "field", state: ID, field: "count", value: 1 })),
      page.ack(page.send({ kind: "navigate", path: "//elsewhere" })),
      page.ack(page.send({ kind: "event", state: ID, event: "add", args: "none" })),
      page.ack(page.send({ kind: "watch", states: ["app.None"] })),
    ];
    for (const error of await Promise.all(refused)) expect(error).toHaveProperty("code");
    page.raw('2["frame",{]');
    page.raw(JSON.stringify([2, "/", ["frame", { kind: "seen" }]]));
    await page.problem("CHANNEL_FRAME_INVALID");
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
  }
  expect(written).toEqual([]);
});
