import type { Life } from "../../protocol/frames.ts";

/** A life of a tab, as the page knows it. */
export interface KnownLife extends Life {
  readonly tab: string;
}

/** The states and the owner for which a call was made. */
export interface Bond {
  /** Undefined when the page had seen no state yet. */
  readonly life: KnownLife | undefined;
  /** The browser's identity at that moment. */
  readonly identity: string;
}

/** Why a call must not run: its states were reset, or the signed-in user has changed. */
export type BrokenBond = "gone" | "user";

/** Whether what was made in one life may still run in another, in which the browser has this identity. */
export function brokenBond(bond: Bond, life: KnownLife, identity: string): BrokenBond | undefined {
  const made = bond.life;
  if (!made) {
    // Without an identity no user was signed in.
    const wasNobody = bond.identity === "" && life.owner === undefined;
    return wasNobody || bond.identity === identity ? undefined : "user";
  }
  if (beganAnew(made, life)) return made.owner === life.owner ? "gone" : "user";
  // Made when the browser had been told of the new user: by them, and only the connection was still the old one.
  return made.epoch >= life.passed || bond.identity === identity ? undefined : "user";
}

/** Whether no state of one life is left in another. */
export function beganAnew(before: KnownLife, now: KnownLife): boolean {
  return before.tab !== now.tab || before.epoch < now.begun;
}
