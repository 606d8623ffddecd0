import type { Effect } from "../protocol/frames.ts";
import type { EventReference } from "../protocol/page.ts";
import { describe } from "../protocol/values.ts";
import { isEffect } from "./effects.ts";
import { stateErrors } from "./errors.ts";
import { isEventReference } from "./event.ts";
import { isRefusal } from "./refusals.ts";

/** What a handler may answer with: effects for the page, and events that run next. */
export interface HandlerResult {
  readonly effects: readonly Effect[];
  readonly references: readonly EventReference[];
}

/** Sorts what a handler returned or yielded. @throws EVENT_RETURN_INVALID, and an error that the handler answered with */
export function sortResult(label: string, value: unknown): HandlerResult {
  const effects: Effect[] = [];
  const references: EventReference[] = [];
  for (const item of Array.isArray(value) ? value : [value]) {
    if (isEffect(item)) effects.push(item);
    else if (isEventReference(item)) references.push(item);
    else if (isRefusal(item)) throw item;
    else if (item !== undefined && item !== null && item !== false) {
      const [state = "", event = ""] = label.split(".");
      throw stateErrors.EVENT_RETURN_INVALID(state, event, describe(item));
    }
  }
  return { effects, references };
}

/** What a guard that does not let a call pass wants to happen instead. @throws EVENT_REFUSED when it wants nothing */
export function refuse(state: string, event: string, answer: unknown): readonly Effect[] {
  const effects = (Array.isArray(answer) ? answer : [answer]).filter(isEffect);
  if (effects.length > 0) return effects;
  throw stateErrors.EVENT_REFUSED(state, event);
}

/** A generator of either kind. */
export interface AnyGenerator {
  next(): IteratorResult<unknown> | Promise<IteratorResult<unknown>>;
  return?(value: unknown): unknown;
}

/** Whether a handler answered with a generator, whose steps are sent one by one. */
export function isGenerator(value: unknown): value is AnyGenerator {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as Partial<AnyGenerator>).next === "function" &&
    (Symbol.iterator in value || Symbol.asyncIterator in value)
  );
}
