import type { Ack, Effect, ServerFrame } from "../../protocol/frames.ts";
import type { ChannelLimits } from "../options.ts";
import { type HeldText, heldBytes, type OutputBudget, type OutputHolder } from "../output-budget.ts";

interface Entry {
  readonly version: number;
  /** The frame as it was sent. Absent when it was too large to keep: its acks and effects are kept longer. */
  json: string | undefined;
  /** The count of `json`, which the connection may hold too. */
  readonly text: HeldText;
  readonly acks: readonly Ack[];
  readonly effects: readonly Effect[];
  /** Bytes of the entry and its acks. */
  readonly size: number;
  /** Bytes of its effects. They count while `text` does not. */
  readonly effectsSize: number;
}

/** The frames, answers and effects that a page missed while it was disconnected. */
export interface Missed {
  /** Every frame after the page's version; undefined if one was dropped, so that the states must be sent whole. */
  readonly frames: readonly ServerFrame[] | undefined;
  readonly acks: readonly Ack[];
  readonly effects: readonly Effect[];
  /** True when answers or effects were too large to be kept. */
  readonly lost: boolean;
}

/** Bytes (about) that an entry takes besides its texts, and an ack that says no more than that it was done. */
const ENTRY_BYTES = 250;
const ACK_BYTES = 80;

/** Acks and effects are kept for so many times as many frames as texts are. */
const LONGER = 10;

/** The frames that a page has perhaps not applied yet, within bounds. */
export class Replay implements OutputHolder {
  readonly #maxBytes: number;
  readonly #maxFrames: number;
  readonly #budget: OutputBudget;
  #entries: Entry[] = [];
  #bytes = 0;
  #isEnded = false;
  /** The last frame whose acks and effects are gone. */
  #lost = 0;

  constructor(
    { replayBytes, replayFrames }: Pick<ChannelLimits, "replayBytes" | "replayFrames">,
    budget: OutputBudget,
  ) {
    this.#maxBytes = replayBytes;
    this.#maxFrames = replayFrames;
    this.#budget = budget;
    budget.addKept(this);
  }

  get held(): number {
    return this.#bytes;
  }

  /** Gives up the texts: a page that reconnects gets its states whole, and still its acks and effects. */
  release(): void {
    for (const entry of this.#entries) this.#drop(entry);
  }

  /** Remembers a frame; without its text (because whole states are in it) only by its acks and effects. */
  add(frame: ServerFrame, json: string | undefined, text: HeldText): void {
    if (this.#isEnded) return;
    const { version, acks = [], effects = [] } = frame;
    const entry = { version, json, text, acks, effects, size: sizeOf(acks), effectsSize: 0 };
    // The text holds little else, or its effects are measured.
    const isText = !frame.changes && json !== undefined;
    if (effects.length > 0) entry.effectsSize = isText ? text.bytes : heldBytes(JSON.stringify(effects));
    this.#entries.push(entry);
    if (json === undefined) this.#count(entry.effectsSize);
    else {
      // First: what is counted next may give it up.
      this.#bytes += text.bytes;
      text.hold();
    }
    this.#count(entry.size);
    this.#trim();
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#budget.count(bytes);
  }

  /** Counts an entry no more. */
  #uncount(entry: Entry): void {
    this.#drop(entry);
    this.#count(-entry.size - entry.effectsSize);
  }

  #trim(): void {
    let excess = this.#entries.length - this.#maxFrames;
    if (this.#bytes <= this.#maxBytes && excess <= 0) return;
    for (const entry of this.#entries) {
      if (this.#bytes <= this.#maxBytes && excess <= 0) break;
      excess--;
      this.#drop(entry);
    }
    let gone = 0;
    for (const entry of this.#entries) {
      const left = this.#entries.length - gone;
      // The newest one is kept whatever its size: it has just been sent.
      const fits = this.#bytes <= this.#maxBytes || left === 1;
      if (fits && left <= this.#maxFrames * LONGER) break;
      this.#uncount(entry);
      if (entry.acks.length > 0 || entry.effects.length > 0) this.#lost = entry.version;
      gone++;
    }
    if (gone > 0) this.#entries.splice(0, gone);
  }

  /** Gives up the text of an entry. */
  #drop(entry: Entry): void {
    if (entry.json === undefined) return;
    entry.json = undefined;
    this.#bytes -= entry.text.bytes;
    entry.text.release();
    this.#count(entry.effectsSize);
  }

  /** The page has applied everything up to this version. */
  seen(version: number): void {
    let count = 0;
    for (const entry of this.#entries) {
      if (entry.version > version) break;
      this.#uncount(entry);
      count++;
    }
    if (count === 0) return;
    // Mostly the page has seen all of them; popped, because a list that is cut off takes new memory for the next frame.
    if (count === this.#entries.length) for (; count > 0; count--) this.#entries.pop();
    else this.#entries.splice(0, count);
  }

  /** What came after a version, up to the current one. */
  since(version: number, current: number): Missed {
    const later = this.#entries.filter((entry) => entry.version > version);
    const texts = later.flatMap((entry) => entry.json ?? []);
    const complete = texts.length === current - version;
    return {
      frames: complete ? texts.map((json) => JSON.parse(json) as ServerFrame) : undefined,
      acks: later.flatMap((entry) => entry.acks),
      effects: later.flatMap((entry) => entry.effects),
      lost: this.#lost > version,
    };
  }

  clear(): void {
    for (const entry of this.#entries) this.#uncount(entry);
    this.#entries = [];
    this.#lost = 0;
  }

  /** The tab is gone. */
  end(): void {
    this.#isEnded = true;
    this.clear();
    this.#budget.removeKept(this);
  }
}

/** Bytes (about) of an entry and its acks. */
function sizeOf(acks: readonly Ack[]): number {
  let size = ENTRY_BYTES + acks.length * ACK_BYTES;
  for (const [, error] of acks) if (error) size += heldBytes(JSON.stringify(error));
  return size;
}
