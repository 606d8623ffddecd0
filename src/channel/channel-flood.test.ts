import { connect } from "node:net";
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

it("SEC-21: connecting again brings the budget of an address not back, and costs other addresses nothing", () => {
  const now = vi.spyOn(performance, "now").mockReturnValue(1_000);
  const inflow = new Inflow({ eventsPerSecond: 100, burst: 400 });
  let [connections, packets] = [0, 0];
  for (; connections < 1_000; connections++) {
    const connection = inflow.connection("192.0.2.1");
    let sent = 0;
    while (connection.packet()) sent++;
    connection.end();
    packets += sent;
    if (sent === 0) break;
  }
  expect(packets).toBe(40_000);
  expect(connections).toBe(20);
  expect(inflow.connection("192.0.2.2").packet()).toBe(true);
  now.mockReturnValue(2_000);
  expect(inflow.connection("192.0.2.1").packet()).toBe(true);
  inflow.close();
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

it("SEC-4: what is refused of a page writes the text of no stack, which takes longer than to refuse it", async () => {
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
