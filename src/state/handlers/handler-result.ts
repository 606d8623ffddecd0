import type { Effect } from "../../protocol/frames.ts";
import type { EventReference } from "../../protocol/page.ts";
import { describe } from "../../protocol/values.ts";
import { isEffect } from "../effects.ts";
import { stateErrors } from "../errors.ts";
import { isEventReference } from "../event.ts";
import type { EventName } from "../event-name.ts";
import { isRefusal } from "../refusals.ts";

/** The result of a handler: effects for the page, and events that run next. */
export interface HandlerResult {
  readonly effects: readonly Effect[];
  readonly references: readonly EventReference[];
}

/** Sorts the value that a handler returned or yielded. @throws EVENT_RETURN_INVALID, and an error that the handler returned */
export function sortResult({ state, event }: EventName, value: unknown): HandlerResult {
  const effects: Effect[] = [];
  const references: EventReference[] = [];
  for (const item of Array.isArray(value) ? value : [value]) {
    if (isEffect(item)) effects.push(item);
    else if (isEventReference(item)) references.push(item);
    else if (isRefusal(item)) throw item;
    else if (item !== undefined && item !== null && item !== false) {
      throw stateErrors.EVENT_RETURN_INVALID(state, event, describe(item));
    }
  }
  return { effects, references };
}

/** Returns the effects of a guard that refused a call. @throws EVENT_REFUSED if it returned none */
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

/** Returns true if a handler returned a generator, whose steps are sent one by one. */
export function isGenerator(value: unknown): value is AnyGenerator {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as Partial<AnyGenerator>).next === "function" &&
    (Symbol.iterator in value || Symbol.asyncIterator in value)
  );
}
