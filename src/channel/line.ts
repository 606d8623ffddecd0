import type { Socket as NetworkSocket } from "node:net";
import type { Socket } from "socket.io";
import type { ConnectionInflow } from "./inflow.ts";
import { HeldText, type OutputBudget, type OutputLine } from "./output-budget.ts";
import { packetBytes } from "./packet-bytes.ts";
import { type PongSocket, Pongs } from "./pongs.ts";

type EngineConnection = Socket["conn"];

/** Above this many unsent bytes nothing more is read from the connection until all of them are sent. */
const MOST_UNSENT = 1_000_000;

/** A connection is closed when the network takes nothing for so many ping time-outs. */
const PATIENCE = 3;

/** Bytes per millisecond of the slowest line whose page is waited for: kernels and networks hold megabytes on the way. */
const SLOWEST = 200;
/** Most bytes that a network holds on the way. Without a bound a peer that is gone after a long transfer would be kept for hours. */
const MOST_IN_TRANSIT = 16_000_000;

/**
 * Milliseconds after which a connection that the engine has closed is destroyed, if its peer does not answer the close
 * frame: longer when messages are still on their way to the peer.
 */
const CLOSE_WITHIN = 1_000;
const SEND_WITHIN = 5_000;

/** Members of the engine's connection that its types do not show. */
interface EngineInternals {
  /** Queues a message. The frame is what the WebSocket would make of it. */
  write(packet: string, options?: { readonly wsPreEncodedFrame: readonly [Buffer] }): void;
  /** Hands everything that waits to the network, if that is free. */
  flush(): void;
  onClose(reason: string, description?: unknown): void;
  resetPingTimeout(): void;
}

/** Members of Node's socket that its types do not show. */
interface NetworkHandle {
  readonly bytesWritten: number;
  readonly writeQueueSize: number;
}

/** The WebSocket below the engine's transport. */
interface WebSocketControl extends PongSocket {
  /** Whether it answers each ping by itself. */
  _autoPong: boolean;
  on(name: "ping" | "pong", listener: (data: Buffer) => void): void;
  prependListener(name: "message", listener: () => void): void;
  pause(): void;
  resume(): void;
  terminate(): void;
}

/** A message as the engine takes it, and its count. */
export interface OutgoingMessage {
  readonly packet: string;
  readonly text: HeldText;
}

/** What a line is given. */
export interface LineOptions {
  readonly budget: OutputBudget;
  /** Begins to count what the peer sends; `close` ends the connection because it sends too much. */
  readonly inflow: (close: () => void) => ConnectionInflow;
  /** That of the engine, in milliseconds. */
  readonly pingTimeout: number;
  /** Called before the connection is closed because its peer sends too much. */
  readonly onFlood: () => void;
}

/**
 * One network connection, whatever pages it carries: counts the bytes that the network has not taken yet, and stops reading
 * from a peer that does not read itself. Both directions are counted and limited until the network connection has ended,
 * which is later than the engine's connection: a closed WebSocket waits for its peer and still reads.
 */
export class Line implements OutputLine {
  readonly #conn: EngineConnection;
  readonly #network: NetworkSocket;
  readonly #budget: OutputBudget;
  readonly #inflow: ConnectionInflow;
  readonly #onFlood: () => void;
  readonly #onDrained: (() => void)[] = [];
  #held = 0;
  /** Texts that wait in the engine. Other connections may hold the same texts. */
  #queued: HeldText[] = [];
  /** Bytes that the network is sending: a copy of its own. */
  #leaving = 0;
  /** The largest message since all messages were last sent. */
  #largest = 0;
  #isPaused = false;
  /** True while messages that were counted before are handed to the engine. */
  #isHanding = false;
  /** True once the engine has closed its connection. */
  #isClosed = false;
  /** True once the network connection has ended. */
  #hasEnded = false;
  #closeTimer: NodeJS.Timeout | undefined;
  #taken = 0;
  #progressedAt = performance.now();
  /** When the peer last had too much to read, so that it was not read from. */
  #congestedAt = Number.NEGATIVE_INFINITY;
  /** Bytes that were sent since all messages were last sent. */
  #burst = 0;
  /** Milliseconds that the bytes of the last congestion may be on their way. */
  #transit = 0;

  constructor(conn: EngineConnection, { budget, inflow, pingTimeout, onFlood }: LineOptions) {
    this.#conn = conn;
    this.#onFlood = onFlood;
    this.#inflow = inflow(() => this.#closeUnless(false));
    this.#network = conn.request.socket as NetworkSocket;
    this.#budget = budget;
    budget.addLine(this);
    conn.on("packetCreate", ({ data }: { readonly data?: unknown }) => this.#countPacket(data));
    // Between the two the engine writes everything that waits: as one packet of the network, if it fits.
    conn.on("flush", () => {
      this.#take();
      this.#network.cork();
    });
    conn.on("drain", () => this.#network.uncork());
    const { transport } = conn as unknown as { transport: { on(name: "drain", listener: () => void): void } };
    transport.on("drain", () => this.#sent());
    conn.once("close", () => this.#close());
    this.#network.once("close", () => this.#end());
    this.#flushTogether();
    this.#countInflow();
    this.#surviveSlowness(pingTimeout * PATIENCE);
  }

  /** Counts everything that the peer sends, before anything looks into it. */
  #countInflow(): void {
    const packet = () => this.#closeUnless(this.#inflow.packet());
    const { socket } = this.#transport();
    // Of the WebSocket, not of the engine: a closed engine ignores messages, which are received all the same.
    socket.prependListener("message", () => {
      this.#inflow.finished();
      packet();
    });
    const pongs = new Pongs(socket);
    socket._autoPong = false;
    socket.on("ping", (data) => {
      packet();
      pongs.answer(data);
    });
    socket.on("pong", packet);
    // First: the WebSocket may find the end of a message in it.
    this.#network.prependListener("data", this.#countBytes);
    this.countOpening();
  }

  readonly #countBytes = ({ length }: Buffer): void => this.#closeUnless(this.#inflow.bytes(length));

  /** Counts that a page introduces itself, which is more work than other packets. */
  countOpening(): void {
    this.#closeUnless(this.#inflow.opening());
  }

  #closeUnless(isWithin: boolean): void {
    if (isWithin || this.#hasEnded) return;
    this.#onFlood();
    this.release();
  }

  /** Bytes in memory that the network has not taken. */
  get held(): number {
    return this.#held;
  }

  /** Bytes that wait besides the largest message: one message of any size may wait until it is sent. */
  get excess(): number {
    return this.#isClosed ? 0 : this.#held - this.#largest;
  }

  /** Whether so much is unsent that the peer has to read before it is read from. */
  get isCongested(): boolean {
    return !this.#isClosed && this.#held > MOST_UNSENT;
  }

  get progressedAt(): number {
    this.#noteProgress();
    return this.#progressedAt;
  }

  /** Makes the count of a text. */
  text(json: string): HeldText {
    return new HeldText(json, this.#budget);
  }

  /** Counts a message that will be handed over; false when nothing is sent any more. */
  hold(text: HeldText): boolean {
    if (this.#isClosed) return false;
    const { bytes } = text;
    if (this.#held === 0) this.#progressedAt = performance.now();
    this.#held += bytes;
    this.#burst += bytes;
    if (bytes > this.#largest) this.#largest = bytes;
    if (this.#held > MOST_UNSENT) this.#pause();
    text.hold();
    return true;
  }

  /** Hands messages that were counted to the engine, which throws them away when it is closed. */
  hand(messages: readonly OutgoingMessage[]): void {
    const engine = this.#engine;
    this.#isHanding = true;
    for (const { packet, text } of messages) {
      if (this.#isClosed) text.release();
      else this.#queued.push(text);
      const bytes = packetBytes(packet);
      engine.write(packet, bytes && { wsPreEncodedFrame: [bytes] });
    }
    this.#isHanding = false;
    engine.flush();
  }

  /** Counts a packet that the engine is about to queue: those of the engine and of Socket.IO themselves, too. */
  #countPacket(data: unknown): void {
    if (this.#isHanding) return;
    const text = this.text(typeof data === "string" ? data : "");
    if (this.hold(text)) this.#queued.push(text);
  }

  /** A network that is free takes all messages that are handed over together, and not the first before the others. */
  #flushTogether(): void {
    const engine = this.#engine;
    const flush = engine.flush;
    engine.flush = () => {
      if (!this.#isHanding) flush.call(engine);
    };
  }

  /** The network gets everything that waits in the engine. */
  #take(): void {
    let bytes = 0;
    for (const text of this.#queued) {
      bytes += text.bytes;
      text.release();
    }
    this.#queued = [];
    this.#leaving += bytes;
    this.#budget.count(bytes);
  }

  /** Calls back once when everything is sent, or nothing will be any more. */
  onDrained(callback: () => void): void {
    this.#onDrained.push(callback);
  }

  /** Ends the connection at once: what the network has not taken is thrown away. */
  release(): void {
    const { socket } = this.#transport();
    this.#conn.close(true);
    // A peer that does not read would not take part in the closing either.
    socket.terminate();
    this.#close();
    this.#end();
  }

  get #engine(): EngineInternals {
    return this.#conn as unknown as EngineInternals;
  }

  #transport(): { readonly socket: WebSocketControl } {
    return this.#conn.transport as unknown as { socket: WebSocketControl };
  }

  #pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#transport().socket.pause();
  }

  #sent(): void {
    if (this.#leaving === 0) return;
    const sent = this.#leaving;
    this.#leaving = 0;
    this.#held -= sent;
    this.#budget.count(-sent);
    if (this.#held > 0) {
      this.#progressedAt = performance.now();
      return;
    }
    this.#largest = 0;
    this.#drained();
  }

  #drained(): void {
    if (this.#isPaused) {
      this.#isPaused = false;
      this.#congestedAt = performance.now();
      this.#transit = Math.min(this.#burst, MOST_IN_TRANSIT) / SLOWEST;
      this.#transport().socket.resume();
    }
    this.#burst = 0;
    if (this.#onDrained.length > 0) for (const callback of this.#onDrained.splice(0)) callback();
  }

  /** The engine sends and takes nothing any more. What the network is taking now still is in memory. */
  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#held = this.#leaving;
    for (const text of this.#queued) text.release();
    this.#queued = [];
    this.#drained();
    if (this.#hasEnded) return;
    const within = this.#leaving > 0 ? SEND_WITHIN : CLOSE_WITHIN;
    this.#closeTimer = setTimeout(() => this.release(), within).unref();
  }

  /** Nothing comes or goes any more. */
  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearTimeout(this.#closeTimer);
    this.#network.off("data", this.#countBytes);
    this.#inflow.end();
    this.#budget.removeLine(this);
    this.#budget.count(-this.#leaving);
    this.#held -= this.#leaving;
    this.#leaving = 0;
  }

  /** A ping waits behind everything that is unsent: a line that takes bytes, however slowly, is not lost. */
  #surviveSlowness(patience: number): void {
    const engine = this.#engine;
    const end = engine.onClose;
    engine.onClose = (reason, description) => {
      if (reason === "ping timeout" && this.#isSlow(patience)) engine.resetPingTimeout();
      else end.call(engine, reason, description);
    };
  }

  /** What was sent last may still be on its way: networks hold megabytes. */
  #isSlow(patience: number): boolean {
    const lastProgress = this.#held > 0 ? this.progressedAt : this.#congestedAt + this.#transit;
    return performance.now() - lastProgress < patience;
  }

  /** Notes whether the network has taken anything since the last look, also of a message that it has not taken whole. */
  #noteProgress(): void {
    const { _handle: handle } = this.#network as { _handle?: NetworkHandle | null };
    const taken = handle ? handle.bytesWritten - handle.writeQueueSize : this.#taken;
    if (taken === this.#taken) return;
    this.#taken = taken;
    this.#progressedAt = performance.now();
  }
}
