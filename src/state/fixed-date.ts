import { stateErrors } from "./errors.ts";

/** The Date that a var holds: changing it in place could not be seen, so its setters throw STATE_DATE_FIXED. */
export class FixedDate extends Date {}

for (const name of Object.getOwnPropertyNames(Date.prototype)) {
  if (!name.startsWith("set")) continue;
  Object.defineProperty(FixedDate.prototype, name, {
    configurable: true,
    value: () => {
      throw stateErrors.STATE_DATE_FIXED(name);
    },
  });
}
