import { asClientError } from "../client-error.ts";
import { clientErrors } from "../errors.ts";
import { type Bond, beganAnew, brokenBond, type KnownLife } from "./bonds.ts";
import type { ClientError, FreshStates, StateSnapshot } from "./engine-types.ts";
import { nameOf, type Pending, type Request } from "./pending.ts";

/** Knows whose states a page holds, and what becomes of that which was made for others. */
export class PageLife {
  #now: KnownLife | undefined;
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
    return request.kind === "event" || request.kind === "field" ? { life: this.#now, identity } : undefined;
  }

  /**
   * From here on the states are of this life, and the browser has this identity: what was not sent and was made for
   * another is refused. `held` are the states that the page held before.
   */
  enter(life: KnownLife, identity: string, pending: Pending, held: ReadonlyMap<string, StateSnapshot>): void {
    const before = this.#now;
    this.#now = life;
    pending.bind((bond, request) => judge(bond, request, life, identity));
    const owner = this.#statesOwner;
    if (!before) {
      this.#statesOwner = life.owner;
      return;
    }
    // A page that held no state has lost none; but what one user has typed there is not for the next one.
    const isAnew = held.size > 0 ? beganAnew(before, life) : owner !== undefined && owner !== life.owner;
    if (isAnew || owner === undefined) this.#statesOwner = life.owner;
    if (!isAnew) return;
    const fresh = { sameOwner: owner === life.owner, before: (state: string) => held.get(state) };
    for (const listener of [...this.#listeners]) listener(fresh);
  }
}

function judge(bond: Bond, request: Request, life: KnownLife, identity: string): Bond | ClientError {
  const broken = brokenBond(bond, life, identity);
  if (broken === undefined) {
    const isOfNow = bond.life !== undefined && bond.life.epoch >= life.passed;
    return isOfNow ? bond : { life, identity };
  }
  const error = broken === "gone" ? clientErrors.CLIENT_STATE_GONE : clientErrors.CLIENT_USER_CHANGED;
  return asClientError(error(nameOf(request)), "network");
}
