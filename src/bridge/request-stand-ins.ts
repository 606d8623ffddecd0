const standIns = new WeakSet<object>();

/** Takes note of an object that reads the current request anew each time, and so can be bound to nothing. */
export function markStandIn<T extends object>(object: T): T {
  standIns.add(object);
  return object;
}

/** True for an object that only stands for the current request. */
export function isStandIn(object: object): boolean {
  return standIns.has(object);
}
