/** A part of what the process holds for pages that have not read it yet. */
export interface OutputHolder {
  /** Bytes in memory. */
  readonly held: number;
  /** Gives them up. */
  release(): void;
}

/** One connection: what the network has not taken from it. */
export interface OutputLine extends OutputHolder {
  /** Milliseconds of the process clock at which the network last took something. */
  readonly progressedAt: number;
}

/** Each message costs this much besides its text: the objects that carry it through the queues. */
const MESSAGE_OVERHEAD = 200;

/** A text shorter than this is counted as if it held characters of two bytes: to look would cost more. */
const SHORT = 512;

/** The share of the budget that is left in use after a clean-up, so that the next message does not start another one. */
const AFTERWARDS = 0.8;

/**
 * Counts the bytes that the whole process holds for pages: messages that the network has not taken, and frames that are
 * kept for pages that reconnect. When they exceed the limit, kept frames are dropped first (such a page gets its states
 * whole). Then connections are closed: those that read nothing first, and among them those that hold most.
 */
export class OutputBudget {
  readonly #limit: number;
  readonly #onClose: (count: number, held: number) => void;
  readonly #lines = new Set<OutputLine>();
  readonly #kept = new Set<OutputHolder>();
  #held = 0;
  #isReleasing = false;

  /** `onClose` is called after connections were closed, with their number and the bytes that they held. */
  constructor(limit: number, onClose: (count: number, held: number) => void) {
    this.#limit = limit;
    this.#onClose = onClose;
  }

  /** Bytes that are held now. */
  get held(): number {
    return this.#held;
  }

  addLine(line: OutputLine): void {
    this.#lines.add(line);
  }

  removeLine(line: OutputLine): void {
    this.#lines.delete(line);
  }

  addKept(kept: OutputHolder): void {
    this.#kept.add(kept);
  }

  removeKept(kept: OutputHolder): void {
    this.#kept.delete(kept);
  }

  /** Counts bytes that are held from now on; negative for those that are not any more. */
  count(bytes: number): void {
    this.#held += bytes;
    if (this.#held > this.#limit && !this.#isReleasing) this.#release();
  }

  #release(): void {
    this.#isReleasing = true;
    const target = this.#limit * AFTERWARDS;
    const largest = [...this.#kept].filter(({ held }) => held > 0).sort((a, b) => b.held - a.held);
    for (const kept of largest) {
      if (this.#held <= target) break;
      kept.release();
    }
    let [closed, freed] = [0, 0];
    if (this.#held > this.#limit) {
      for (const line of worstFirst(this.#lines)) {
        if (this.#held <= target) break;
        closed++;
        freed += line.held;
        line.release();
      }
    }
    this.#isReleasing = false;
    if (closed > 0) this.#onClose(closed, freed);
  }
}

/** Milliseconds without progress after which a connection counts as one that does not read. */
const STALLED = 1_000;

function worstFirst(lines: Iterable<OutputLine>): OutputLine[] {
  const now = performance.now();
  const isStalled = ({ progressedAt }: OutputLine) => Number(now - progressedAt > STALLED);
  const waiting = [...lines].filter(({ held }) => held > 0);
  return waiting.sort((a, b) => isStalled(b) - isStalled(a) || b.held - a.held);
}

/**
 * The text of one message. What is kept for a page that reconnects and the queue of its connection hold the same text, so
 * the budget counts it once, until both have released it.
 */
export class HeldText {
  /** Bytes in memory. */
  readonly bytes: number;
  readonly #budget: OutputBudget;
  #holders = 0;

  constructor(text: string, budget: OutputBudget) {
    // Counted once, for all holders: a long text has to be read for it.
    this.bytes = heldBytes(text);
    this.#budget = budget;
  }

  hold(): void {
    if (++this.#holders === 1) this.#budget.count(this.bytes);
  }

  release(): void {
    if (--this.#holders === 0) this.#budget.count(-this.bytes);
  }
}

/** Bytes (about) that a waiting message takes: a text with one character beyond Latin-1 takes two for each. */
export function heldBytes(text: string): number {
  const { length } = text;
  if (length < SHORT) return length * 2 + MESSAGE_OVERHEAD;
  const bytes = Buffer.byteLength(text);
  return (bytes === length ? bytes : Math.max(bytes, length * 2)) + MESSAGE_OVERHEAD;
}
