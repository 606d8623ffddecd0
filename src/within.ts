/**
 * Waits for an event for a number of milliseconds at most, or until the signal aborts. Returns the event's value, or
 * undefined if it did not come in time. Rejects if the event does.
 *
 * @example
 * const answered = await within(request.then(() => true), 1_000); // undefined after a second
 */
export async function within<T>(event: Promise<T>, milliseconds: number, signal?: AbortSignal): Promise<T | undefined> {
  let stop = () => {};
  const over = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined);
  });
  // What is left of a time that several steps share may be negative.
  const timer = setTimeout(stop, Math.max(0, milliseconds));
  signal?.addEventListener("abort", stop);
  if (signal?.aborted) stop();
  try {
    return await Promise.race([event, over]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}
