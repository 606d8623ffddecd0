import type { ServerFrame } from "../protocol/frames.ts";
import type { Environment } from "./environment.ts";

/** Milliseconds after which a claim that the network swallowed is made again. */
const AGAIN_AFTER = [300, 1_000, 3_000];

/**
 * Fetches the cookies that frames announce. What a frame asks for beside them waits until they are there, and so do the
 * frames after it: a page that goes elsewhere, or asks a view, is known by then.
 */
export class CookieClaims {
  readonly #environment: Environment;
  readonly #done: (status: number) => void;
  /** Settles when no claim runs; undefined when none does. */
  #running: Promise<void> | undefined;

  /** `done` is told how each claim was answered; 0 when it was not. */
  constructor(environment: Environment, done: (status: number) => void) {
    this.#environment = environment;
    this.#done = done;
  }

  /** Whether a claim runs now. */
  get busy(): boolean {
    return this.#running !== undefined;
  }

  /** Calls `conclude` with the frame without its tickets: at once when there is nothing to wait for. */
  conclude(frame: ServerFrame, conclude: (frame: ServerFrame) => void): void {
    const tickets = (frame.effects ?? []).flatMap((effect) => (effect.effect === "cookies" ? [effect.ticket] : []));
    if (tickets.length === 0 && !this.#running) {
      conclude(frame);
      return;
    }
    const effects = frame.effects?.filter(({ effect }) => effect !== "cookies");
    const rest: ServerFrame = effects ? { ...frame, effects } : frame;
    const before = this.#running;
    const running = (async () => {
      await before;
      for (const ticket of tickets) await this.#claim(ticket);
      conclude(rest);
    })();
    this.#running = running;
    void running.finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
  }

  async #claim(ticket: string): Promise<void> {
    const tab = this.#environment.tab.get() ?? "";
    let status = await this.#environment.claimCookies(ticket, tab);
    for (const pause of AGAIN_AFTER) {
      if (status !== 0) break;
      await new Promise((resolve) => setTimeout(resolve, pause));
      status = await this.#environment.claimCookies(ticket, tab);
    }
    this.#done(status);
  }
}
