import type { Epoch } from "../../protocol/frames.ts";

/** An epoch of a tab, as the page knows it. */
export interface KnownEpoch extends Epoch {
  readonly tab: string;
}

/** The states and the owner for which a call was made. */
export interface Bond {
  /** Undefined when the page had seen no state yet. */
  readonly epoch: KnownEpoch | undefined;
  /** The browser's identity at that moment. */
  readonly identity: string;
}

/** Why a call must not run: its states were reset, or the signed-in user has changed. */
export type BrokenBond = "gone" | "user";

/** Returns why a call must not run in a later epoch, in which the browser has this identity. */
export function brokenBond(bond: Bond, epoch: KnownEpoch, identity: string): BrokenBond | undefined {
  const made = bond.epoch;
  if (!made) {
    // Without an identity no user was signed in.
    const wasNobody = bond.identity === "" && epoch.owner === undefined;
    return wasNobody || bond.identity === identity ? undefined : "user";
  }
  if (isReset(made, epoch)) return made.owner === epoch.owner ? "gone" : "user";
  // Made when the browser had been told of the new user: by them, and only the connection was still the old one.
  return made.number >= epoch.passed || bond.identity === identity ? undefined : "user";
}

/** Returns whether the states of one epoch were reset before another. */
export function isReset(before: KnownEpoch, now: KnownEpoch): boolean {
  return before.tab !== now.tab || before.number < now.begun;
}
