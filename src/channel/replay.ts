import type { Ack, Effect, ServerFrame } from "../protocol/frames.ts";

interface Entry {
  readonly version: number;
  /** The frame as it was sent. Absent when it was too large to keep: its acks and effects are kept all the same. */
  json: string | undefined;
  readonly acks: readonly Ack[];
  readonly effects: readonly Effect[];
}

/** What a page that comes back has missed. */
export interface Missed {
  /** Every frame after its version; undefined when one of them is gone, then the states must be sent whole. */
  readonly frames: readonly ServerFrame[] | undefined;
  readonly acks: readonly Ack[];
  readonly effects: readonly Effect[];
}

/** The frames that a page has perhaps not applied yet, within bounds. */
export class Replay {
  readonly #maxBytes: number;
  readonly #maxFrames: number;
  #entries: Entry[] = [];
  #bytes = 0;

  constructor(maxBytes: number, maxFrames: number) {
    this.#maxBytes = maxBytes;
    this.#maxFrames = maxFrames;
  }

  /** Remembers a frame; without its text (because whole states are in it) only by its acks and effects. */
  add(frame: ServerFrame, json: string | undefined): void {
    const { version, acks = [], effects = [] } = frame;
    this.#entries.push({ version, json, acks, effects });
    this.#bytes += json?.length ?? 0;
    this.#trim();
  }

  #trim(): void {
    let excess = this.#entries.length - this.#maxFrames;
    for (const entry of this.#entries) {
      if (this.#bytes <= this.#maxBytes && excess <= 0) break;
      excess--;
      if (entry.json === undefined) continue;
      this.#bytes -= entry.json.length;
      entry.json = undefined;
    }
    // Ten times as many acks and effects as frames are kept, then they too must go.
    if (this.#entries.length > this.#maxFrames * 10)
      this.#entries.splice(0, this.#entries.length - this.#maxFrames * 10);
  }

  /** The page has applied everything up to this version. */
  seen(version: number): void {
    let count = 0;
    for (const entry of this.#entries) {
      if (entry.version > version) break;
      this.#bytes -= entry.json?.length ?? 0;
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
    };
  }

  clear(): void {
    this.#entries = [];
    this.#bytes = 0;
  }
}
