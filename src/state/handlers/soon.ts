/**
 * A value, or a promise of it where there is something to wait for. Most events wait for nothing, and each promise costs
 * time.
 */
export type Soon<T> = T | Promise<T>;

/** Returns true for a promise, and for any other object with a `then` method. */
export function isPromise<T>(value: T | Promise<T> | PromiseLike<T>): value is Promise<T> {
  return typeof value === "object" && value !== null && typeof (value as Promise<T>).then === "function";
}

/** Runs the next step at once if the value is there, otherwise when its promise is fulfilled. */
export function after<T, U>(soon: Soon<T>, next: (value: T) => Soon<U>): Soon<U> {
  return isPromise(soon) ? soon.then(next) : next(soon);
}
