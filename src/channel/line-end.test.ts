import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { expect, it, vi } from "vitest";
import { event } from "../state/event.ts";
import { State } from "../state/state.ts";
import { type RawPage, type TestChannel, testChannel } from "./channel.fixture.ts";
import { Inflow } from "./inflow.ts";

class CountState extends State {
  static override events = { add: event() };
  count = 0;
  add() {
    this.count++;
  }
}

const ID = "app.CountState";
const [TEXT, PING] = [1, 9];

/** One frame of a WebSocket, with a mask of zeros. */
function frame(operation: number, payload: Buffer): Buffer {
  const { length } = payload;
  const head = length < 126 ? [length | 0x80] : [0xfe, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([0x80 | operation, ...head]), Buffer.alloc(4), payload]);
}

/** A WebSocket without the client: the peer decides what it answers and whether it reads. */
async function rawSocket(app: TestChannel): Promise<Socket> {
  const { port, host } = new URL(app.url);
  const socket = connect(Number(port), "127.0.0.1");
  socket.on("error", () => {});
  socket.write(
    `GET /_event/?EIO=4&transport=websocket HTTP/1.1\r\nHost: ${host}\r\nOrigin: ${app.url}\r\nConnection: Upgrade\r\n` +
      "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
  );
  await once(socket, "data");
  return socket;
}

/** Makes the clock run so fast that no rate is exceeded. */
function unlimited(): Disposable {
  let time = performance.now();
  const now = vi.spyOn(performance, "now").mockImplementation(() => (time += 10_000));
  return { [Symbol.dispose]: () => now.mockRestore() };
}

/** Writes until the server has ended the connection. Returns the bytes that were written, at most about `most`. */
async function writeUntilClosed(socket: Socket, chunk: Buffer, most: number): Promise<number> {
  socket.resume();
  let sent = 0;
  while (!socket.destroyed && sent < most) {
    sent += chunk.length;
    if (!socket.write(chunk)) await Promise.race([once(socket, "drain"), once(socket, "close")]).catch(() => {});
  }
  return sent;
}

const MESSAGES = Buffer.concat(Array.from({ length: 100 }, () => frame(TEXT, Buffer.alloc(1_000, "6"))));
const PINGS = Buffer.concat(Array.from({ length: 1_000 }, () => frame(PING, Buffer.alloc(0))));

it.each([
  ["messages", MESSAGES],
  ["pings", PINGS],
])(
  "SEC-21: a connection that the server has closed is limited still, and destroyed when %s go on",
  async (_, chunk) => {
    await using app = await testChannel({ CountState });
    const page = await app.page({ watch: [ID] });
    const socket = await rawSocket(app);
    // No packet of the engine: it closes the connection.
    socket.write(frame(TEXT, Buffer.from("x")));
    expect(await writeUntilClosed(socket, chunk, 40_000_000)).toBeLessThan(40_000_000);
    expect(await page.call(ID, "add")).toBeUndefined();
  },
);

it("SEC-21: a connection that the server has closed is destroyed although its peer does not answer", async () => {
  await using app = await testChannel({ CountState });
  const socket = await rawSocket(app);
  const closed = once(socket, "close");
  socket.write(frame(TEXT, Buffer.from("x")));
  socket.resume();
  await closed;
});

it("SEC-21: what comes after the end of a connection is held by nobody", () => {
  using _ = unlimited();
  const inflow = new Inflow({ eventsPerSecond: 100, burst: 400 });
  const closed: string[] = [];
  const connection = inflow.connection("192.0.2.1", () => closed.push("ended"));
  connection.end();
  for (let count = 0; count < 200; count++) connection.bytes(1_000_000);
  const other = inflow.connection("192.0.2.1", () => closed.push("other"));
  other.bytes(1_000);
  expect(closed).toEqual([]);
  inflow.close();
});

it("SEC-21: a peer that sends pings and reads nothing makes the server hold one pong, which answers the latest ping", async () => {
  await using app = await testChannel({ CountState });
  const page = await app.page({ watch: [ID] });
  const socket = await rawSocket(app);
  socket.pause();
  const count = 160_000;
  {
    using _ = unlimited();
    for (let sent = 0; sent < count; sent += 500) {
      const pings = Array.from({ length: 500 }, (_, index) => {
        const payload = Buffer.alloc(125);
        payload.writeUInt32BE(sent + index);
        return frame(PING, payload);
      });
      socket.write(Buffer.concat(pings));
      // Time passes between two turns of the event loop only: in one of them the server reads no more than it may.
      expect(await page.call(ID, "add")).toBeUndefined();
    }
    for (let time = 0; time < 5; time++) expect(await page.call(ID, "add")).toBeUndefined();
  }
  const last = Buffer.alloc(4);
  last.writeUInt32BE(count - 1);
  let [pongs, rest] = [0, Buffer.alloc(0)];
  let latest: Buffer | undefined;
  for await (const data of socket) {
    rest = Buffer.concat([rest, data as Buffer]);
    while (rest.length >= 2 && rest.length >= 2 + (rest[1] as number)) {
      const end = 2 + (rest[1] as number);
      if (rest[0] === 0x8a) {
        pongs++;
        latest = rest.subarray(2, 6);
      }
      rest = rest.subarray(end);
    }
    if (latest?.equals(last)) break;
  }
  expect(pongs).toBeGreaterThan(0);
  expect(pongs).toBeLessThan(count * 0.9);
});

it("SEC-21: answers of Socket.IO itself that a peer does not read are counted, and then it is not read from", async () => {
  await using app = await testChannel({ CountState });
  const page = await app.page();
  const { ws } = page.socket.io.engine.transport as unknown as { ws: { _socket: Socket; send(text: string): void } };
  using _ = unlimited();
  ws._socket.pause();
  // It answers that it does not know the namespace, and repeats its name.
  const text = `4[0,"/${"x".repeat(5_000)}",{}]`;
  for (let time = 0; time < 4_000; time++) ws.send(text);
  await expect.poll(() => app.channel.stats().unsent, { timeout: 10_000 }).toBeGreaterThan(900_000);
  await othersAreServed(app);
  // What one turn of the event loop reads may come on top.
  expect(app.channel.stats().unsent).toBeLessThan(5_000_000);
  ws._socket.resume();
  await expect.poll(() => app.channel.stats().unsent, { timeout: 10_000 }).toBeLessThan(5_000);
});

async function othersAreServed(app: TestChannel): Promise<void> {
  const other: RawPage = await app.page({ watch: [ID] });
  for (let time = 0; time < 5; time++) expect(await other.call(ID, "add")).toBeUndefined();
}
