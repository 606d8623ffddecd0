/** What a test and the app that it has started share: each has loaded this module for itself. */
interface Shared {
  /** Set from outside: by another page's event, a request or a timer. Only then may the work end. */
  released: boolean;
  /** Called when work has begun. */
  begun(): void;
}

const shared = ((globalThis as { turnsFixture?: Shared }).turnsFixture ??= { released: false, begun: () => {} });

/** For work that would hold the process for good: a test then fails, and does not hang. */
const AT_MOST = 8_000;

/** Nothing has been released; resolves when work has begun. */
export function hold(): Promise<void> {
  shared.released = false;
  return new Promise((resolve) => {
    shared.begun = resolve;
  });
}

export function release(): void {
  shared.released = true;
}

/** Whether work is to go on; fails when nobody got through to it. */
export function goesOn(since: number): boolean {
  shared.begun();
  if (shared.released) return false;
  if (performance.now() - since > AT_MOST) throw new Error("nobody got through");
  return true;
}
