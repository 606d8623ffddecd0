import { createHash } from "node:crypto";
import type { Epoch } from "../../protocol/frames.ts";

/** Why a call is not for the states that the tab holds now. */
export type Broken = "gone" | "passed";

/** Counts the epochs of a tab: a call of a state counts only for the epoch in which it was made. */
export class TabEpoch {
  #epoch = 1;
  #begun = 1;
  #passed = 1;
  #identity = 1;
  /** When a single state was last taken from the page. */
  readonly #taken = new Map<string, number>();
  #told: { readonly epoch: Epoch; readonly owner: string | undefined } | undefined;

  /** Number of the epoch in which the tab passed to another user last. */
  get passed(): number {
    return this.#passed;
  }

  /** Number of the user together with their rights: what a guard answered for another number does not count. */
  get identity(): number {
    return this.#identity;
  }

  /** Called when the user of the tab or their rights change. */
  changeIdentity(): void {
    this.#identity++;
  }

  /** Called when the states were reset. */
  begin(): void {
    this.changeIdentity();
    this.#begun = ++this.#epoch;
    this.#taken.clear();
  }

  /** Called when the tab passes, with its states, to a user who signed in elsewhere. */
  pass(): void {
    this.changeIdentity();
    this.#passed = ++this.#epoch;
  }

  /** Called when one state is withheld: it is reset when the page may read it again. */
  take(state: string): void {
    this.#taken.set(state, ++this.#epoch);
  }

  /** Returns why a call that names an epoch must not run on a state. An epoch that has not begun counts as one that is over. */
  broken(state: string, epoch: number): Broken | undefined {
    if (epoch > this.#epoch || epoch < this.#begun || epoch < (this.#taken.get(state) ?? 0)) return "gone";
    return epoch < this.#passed ? "passed" : undefined;
  }

  /** Returns the epoch for the page: the same object until a part of it changes. */
  of(owner: string | undefined): Epoch {
    const told = this.#told;
    if (told && told.owner === owner && told.epoch.number === this.#epoch) return told.epoch;
    const epoch: Epoch = {
      number: this.#epoch,
      begun: this.#begun,
      passed: this.#passed,
      ...(owner === undefined ? {} : { owner: nameFor(owner) }),
    };
    this.#told = { epoch, owner };
    return epoch;
  }
}

/** Tells users apart in a page, and names none: the key of a user is nothing that pages get unasked. */
function nameFor(owner: string): string {
  return createHash("sha256").update(`antiphon owner ${owner}`).digest("base64url").slice(0, 22);
}
