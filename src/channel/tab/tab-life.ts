import { createHash } from "node:crypto";
import type { Life } from "../../protocol/frames.ts";

/** Why a call is not for the states that the tab holds now. */
export type Broken = "gone" | "passed";

/** Counts the lives of a tab: what a page asks of a state counts only for the life in which it was asked. */
export class TabLife {
  #epoch = 1;
  #begun = 1;
  #passed = 1;
  /** When a single state was last taken from the page. */
  readonly #taken = new Map<string, number>();
  #told: { readonly life: Life; readonly owner: string | undefined } | undefined;

  /** Another number whenever the tab has passed to another user. */
  get passed(): number {
    return this.#passed;
  }

  /** The states begin anew. */
  begin(): void {
    this.#begun = ++this.#epoch;
    this.#taken.clear();
  }

  /** Somebody who has signed in elsewhere has the tab from now on, with its states. */
  pass(): void {
    this.#passed = ++this.#epoch;
  }

  /** One state begins anew when the page may read it again. */
  take(state: string): void {
    this.#taken.set(state, ++this.#epoch);
  }

  /** Why a call that names an epoch must not run on a state. An epoch that has not been yet is as good as none that is over. */
  broken(state: string, epoch: number): Broken | undefined {
    if (epoch > this.#epoch || epoch < this.#begun || epoch < (this.#taken.get(state) ?? 0)) return "gone";
    return epoch < this.#passed ? "passed" : undefined;
  }

  /** The life as the page knows it: the same object until something about it changes. */
  of(owner: string | undefined): Life {
    const told = this.#told;
    if (told && told.owner === owner && told.life.epoch === this.#epoch) return told.life;
    const life: Life = {
      epoch: this.#epoch,
      begun: this.#begun,
      passed: this.#passed,
      ...(owner === undefined ? {} : { owner: nameFor(owner) }),
    };
    this.#told = { life, owner };
    return life;
  }
}

/** Tells users apart in a page, and names none: the key of a user is nothing that pages get unasked. */
function nameFor(owner: string): string {
  return createHash("sha256").update(`antiphon owner ${owner}`).digest("base64url").slice(0, 22);
}
