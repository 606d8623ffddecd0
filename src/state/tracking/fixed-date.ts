import { stateErrors } from "../errors.ts";

/** The Date that a var holds: changing it in place could not be seen, so its setters throw STATE_DATE_FIXED. */
export class FixedDate extends Date {
  // A field of the instance, not of its prototype: a library may give the prototype to a copy that nobody watches.
  readonly #isFixed = true;

  /** Whether a value is the Date of a var, and not only a copy that inherits from it. */
  static is(value: object): boolean {
    return #isFixed in value;
  }
}

// Libraries make copies with `new date.constructor(date)`, and change those.
Object.defineProperty(FixedDate.prototype, "constructor", { value: Date, writable: true, configurable: true });

for (const name of Object.getOwnPropertyNames(Date.prototype)) {
  if (!name.startsWith("set")) continue;
  const set = Reflect.get(Date.prototype, name) as (...args: unknown[]) => number;
  Object.defineProperty(FixedDate.prototype, name, {
    configurable: true,
    writable: true,
    value(this: Date, ...args: unknown[]) {
      if (FixedDate.is(this)) throw stateErrors.STATE_DATE_FIXED(name);
      return set.apply(this, args);
    },
  });
}
