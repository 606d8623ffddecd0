import type { Ack, Effect, ServerFrame } from "../../protocol/frames.ts";
import type { ChannelLimits } from "../limits.ts";
import { type HeldText, heldBytes, type OutputBudget, type OutputHolder } from "../output-budget.ts";

interface Entry {
  readonly version: number;
  /** The frame as it was sent. Absent when it was too large to keep: its acks and effects are kept longer. */
  json: string | undefined;
  /** The count of `json`, which the connection may hold too. */
  readonly text: HeldText;
  acks: readonly Ack[];
  effects: readonly Effect[];
  /** Bytes that the entry takes now, */
  size: number;
  /** and without `json`. */
  keptSize: number;
}

/** What a page that comes back has missed. */
export interface Missed {
  /** Every frame after its version; undefined when one of them is gone, then the states must be sent whole. */
  readonly frames: readonly ServerFrame[] | undefined;
  readonly acks: readonly Ack[];
  readonly effects: readonly Effect[];
  /** True when answers or effects were too large to be kept. */
  readonly lost: boolean;
}

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
    const keptSize = frame.changes || json === undefined ? sizeOf(acks, effects) : text.bytes;
    const size = json === undefined ? keptSize : text.bytes;
    this.#entries.push({ version, json, text, acks, effects, size, keptSize });
    this.#bytes += size;
    if (json === undefined) this.#budget.count(size);
    else text.hold();
    this.#trim();
  }

  /** Counts an entry no more. */
  #uncount({ json, text, size }: Entry): void {
    this.#bytes -= size;
    if (json === undefined) this.#budget.count(-size);
    else text.release();
  }

  #trim(): void {
    let excess = this.#entries.length - this.#maxFrames;
    if (this.#bytes <= this.#maxBytes && excess <= 0) return;
    for (const entry of this.#entries) {
      if (this.#bytes <= this.#maxBytes && excess <= 0) break;
      excess--;
      this.#drop(entry);
    }
    // The newest ones are kept whatever their size: they have just been sent.
    for (const entry of this.#entries.slice(0, -1)) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#forget(entry);
    }
    const gone = this.#entries.length - this.#maxFrames * LONGER;
    if (gone > 0) for (const entry of this.#entries.splice(0, gone)) this.#forget(entry);
  }

  #drop(entry: Entry): void {
    if (entry.json === undefined) return;
    this.#uncount(entry);
    entry.json = undefined;
    entry.size = entry.keptSize;
    this.#bytes += entry.size;
    this.#budget.count(entry.size);
  }

  #forget(entry: Entry): void {
    if (entry.keptSize === 0) return;
    this.#uncount(entry);
    entry.json = undefined;
    entry.acks = [];
    entry.effects = [];
    entry.size = entry.keptSize = 0;
    this.#lost = entry.version;
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

/** Bytes (about) of what is kept the longest. An ack that says no more than that it was done is a number. */
function sizeOf(acks: readonly Ack[], effects: readonly Effect[]): number {
  let size = acks.length * 12;
  for (const [, error] of acks) if (error) size += heldBytes(JSON.stringify(error));
  return effects.length === 0 ? size : size + heldBytes(JSON.stringify(effects));
}
