import { BLOCKED_AFTER, type BlockedTrace, trace } from "./trace.ts";

const INTERVAL = 10;

/** Somebody whose work may hold the loop. */
interface Labelled {
  readonly label: string;
}

/** Handlers that have begun, wait for something and have not ended. */
const waiting = new Set<Labelled>();
/** Up to when it is known who held the loop. */
let known = 0;
/** When the timer is to come next: until then nothing has held the loop for long. */
let due = 0;
let isTiming = false;

/** A handler waits for something. What it does before the first `await` is told by `timed`. */
export function watchRun(run: Labelled): void {
  waiting.add(run);
  start();
}

/** The handler has ended, as `timed` was told first: one that has held the loop may be gone before the timer comes. */
export function unwatchRun(run: Labelled): void {
  waiting.delete(run);
}

/** Runs synchronous work and reports whose it is if it took too long. Of work within work only the outer counts. */
export function timed<T>(owner: Labelled, work: () => T): T {
  if (isTiming) return work();
  const begin = performance.now();
  if (waiting.size > 0) look(begin, owner);
  isTiming = true;
  try {
    return work();
  } finally {
    isTiming = false;
    known = performance.now();
    if (known - begin > BLOCKED_AFTER) report([owner.label], known - begin);
  }
}

/** Runs work that is done for many, such as writing their answers: no handler that waits is to blame for it. */
export function unblamed(work: () => void): void {
  if (isTiming) return work();
  look(performance.now());
  work();
  known = performance.now();
}

/**
 * What follows an `await` cannot be timed from outside. But while the timer is overdue something holds the loop, and what
 * nobody has timed was one of the handlers that wait. The one that goes on just now is named first.
 */
function look(now: number, likely?: Labelled): void {
  const held = now - Math.max(known, due);
  known = now;
  if (held <= BLOCKED_AFTER || waiting.size === 0) return;
  const labels = Array.from(waiting, (run) => run.label);
  report([...new Set(likely && waiting.has(likely) ? [likely.label, ...labels] : labels)], held);
}

function report(labels: readonly string[], milliseconds: number): void {
  const message: BlockedTrace = { labels, milliseconds };
  trace.blocked.publish(message);
}

let timer: NodeJS.Timeout | undefined;

function start(): void {
  if (timer) return;
  due = performance.now() + INTERVAL;
  timer = setInterval(() => {
    const now = performance.now();
    look(now);
    due = now + INTERVAL;
    if (waiting.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }, INTERVAL);
  timer.unref();
}
