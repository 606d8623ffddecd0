import type { MessageKey, MessageValues } from "../protocol/messages.ts";
import { t } from "./current-language.ts";

/** A text that is translated when it is used. */
export interface LazyText {
  toString(): string;
  toJSON(): string;
  [Symbol.toPrimitive](): string;
}

/** Returns true for a text that `lazy()` has made. */
export function isLazy(value: unknown): value is LazyText {
  return typeof value === "object" && value !== null && Symbol.toPrimitive in value;
}

/**
 * Returns a text that is translated each time that it is used, into the language of whoever uses it then: for constants of a
 * module, which live as long as the process.
 *
 * @example
 * const GREETING = lazy("Welcome back");
 * reply.send({ greeting: GREETING });
 */
export function lazy(key: MessageKey, values?: MessageValues): LazyText {
  const text = () => t(key, values);
  return Object.freeze({ toString: text, toJSON: text, [Symbol.toPrimitive]: text });
}
