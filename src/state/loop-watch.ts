import { BLOCKED_AFTER, type BlockedTrace, trace } from "./trace.ts";

const INTERVAL = 10;

/** Milliseconds of a piece of work that is worth counting. Shorter ones give way to everybody else before they add up. */
const PIECE = 1;

/** Somebody whose work may hold the loop. */
export interface Labelled {
  readonly label: string;
}

/**
 * Handlers and views that have begun, wait for something and have not ended. The list keeps their tabs in memory, so a tab
 * that ends takes its handlers out.
 */
const waiting = new Set<Labelled>();
/** How long each has held the loop since it last turned, in pieces that were too short to be reported. */
const spent = new Map<Labelled, number>();
/** Up to when it is known who held the loop. */
let known = 0;
/** When the timer is to come next: until then nothing has held the loop for long. */
let due = 0;
let isTiming = false;
/** How much work of the framework goes on that may hold the loop. */
let excused = 0;

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
    if (known - begin > PIECE) spend(owner, known - begin);
  }
}

/**
 * The framework begins work that may hold the loop in steps, such as compiling modules in development. Until the returned
 * function is called, no handler that waits is blamed.
 */
export function excuse(): () => void {
  look(performance.now());
  excused++;
  let isOver = false;
  return () => {
    if (isOver) return;
    isOver = true;
    excused--;
    known = performance.now();
  };
}

/** Runs work that is done for many, such as writing their answers: no handler that waits is to blame for it. */
export function unblamed(work: () => void): void {
  if (isTiming) return work();
  look(performance.now());
  work();
  known = performance.now();
}

/** What an owner did in pieces is one piece for everybody else, as long as the loop has not turned in between. */
function spend(owner: Labelled, milliseconds: number): void {
  const all = milliseconds + (spent.get(owner) ?? 0);
  if (all > BLOCKED_AFTER) {
    spent.delete(owner);
    report([owner.label], all);
  } else {
    spent.set(owner, all);
    start();
  }
}

/**
 * What follows an `await` cannot be timed from outside. But while the timer is overdue something holds the loop, and what
 * nobody has timed was one of the handlers that wait. The one that goes on just now is named first, then those that have
 * held the loop since it last turned.
 */
function look(now: number, likely?: Labelled): void {
  const held = now - Math.max(known, due);
  known = now;
  if (excused > 0 || held <= PIECE || waiting.size === 0) return;
  const suspects = [...waiting].sort((one, other) => (spent.get(other) ?? 0) - (spent.get(one) ?? 0));
  if (likely && waiting.has(likely)) suspects.unshift(likely);
  const first = suspects[0] as Labelled;
  const all = held + (spent.get(first) ?? 0);
  if (all <= BLOCKED_AFTER) return;
  spent.delete(first);
  report([...new Set(suspects.map(({ label }) => label))], all);
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
    spent.clear();
    if (waiting.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }, INTERVAL);
  timer.unref();
}
