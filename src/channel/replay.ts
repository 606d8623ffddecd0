import type { Ack, Effect, ServerFrame } from "../protocol/frames.ts";
import type { ChannelLimits } from "./limits.ts";
import { heldBytes, type OutputBudget, type OutputHolder } from "./output-budget.ts";

interface Entry {
  readonly version: number;
  /** The frame as it was sent. Absent when it was too large to keep: its acks and effects are kept longer. */
  json: string | undefined;
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

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#budget.count(bytes);
  }

  /** Remembers a frame, whose text takes so many bytes in memory; without its text (because whole states are in it) only by its acks and effects. */
  add(frame: ServerFrame, json: string | undefined, bytes: number): void {
    if (this.#isEnded) return;
    const { version, acks = [], effects = [] } = frame;
    const keptSize = frame.changes || json === undefined ? sizeOf(acks, effects) : bytes;
    const size = json === undefined ? keptSize : bytes;
    this.#entries.push({ version, json, acks, effects, size, keptSize });
    this.#count(size);
    this.#trim();
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
    entry.json = undefined;
    this.#count(entry.keptSize - entry.size);
    entry.size = entry.keptSize;
  }

  #forget(entry: Entry): void {
    if (entry.keptSize === 0) return;
    this.#count(-entry.size);
    entry.acks = [];
    entry.effects = [];
    entry.size = entry.keptSize = 0;
    this.#lost = entry.version;
  }

  /** The page has applied everything up to this version. */
  seen(version: number): void {
    let [count, bytes] = [0, 0];
    for (const entry of this.#entries) {
      if (entry.version > version) break;
      bytes += entry.size;
      count++;
    }
    if (count === 0) return;
    if (count === this.#entries.length) this.#entries.length = 0;
    else this.#entries.splice(0, count);
    this.#count(-bytes);
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
    this.#entries = [];
    this.#lost = 0;
    this.#count(-this.#bytes);
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
