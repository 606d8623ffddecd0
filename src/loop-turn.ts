/** Milliseconds for which work that never waits may go on before everybody else gets a turn. */
const MOST = 10;

/** Most calls between two readings of the clock: each reading costs as much as a tenth of a short statement. */
const MOST_UNREAD = 16;

// The real one, also where a test puts another in its place.
const afterIo = setImmediate;

/** Time of the first call in the current turn of the event loop. */
let begun: number | undefined;
/** Number of calls in the current turn. */
let calls = 0;
/** The call at which the clock is read next. */
let nextReading = 0;
/** Who has given way, in the order in which they did. */
const waiting: (() => void)[] = [];

/**
 * For work that goes on in promises which are settled already (steps of a generator, statements of a driver that does not
 * wait): as long as one follows the other, the event loop does not turn, and neither the network nor timers nor signals
 * get through. Await what this answers between two pieces: a promise when the turn has lasted long enough, else undefined.
 *
 * @example
 * const turn = giveWay();
 * if (turn) await turn;
 */
export function giveWay(): Promise<void> | undefined {
  calls++;
  if (calls < nextReading) return undefined;
  const now = performance.now();
  if (begun === undefined) {
    begin(now);
    return undefined;
  }
  const lasted = now - begun;
  if (lasted < MOST) {
    // As many calls as fit into a millisecond: after a longer piece of work the clock is read at once.
    nextReading = calls + Math.min(MOST_UNREAD, calls / lasted);
    return undefined;
  }
  return new Promise((resolve) => waiting.push(resolve));
}

function begin(now: number): void {
  begun = now;
  afterIo(end);
}

/** The network has been read. One of those who wait goes on, so that several share the time evenly. */
function end(): void {
  begun = undefined;
  calls = 0;
  nextReading = 0;
  const next = waiting.shift();
  if (!next) return;
  begin(performance.now());
  next();
}
