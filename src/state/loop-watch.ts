import { BLOCKED_AFTER, type BlockedTrace, trace } from "./trace.ts";

const INTERVAL = 20;

/** Handlers that have begun, wait for something and have not ended. */
const running = new Set<{ readonly label: string }>();
let reportedUntil = 0;

/** Notes that a handler goes on after an `await`. What it does before the first one is told by `timed`. */
export function watchRun(run: { readonly label: string }): void {
  running.add(run);
  start();
}

/** The handler has ended. */
export function unwatchRun(run: { readonly label: string }): void {
  running.delete(run);
}

/** Runs synchronous work of one handler and reports it by name if it took too long. */
export function timed<T>(label: string, work: () => T): T {
  const begin = performance.now();
  try {
    return work();
  } finally {
    const milliseconds = performance.now() - begin;
    if (milliseconds > BLOCKED_AFTER) report([label], milliseconds);
  }
}

function report(labels: readonly string[], milliseconds: number): void {
  reportedUntil = performance.now();
  const message: BlockedTrace = { labels, milliseconds };
  trace.blocked.publish(message);
}

let timer: NodeJS.Timeout | undefined;

/** What follows an `await` cannot be timed from outside: a timer that comes late shows that something held the loop. */
function start(): void {
  if (timer) return;
  let last = performance.now();
  timer = setInterval(() => {
    const now = performance.now();
    const late = now - last - INTERVAL;
    if (late > BLOCKED_AFTER && reportedUntil < last && running.size > 0) {
      report([...new Set(Array.from(running, (run) => run.label))], late);
    }
    last = now;
    if (running.size > 0 || !timer) return;
    clearInterval(timer);
    timer = undefined;
  }, INTERVAL);
  timer.unref();
}
