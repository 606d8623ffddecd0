import type { Ack, Effect, ServerFrame } from "../protocol/frames.ts";

interface Entry {
  readonly version: number;
  /** The frame as it was sent. Absent when it was too large to keep: its acks and effects are kept longer. */
  json: string | undefined;
  acks: readonly Ack[];
  effects: readonly Effect[];
  /** Characters of the acks and effects, which are a part of `json`. */
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
export class Replay {
  readonly #maxBytes: number;
  readonly #maxFrames: number;
  #entries: Entry[] = [];
  #bytes = 0;
  /** The last frame whose acks and effects are gone. */
  #lost = 0;

  constructor(maxBytes: number, maxFrames: number) {
    this.#maxBytes = maxBytes;
    this.#maxFrames = maxFrames;
  }

  /** Remembers a frame; without its text (because whole states are in it) only by its acks and effects. */
  add(frame: ServerFrame, json: string | undefined): void {
    const { version, acks = [], effects = [] } = frame;
    const keptSize = frame.changes || json === undefined ? sizeOf(acks, effects) : json.length;
    this.#entries.push({ version, json, acks, effects, keptSize });
    this.#bytes += json?.length ?? keptSize;
    this.#trim();
  }

  #trim(): void {
    let excess = this.#entries.length - this.#maxFrames;
    if (this.#bytes <= this.#maxBytes && excess <= 0) return;
    for (const entry of this.#entries) {
      if (this.#bytes <= this.#maxBytes && excess <= 0) break;
      excess--;
      if (entry.json === undefined) continue;
      this.#bytes -= entry.json.length - entry.keptSize;
      entry.json = undefined;
    }
    // The newest ones are kept whatever their size: they have just been sent.
    for (const entry of this.#entries.slice(0, -1)) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#forget(entry);
    }
    const gone = this.#entries.length - this.#maxFrames * LONGER;
    if (gone > 0) for (const entry of this.#entries.splice(0, gone)) this.#forget(entry);
  }

  #forget(entry: Entry): void {
    if (entry.keptSize === 0) return;
    this.#bytes -= entry.keptSize;
    entry.acks = [];
    entry.effects = [];
    entry.keptSize = 0;
    this.#lost = entry.version;
  }

  /** The page has applied everything up to this version. */
  seen(version: number): void {
    let count = 0;
    for (const entry of this.#entries) {
      if (entry.version > version) break;
      this.#bytes -= entry.json?.length ?? entry.keptSize;
      count++;
    }
    if (count === this.#entries.length) this.#entries.length = 0;
    else if (count > 0) this.#entries.splice(0, count);
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
    this.#bytes = 0;
    this.#lost = 0;
  }
}

/** Characters of what is kept the longest. An ack that says no more than that it was done is a number. */
function sizeOf(acks: readonly Ack[], effects: readonly Effect[]): number {
  let size = acks.length * 12;
  for (const [, error] of acks) if (error) size += JSON.stringify(error).length;
  return effects.length === 0 ? size : size + JSON.stringify(effects).length;
}
