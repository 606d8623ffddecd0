import type { Effect } from "../../protocol/frames.ts";
import type { EventReference } from "../../protocol/page.ts";
import { stateErrors } from "../errors.ts";
import type { LeaveReason } from "../state.ts";
import { traceTime } from "../trace.ts";
import type { ActiveRun } from "./active-run.ts";
import type { ActiveRuns } from "./active-runs.ts";
import { type HandlerSteps, NO_EFFECTS } from "./handler-steps.ts";
import { runs } from "./run.ts";
import type { Settlement, TurnParts } from "./settlement.ts";
import type { Soon } from "./soon.ts";
import type { StateHooks } from "./state-hooks.ts";
import type { Settle } from "./turn.ts";
import type { TurnLock } from "./turn-lock.ts";

/** Opening one page: its guard, then its `onLoad`. */
export interface PageLoad {
  /** Path and query. */
  readonly url: string;
  /** Runs the page's guard. If it returns effects, the page is not opened and only these are performed. */
  readonly admit: () => Promise<readonly Effect[] | undefined>;
  /** Called after the guard, before the page's events. */
  readonly enter: () => Soon<void>;
  /** How the previous page was left, for `onLeave`; undefined if there was none. */
  readonly leave: LeaveReason | undefined;
  /** True if it is the page that is shown already, perhaps with another query. */
  readonly isSame: boolean;
  /** True if `admit` may turn the visitor back, who then has not left the page that is shown. */
  readonly isGuarded: boolean;
  /** Why background work of previous pages ends. */
  readonly left: Error;
  /** Called in place of an answer if the load failed after the server itself had given it up: it counts as not run. */
  readonly onGivenUp: () => void;
  readonly events: readonly EventReference[];
  /** Called when the page has opened, after its events. Returns effects for it. */
  readonly opened: () => readonly Effect[];
}

/** Loads the pages of a tab, one at a time. */
export class PageLoads {
  readonly #lock: TurnLock;
  readonly #active: ActiveRuns;
  readonly #settlement: Settlement;
  readonly #steps: HandlerSteps;
  readonly #hooks: StateHooks;
  /** Most loads that were given up and still run. */
  readonly #maxGivenUp: number;
  /** The page load whose guard or events wait or run. */
  #current: ActiveRun | undefined;
  /** The page load that the server itself gave up last. */
  #givenUp: ActiveRun | undefined;

  constructor(
    parts: TurnParts,
    stages: { readonly settlement: Settlement; readonly steps: HandlerSteps; readonly hooks: StateHooks },
    maxGivenUp: number,
  ) {
    this.#lock = parts.lock;
    this.#active = parts.active;
    this.#settlement = stages.settlement;
    this.#steps = stages.steps;
    this.#hooks = stages.hooks;
    this.#maxGivenUp = maxGivenUp;
  }

  /** True while a page load waits or runs. */
  get isLoading(): boolean {
    return this.#current !== undefined && !this.#current.ended;
  }

  /** Runs a page's guard and its `onLoad`, one event after the other, in one turn. `leave()` gives it up. */
  async load(page: PageLoad, settle: Settle): Promise<void> {
    const { url } = page;
    const state = `Loading ${url.split("?", 1)[0]}`;
    // Loads that were given up and ignore their signal still use memory and the database.
    if (this.#active.supersededCount >= this.#maxGivenUp) {
      settle({ error: stateErrors.EVENT_TOO_MANY(state, this.#maxGivenUp) });
      return;
    }
    const requestedAt = traceTime();
    this.#active.visit++;
    if (!page.isSame && !page.isGuarded) this.#active.page++;
    const release = this.#lock.tryAcquire();
    const answer: Settle = (outcome) => {
      // Whatever it failed with: libraries have errors of their own for work that was aborted.
      if ("error" in outcome && run === this.#givenUp && !run.superseded) page.onGivenUp();
      else settle(outcome);
    };
    const run = this.#active.begin({ state, event: "", requestedAt, mayWrite: true, settle: answer, release });
    this.#current = run;
    run.isOfLoad = true;
    // Before it waits for the turn, which one of those may have.
    if (!page.isGuarded) this.#endLeft(run, page);
    run.release ??= await this.#lock.acquire("event");
    this.#lock.holder = run;
    if (run.superseded) this.#active.end(run);
    else await this.#settlement.finish(run, { url }, async () => await runs.run(run, () => this.#open(run, page)));
  }

  async #open(run: ActiveRun, page: PageLoad): Promise<readonly Effect[]> {
    const { admit, enter, events, leave } = page;
    if (run.superseded) throw run.superseded;
    const instead = await admit();
    if (run.superseded) throw run.superseded;
    if (!instead) {
      // Until here the guard could send the visitor back to the page that they have not left.
      if (!page.isSame && page.isGuarded) run.page = ++this.#active.page;
      this.#endLeft(run, page);
      if (leave) await this.#hooks.leave(run, leave);
      await enter();
      if (run.superseded) throw run.superseded;
      this.#settlement.flush(run, NO_EFFECTS);
      for (const reference of events) await this.#steps.chain(reference, run, 1);
    }
    // From here on only the session is saved, and a saved session cannot be undone.
    if (this.#current === run) this.#current = undefined;
    return instead ?? page.opened();
  }

  /** Ends the background work of the pages before. Of the same page only what its `onLoad` begins again. */
  #endLeft({ visit }: ActiveRun, { isSame, left }: PageLoad): void {
    for (const each of this.#active.all()) {
      if (each.life !== "page" || each.onConnectOf || (isSame && !each.isOfLoad)) continue;
      // Work that began after the load was requested belongs to the new page.
      if (each.visit < visit) each.giveUp(left);
    }
  }

  /** Aborts the signal of the page load that waits or runs. The page still asks for it. */
  giveUp(reason: Error): void {
    this.#givenUp = this.#current;
    this.#current?.giveUp(reason);
  }

  /**
   * Gives up the page load that waits or runs: its signal aborts, it can no longer write, its writes since its last `yield`
   * are undone, and its turn is released.
   */
  leave(reason: Error): void {
    const run = this.#current;
    this.#current = undefined;
    if (run && !run.ended) this.#settlement.supersede(run, reason);
  }
}
