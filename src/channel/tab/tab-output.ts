import { setTimeout as pause } from "node:timers/promises";
import { hasCode } from "../../errors.ts";
import type { Ack, Epoch, ServerFrame, Welcome } from "../../protocol/frames.ts";
import type { RateLimit } from "../../rate-limit.ts";
import type { Turn, TurnSink } from "../../state/handlers/turn.ts";
import type { Connection } from "../connection.ts";
import { wireError } from "../wire-error.ts";
import type { Inbox } from "./inbox.ts";
import { Outbox } from "./outbox.ts";
import type { TabApp } from "./tab-parts.ts";
import type { TabRequests } from "./tab-requests.ts";
import type { TabSize } from "./tab-size.ts";

/** Characters of repeated output that cost a page as much of its rate as one call. */
const LENGTH_OF_CALL = 64_000;

/** The parts of a tab that its output uses. */
interface OutputParts {
  readonly id: string;
  readonly requests: TabRequests;
  readonly size: TabSize;
  readonly inbox: Inbox;
  readonly rate: RateLimit;
  /** Returns the current app. */
  app(): TabApp;
  /** Returns path and query of the page. */
  path(): string;
}

/** Sends the results of a tab's turns to its page: frames with changes, effects and answers, and errors. */
export class TabOutput implements TurnSink {
  readonly #parts: OutputParts;
  readonly #outbox: Outbox;
  /** The epoch that was sent to the page last. */
  #toldEpoch: Epoch | undefined;
  #isRepeating = false;
  #isClosing = false;

  constructor(parts: OutputParts) {
    this.#parts = parts;
    const { limits, logger, output } = parts.app();
    this.#outbox = new Outbox(limits, output, (bytes) => {
      logger.warn({ tab: parts.id.slice(0, 6), bytes }, "A page that does not read was cut off");
    });
  }

  get outbox(): Outbox {
    return this.#outbox;
  }

  get connection(): Connection | undefined {
    return this.#outbox.connection;
  }

  /** True once the server shuts down. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** Tells the page that the server shuts down and accepts no further message. */
  close(): void {
    this.#isClosing = true;
    this.#outbox.closing(this.#parts.inbox.received);
  }

  send(turn: Turn): void {
    // Also without output: a handler may have changed private vars.
    this.#parts.size.isStale = true;
    // Output of a user who has signed out must not reach the next one.
    if (!this.#parts.requests.isLeaving) this.emit(turn, []);
  }

  fail(error: unknown, label: string, ofPage = false): void {
    const page = ofPage && hasCode(error, "NOT_FOUND") ? { page: this.#parts.path() } : {};
    this.#outbox.problem({ error: this.wireError(error, label), ...page });
  }

  /** Reports that a page could not be opened. The page shows it like the error of a navigation. */
  failPage(error: unknown, path: string): void {
    this.#outbox.problem({ error: this.wireError(error, `Opening ${path}`), page: path });
  }

  /** Converts an error for the page, and logs it unless it is meant for users. */
  wireError(error: unknown, label: string): ReturnType<typeof wireError> {
    const { mode, logger } = this.#parts.app();
    return wireError(error, label, { mode, logger, localize: this.#parts.requests.localize() });
  }

  /** Sends a frame with a turn's output and answers. */
  emit(given: Turn, acks: readonly Ack[]): void {
    // The states of a user who leaves are not sent. The states that replace them are sent whole.
    const turn = given.changes && this.#parts.requests.isLeaving ? { effects: given.effects } : given;
    const epoch = this.#epoch();
    // The first epoch is a part of the welcome.
    const isOther = this.#toldEpoch !== undefined && epoch !== this.#toldEpoch;
    if (isOther) this.#toldEpoch = epoch;
    const length = this.#outbox.frame(turn, acks, isOther ? epoch : undefined);
    if (length === 0) return;
    this.#parts.size.isStale = true;
    this.#charge(length);
  }

  #charge(length: number): void {
    if (this.#isRepeating) this.#parts.rate.charge(length / LENGTH_OF_CALL);
  }

  /** True unless the page has used up its rate: then what it had before is not sent again yet. */
  get mayRepeat(): boolean {
    return this.#parts.rate.secondsToNext() === 0;
  }

  /** Settles when the page may be sent again what it had before, or when the connection is no longer that of the tab. */
  async untilMayRepeat(connection: Connection): Promise<void> {
    const { rate } = this.#parts;
    while (this.connection === connection && !this.mayRepeat) {
      await pause(Math.ceil(rate.secondsToNext() * 1_000), undefined, { ref: false });
    }
  }

  /** Runs work whose output repeats states that the page had before: it is charged to the page's rate. */
  repeating(work: () => void): void {
    this.#isRepeating = true;
    try {
      work();
    } finally {
      this.#isRepeating = false;
    }
  }

  /** Welcomes the page of the connection: from here on it gets frames. */
  welcome(resume: Welcome["resume"], fresh: boolean): void {
    const { id: tab, inbox } = this.#parts;
    const { build, limits } = this.#parts.app();
    const { received, open } = inbox;
    const epoch = this.#epoch();
    this.#toldEpoch = epoch;
    const { frameSize } = limits;
    this.#charge(this.#outbox.welcome({ tab, fresh, epoch, received, open: [...open], resume, frameSize, build }));
    if (this.#isClosing) this.#outbox.closing(received);
  }

  /** Welcomes the page with states, and with the effects and answers that it has not seen yet. */
  welcomeWhole(changes: NonNullable<ServerFrame["changes"]>, seen: number, fresh: boolean): void {
    const { acks, effects } = this.#outbox.since(seen);
    this.welcome({ snapshot: { version: this.#outbox.version, changes, acks, effects } }, fresh);
  }

  #epoch(): Epoch {
    const { requests } = this.#parts;
    return requests.epoch.of(requests.owner);
  }
}
