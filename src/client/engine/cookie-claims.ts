import { TICKET_LIFE } from "../../protocol/endpoints.ts";
import type { Effect, ServerFrame } from "../../protocol/frames.ts";
import { within } from "../../within.ts";
import type { Environment } from "./environment.ts";

/** Milliseconds before a claim that the network lost is repeated; the last one is used again and again. */
const PAUSES = [300, 1_000, 3_000];

/** Milliseconds after which an unanswered claim is given up: its request may hang on a connection that is dead. */
const ANSWER_WITHIN = 4_000;

/** Milliseconds for which a claim is repeated: the ticket was on its way for a part of its life. */
const REPEAT_FOR = TICKET_LIFE - 2_000;

/** Milliseconds for which the result of an event waits for its cookies. */
const HOLD_FOR = 3_000;

/** The server's word that the browser drops the cookies; no proxy that answers in its place says that. */
const DROPPED = 205;

/** Statuses of the client's own kind that pass by themselves. */
const TEMPORARY: ReadonlySet<number> = new Set([408, 425, 429]);

/**
 * How a claim ended: the server sent the cookies, the browser drops them because the page was opened over plain HTTP, the
 * server refused them, or the network lost every request.
 */
export interface ClaimOutcome {
  readonly kind: "done" | "dropped" | "refused" | "lost";
  readonly status: number;
  /** Identity of the socket after the event that set the cookies. */
  readonly identity: string;
}

type Ticket = Extract<Effect, { effect: "cookies" }>;

/** What `CookieClaims` reports. */
interface ClaimListener {
  /** One claim has ended. */
  done(outcome: ClaimOutcome): void;
  /** The last claim has ended. */
  idle(): void;
}

/**
 * Fetches the cookies that frames announce. The result of the event that set them waits for the cookies, so that a page
 * which goes elsewhere or requests a view then is signed in. It waits for a few seconds at most: the socket has the new
 * identity already, and no event depends on the claim.
 */
export class CookieClaims {
  readonly #environment: Environment;
  readonly #listener: ClaimListener;
  /** Claims run one after the other; undefined when none runs. */
  #claiming: Promise<void> | undefined;
  readonly #stop = new AbortController();
  /** Settles when everything that was held back has been concluded; undefined when nothing is held back. */
  #held: Promise<void> | undefined;

  constructor(environment: Environment, listener: ClaimListener) {
    this.#environment = environment;
    this.#listener = listener;
  }

  /** Whether a claim runs now. */
  get busy(): boolean {
    return this.#claiming !== undefined;
  }

  /**
   * Calls `conclude` with the frame without its tickets: at once when there is nothing to wait for. While a claim runs, the
   * effects of later frames wait too, so that they keep their order; a later answer without effects does not.
   */
  conclude(frame: ServerFrame, conclude: (frame: ServerFrame) => void): void {
    const { effects = [] } = frame;
    if (effects.length === 0 || (!this.#held && !effects.some(({ effect }) => effect === "cookies"))) {
      conclude(frame);
      return;
    }
    const tickets = effects.filter((effect) => effect.effect === "cookies");
    const rest: ServerFrame = { ...frame, effects: effects.filter(({ effect }) => effect !== "cookies") };
    const before = this.#held;
    const claimed = tickets.length > 0 ? this.#atMost(HOLD_FOR, this.#claimAll(tickets)) : undefined;
    const held = (async () => {
      await before;
      await claimed;
      conclude(rest);
    })();
    this.#held = held;
    void held.finally(() => {
      if (this.#held === held) this.#held = undefined;
    });
  }

  /** Ends what runs; no outcome is reported any more. */
  close(): void {
    this.#stop.abort();
  }

  #claimAll(tickets: readonly Ticket[]): Promise<void> {
    const before = this.#claiming;
    const end = performance.now() + REPEAT_FOR;
    const claiming = (async () => {
      await before;
      for (const { ticket, identity } of tickets) {
        const ended = await this.#claim(ticket, end);
        if (!this.#stop.signal.aborted) this.#listener.done({ ...ended, identity });
      }
    })();
    this.#claiming = claiming;
    return claiming.finally(() => {
      if (this.#claiming !== claiming) return;
      this.#claiming = undefined;
      if (!this.#stop.signal.aborted) this.#listener.idle();
    });
  }

  async #claim(ticket: string, end: number): Promise<Omit<ClaimOutcome, "identity">> {
    const tab = this.#environment.tab.get() ?? "";
    for (let attempt = 0; ; attempt++) {
      const status = await this.#request(ticket, tab);
      if (status === 204) return { kind: "done", status };
      if (status === DROPPED) return { kind: "dropped", status };
      if (status >= 400 && status < 500 && !TEMPORARY.has(status)) return { kind: "refused", status };
      const pause = PAUSES[Math.min(attempt, PAUSES.length - 1)] as number;
      if (this.#stop.signal.aborted || performance.now() + pause > end) return { kind: "lost", status };
      await this.#atMost(pause, new Promise(() => {}));
    }
  }

  /** One request; 0 without an answer in time. */
  async #request(ticket: string, tab: string): Promise<number> {
    const abort = new AbortController();
    try {
      const request = this.#environment.claimCookies(ticket, tab, abort.signal);
      return (await this.#atMost(ANSWER_WITHIN, request)) ?? 0;
    } catch {
      // The environment failed; there was no answer.
      return 0;
    } finally {
      abort.abort();
    }
  }

  /** Settles with the work, or with undefined after some milliseconds or when the page ends. */
  #atMost<T>(milliseconds: number, work: Promise<T>): Promise<T | undefined> {
    return within(work, milliseconds, this.#stop.signal);
  }
}
