import { asClientError } from "../client-error.ts";
import { clientErrors } from "../errors.ts";
import { type Bond, brokenBond, isReset, type KnownEpoch } from "./bonds.ts";
import type { ClientError, FreshStates, StateSnapshot } from "./engine-types.ts";
import { nameOf, type Pending, type Request } from "./pending.ts";

/** Knows whose states a page holds, and what becomes of that which was made for others. */
export class PageEpoch {
  #now: KnownEpoch | undefined;
  /** Owner of the states that the page holds: still the user who signs out until the server has reset them. */
  #statesOwner: string | undefined;
  readonly #listeners = new Set<(fresh: FreshStates) => void>();

  /** Id of the tab; empty while there is none. */
  get tab(): string {
    return this.#now?.tab ?? "";
  }

  onFresh(listener: (fresh: FreshStates) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A name of the states' owner that tells nothing of them, the same in every tab; undefined for a visitor. */
  get owner(): string | undefined {
    return this.#now?.owner;
  }

  /** What a request of this moment is bound to; undefined for one that asks nothing of the states. */
  bond(request: Request, identity: string): Bond | undefined {
    return request.kind === "event" || request.kind === "field" ? { epoch: this.#now, identity } : undefined;
  }

  /**
   * From here on the states are of this epoch, and the browser has this identity: what was not sent and was made for
   * another is refused. `held` are the states that the page held before.
   */
  enter(epoch: KnownEpoch, identity: string, pending: Pending, held: ReadonlyMap<string, StateSnapshot>): void {
    const before = this.#now;
    this.#now = epoch;
    pending.bind((bond, request) => judge(bond, request, epoch, identity));
    const owner = this.#statesOwner;
    if (!before) {
      this.#statesOwner = epoch.owner;
      return;
    }
    // A page that held no state has lost none; but what one user has typed there is not for the next one.
    const wasReset = held.size > 0 ? isReset(before, epoch) : owner !== undefined && owner !== epoch.owner;
    if (wasReset || owner === undefined) this.#statesOwner = epoch.owner;
    if (!wasReset) return;
    const fresh = { sameOwner: owner === epoch.owner, before: (state: string) => held.get(state) };
    for (const listener of [...this.#listeners]) listener(fresh);
  }
}

function judge(bond: Bond, request: Request, epoch: KnownEpoch, identity: string): Bond | ClientError {
  const broken = brokenBond(bond, epoch, identity);
  if (broken === undefined) {
    const isOfNow = bond.epoch !== undefined && bond.epoch.number >= epoch.passed;
    return isOfNow ? bond : { epoch, identity };
  }
  const error = broken === "gone" ? clientErrors.CLIENT_STATE_GONE : clientErrors.CLIENT_USER_CHANGED;
  return asClientError(error(nameOf(request)), "network");
}
