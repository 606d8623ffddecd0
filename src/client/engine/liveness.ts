/** Milliseconds without an answer after which the connection counts as silent. */
const TELL_AFTER = 2_400;

/** Milliseconds without an answer after which the connection is given up. */
const GIVE_UP_AFTER = 5_000;

/** Milliseconds that a message of the page waits for a sign of the server before the connection is probed. */
const PROBE_AFTER = 300;

/** Milliseconds between two probes while a message of the page is not answered: its handler may run for long. */
const PROBE_EVERY = 5_000;

/** Characters a millisecond that the slowest line carries which is not taken for dead. */
export const SLOWEST = 20;

/** A timer that is so late (milliseconds) was held up by the page or by the machine's sleep: messages may wait behind it. */
const LATE = 300;

/** Options of `Liveness`. */
export interface LivenessHost {
  /** Sends the server a probe; its answer comes after all that the server has sent before. */
  probe(): void;
  /** Whether a message of the page waits for its answer. */
  isWaiting(): boolean;
  /** The connection does not answer, or answers again. */
  silent(isSilent: boolean): void;
  /** The connection is given up. */
  dead(): void;
}

/**
 * Finds out whether an open connection still carries messages. A network that is gone tells nobody, and neither does a
 * computer that was asleep.
 *
 * It sends a probe and decides by what arrives: any message proves that the line is alive and gives it more time. A large
 * message on its way, in either direction, gets the time that a slow line needs, and so does a line that was slow to open.
 */
export class Liveness {
  readonly #host: LivenessHost;
  #isOpen = false;
  #isProbing = false;
  #isSilent = false;
  /** Time at which the next stage is reached without an answer. */
  #due = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #waitTimer: ReturnType<typeof setTimeout> | undefined;
  /** How long the network took to connect: on a slow line answers take as long. */
  #slowness = 0;
  /** Characters of a large message that the server has announced. */
  #expected = 0;
  /** Characters that may still be on their way to the server, as of `#sentAt`. */
  #leaving = 0;
  #sentAt = 0;

  constructor(host: LivenessHost) {
    this.#host = host;
  }

  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** The server has welcomed the page; the network took so many milliseconds to connect it. */
  open(slowness: number): void {
    this.close();
    this.#isOpen = true;
    this.#slowness = slowness;
  }

  /** The connection has ended, however it did. */
  close(): void {
    this.#isOpen = false;
    this.#expected = 0;
    this.#leaving = 0;
    clearTimeout(this.#waitTimer);
    this.#waitTimer = undefined;
    clearTimeout(this.#timer);
    this.#isProbing = false;
    this.#isSilent = false;
  }

  /** Something left for the server. */
  sent(characters: number): void {
    const now = performance.now();
    this.#leaving = Math.max(0, this.#leaving - (now - this.#sentAt) * SLOWEST) + characters;
    this.#sentAt = now;
  }

  /** The page waits for an answer from now on. */
  expect(): void {
    if (this.#isOpen && this.#waitTimer === undefined) this.#probeIfWaiting(PROBE_AFTER);
  }

  /** The server has begun to send a large message. */
  announced(characters: number): void {
    this.#expected = characters;
    if (this.#isProbing) this.#restart();
  }

  /** A message arrived, whatever it was. */
  heard(characters: number): void {
    if (characters >= this.#expected) this.#expected = 0;
    if (!this.#isProbing) return;
    this.#setSilent(false);
    this.#restart();
  }

  /** The probe was answered: all that was sent before has arrived. */
  answered(): void {
    if (!this.#isProbing) return;
    this.#isProbing = false;
    this.#leaving = 0;
    clearTimeout(this.#timer);
    this.#setSilent(false);
  }

  /** Finds out whether the connection is alive; does nothing while that is under way. */
  probe(): void {
    if (!this.#isOpen || this.#isProbing) return;
    this.#isProbing = true;
    this.#host.probe();
    this.#restart();
  }

  #probeIfWaiting(after: number): void {
    this.#waitTimer = setTimeout(() => {
      this.#waitTimer = undefined;
      if (!this.#isOpen || !this.#host.isWaiting()) return;
      this.probe();
      this.#probeIfWaiting(PROBE_EVERY);
    }, after);
  }

  #restart(): void {
    this.#arm(TELL_AFTER, () => {
      this.#setSilent(true);
      this.#arm(GIVE_UP_AFTER - TELL_AFTER, () => this.#host.dead());
    });
  }

  #arm(base: number, work: () => void): void {
    this.#wait(Math.max(base, this.#slowness) + this.#inTransit(), work);
  }

  #wait(milliseconds: number, work: () => void): void {
    clearTimeout(this.#timer);
    this.#due = performance.now() + milliseconds;
    this.#timer = setTimeout(() => {
      // What arrived meanwhile is read first.
      if (performance.now() - this.#due > LATE) this.#wait(LATE, work);
      else work();
    }, milliseconds);
  }

  /** Milliseconds that what is on its way may take. */
  #inTransit(): number {
    const left = Math.max(0, this.#leaving - (performance.now() - this.#sentAt) * SLOWEST);
    return (this.#expected + left) / SLOWEST;
  }

  #setSilent(isSilent: boolean): void {
    if (this.#isSilent === isSilent) return;
    this.#isSilent = isSilent;
    this.#host.silent(isSilent);
  }
}
