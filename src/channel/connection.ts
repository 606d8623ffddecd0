import type { Socket } from "socket.io";
import type { RequestSource } from "../bridge/request-context.ts";
import type { ClosingMessage, ProblemMessage, Welcome } from "../protocol/frames.ts";
import { messagePacket } from "../protocol/wire-parser.ts";
import type { Admitted } from "./handshake.ts";
import type { Line, OutgoingMessage } from "./line.ts";
import type { OutgoingBatch } from "./outgoing-batch.ts";
import type { HeldText } from "./output-budget.ts";

/** One connection of one page, whatever carries it. */
export interface Connection {
  /** The request that opened it; undefined where nobody wants to know. */
  readonly source: RequestSource | undefined;
  /** The user who was signed in when the connection opened; undefined without one. */
  readonly owner: string | undefined;
  /** `Set-Cookie` lines by name that its opening has set. */
  readonly cookies: ReadonlyMap<string, string>;
  /** Returns the number of characters that were sent. */
  welcome(message: Welcome): number;
  /** Sends a frame that has been turned into text already. */
  frame(json: string, text: HeldText): void;
  problem(message: ProblemMessage): void;
  /** Answers a probe of the page, after all that was sent before. */
  answerProbe(): void;
  /** Says that nothing more is taken. */
  closing(message: ClosingMessage): void;
  /** Asks the page whether it is still there. */
  alive(timeout: number): Promise<boolean>;
  /** Sends at once what waits to be sent together with what others are told. */
  flush(): void;
  /** Whether the server has ended it: nothing that came before counts any more. */
  readonly isOver: boolean;
  /** Bytes in memory that the network has not taken yet, besides the largest message: that may be of any size. */
  excess(): number;
  /** Ends it after what was sent. */
  close(): void;
  /** Ends it at once: what the network has not taken is thrown away. */
  cut(): void;
}

/** Milliseconds that a page gets to take what was sent before the end. */
const CLOSE_WITHIN = 5_000;

/** Characters from which a message is announced: a page that waits for it must not take a slow line for a dead one. */
const LARGE = 100_000;

/** A connection over Socket.IO. */
export class SocketConnection implements Connection {
  readonly source: RequestSource | undefined;
  readonly owner: string | undefined;
  readonly cookies: ReadonlyMap<string, string>;
  readonly #socket: Socket;
  readonly #line: Line;
  readonly #outgoing: OutgoingBatch;
  /** Messages that leave with the next batch. */
  #leaving: OutgoingMessage[] = [];
  #isOver = false;
  #isCut = false;

  constructor(socket: Socket, line: Line, outgoing: OutgoingBatch, admitted: Partial<Admitted> = {}) {
    this.#socket = socket;
    this.#line = line;
    this.#outgoing = outgoing;
    this.source = admitted.source;
    this.owner = admitted.owner;
    this.cookies = admitted.cookies ?? new Map();
  }

  welcome(message: Welcome): number {
    const json = JSON.stringify(message);
    this.#send("welcome", json);
    return json.length;
  }

  frame(json: string, text: HeldText): void {
    this.#send("frame", json, text);
  }

  problem(message: ProblemMessage): void {
    this.#send("problem", JSON.stringify(message));
  }

  answerProbe(): void {
    this.#send("probe", "0");
  }

  closing(message: ClosingMessage): void {
    this.#send("closing", JSON.stringify(message));
  }

  #send(kind: string, json: string, text = this.#line.text(json)): void {
    if (json.length >= LARGE) this.#send("large", String(json.length));
    if (this.#isOver || !this.#line.hold(text)) return;
    if (this.#leaving.push({ packet: messagePacket(kind, json), text }) === 1) this.#outgoing.add(this.flush);
  }

  readonly flush = (): void => {
    const messages = this.#leaving;
    this.#leaving = [];
    this.#line.hand(messages);
  };

  get isOver(): boolean {
    return this.#isOver;
  }

  async alive(timeout: number): Promise<boolean> {
    if (!this.#socket.connected) return false;
    return await new Promise((resolve) => {
      this.#socket.timeout(timeout).emit("alive", (error: Error | null) => resolve(!error));
    });
  }

  excess(): number {
    return this.#line.excess;
  }

  close(): void {
    if (this.#isOver) return;
    this.flush();
    this.#isOver = true;
    this.#socket.disconnect(true);
    // The engine waits for a page that does not read.
    setTimeout(() => this.cut(), CLOSE_WITHIN).unref();
  }

  cut(): void {
    if (this.#isCut) return;
    this.#isOver = true;
    this.#isCut = true;
    this.#line.release();
    // Not sent any more, but counted still.
    for (const { text } of this.#leaving) text.release();
    this.#leaving = [];
  }
}
