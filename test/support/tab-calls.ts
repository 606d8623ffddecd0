import type { TestTab } from "antiphon/testing";
import { expect } from "vitest";
import { journal } from "../fixtures/identity-app/src/journal.ts";

/** Waits until the app has noted this down. */
export function noted(line: string): Promise<void> {
  return expect.poll(() => journal.lines, { interval: 2 }).toContain(line);
}

/** Whether a call ran, or its error's code. */
export function outcome(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => "ran",
    (error: { code: string }) => error.code,
  );
}

/** Everything that a tab was sent after so many frames. */
export function sent(tab: TestTab, since: number): string {
  return JSON.stringify(tab.frames.slice(since));
}
