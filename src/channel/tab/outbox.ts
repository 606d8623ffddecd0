import type { Ack, Epoch, ProblemMessage, ServerFrame, Welcome } from "../../protocol/frames.ts";
import type { Turn } from "../../state/handlers/turn.ts";
import type { Changes } from "../../state/watched-changes.ts";
import type { Connection } from "../connection.ts";
import type { ChannelLimits } from "../options.ts";
import { HeldText, type OutputBudget } from "../output-budget.ts";
import { type Missed, Replay } from "./replay.ts";

/** A page that leaves so many bytes waiting besides one message does not read as fast as it is sent. */
const MAX_EXCESS = 16_000_000;

/** Most errors that are kept for the moment after the welcome. */
const MAX_UNSAID = 20;

/** What goes out to the page of a tab: frames, numbered and kept until the page has them, and problems, which are not. */
export class Outbox {
  readonly #replay: Replay;
  readonly #budget: OutputBudget;
  readonly #onCut: (bytes: number) => void;
  #connection: Connection | undefined;
  /** True from the welcome on: only then frames may be sent. */
  #isOpen = false;
  /** What failed before the welcome: told right after it. */
  readonly #unsaid: ProblemMessage[] = [];
  #version = 0;

  /** `onCut` is told how many bytes a page left waiting that was cut off for it. */
  constructor(limits: ChannelLimits, budget: OutputBudget, onCut: (bytes: number) => void) {
    this.#replay = new Replay(limits, budget);
    this.#budget = budget;
    this.#onCut = onCut;
  }

  get connection(): Connection | undefined {
    return this.#connection;
  }

  /** Whether the page of the connection has been welcomed. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Number of the last frame. */
  get version(): number {
    return this.#version;
  }

  /** Sends to another connection from its welcome on; answers the one before. */
  connect(connection: Connection | undefined): Connection | undefined {
    const before = this.#connection;
    this.#connection = connection;
    this.#isOpen = false;
    this.#unsaid.length = 0;
    return before;
  }

  /** Welcomes the page of the connection. Returns the length of the message. */
  welcome(message: Welcome): number {
    const length = this.#connection?.welcome(message) ?? 0;
    this.#isOpen = true;
    for (const problem of this.#unsaid.splice(0)) this.#connection?.problem(problem);
    return length;
  }

  /** The server is about to stop, and has taken what came up to this number. */
  closing(received: number): void {
    if (this.#isOpen) this.#connection?.closing({ received });
  }

  /** What a page has missed since a version. */
  since(version: number): Missed {
    return this.#replay.since(version, this.#version);
  }

  /** The page has applied everything up to this version. */
  seen(version: number): void {
    this.#replay.seen(Math.min(version, this.#version));
  }

  /** Ends for good: nothing is kept any more. Answers the connection. */
  end(): Connection | undefined {
    this.#replay.end();
    return this.connect(undefined);
  }

  /** Nothing of what was sent so far is for whoever reads from here on. */
  clear(): void {
    this.#replay.clear();
  }

  problem(message: ProblemMessage): void {
    if (this.#isOpen) this.#reader()?.problem(message);
    else if (this.#connection && this.#unsaid.length < MAX_UNSAID) this.#unsaid.push(message);
  }

  /** Sends one frame with the output of a turn, and with the tab's epoch if it is another. Returns its length: 0 for none. */
  frame({ changes, effects }: Turn, acks: readonly Ack[], epoch?: Epoch): number {
    const hasEffects = effects !== undefined && effects.length > 0;
    if (!changes && !hasEffects && acks.length === 0 && !epoch) return 0;
    const frame: { -readonly [K in keyof ServerFrame]: ServerFrame[K] } = { version: ++this.#version };
    if (changes) frame.changes = changes;
    if (hasEffects) frame.effects = effects;
    if (acks.length > 0) frame.acks = acks;
    if (epoch) frame.epoch = epoch;
    const json = JSON.stringify(frame);
    const text = new HeldText(json, this.#budget);
    this.#replay.add(frame, changes && hasWhole(changes) ? undefined : json, text);
    const reader = this.#isOpen ? this.#reader() : undefined;
    reader?.frame(json, text);
    // A step of a handler that goes on, perhaps for long and without a pause: it is to be seen now.
    if (acks.length === 0) reader?.flush();
    return json.length;
  }

  /** The connection, unless its page does not take what it is sent: then it is cut off, and may come back. */
  #reader(): Connection | undefined {
    const connection = this.#connection;
    if (!connection) return undefined;
    const excess = connection.excess();
    if (excess <= MAX_EXCESS) return connection;
    this.#onCut(excess);
    connection.cut();
    return undefined;
  }
}

/** True when a state is in it whole. */
function hasWhole(changes: Changes): boolean {
  for (const id in changes) if (!Array.isArray(changes[id])) return true;
  return false;
}
