/** Lets one call of a function begin only when the one before has ended. */
export function serially<T>(work: (value: T) => Promise<void>): (value: T) => Promise<void> {
  let last: Promise<unknown> = Promise.resolve();
  return (value) => {
    const result = last.then(() => work(value));
    last = result.catch(() => {});
    return result;
  };
}
