import type { PathSegment } from "../../protocol/frames.ts";
import { Recorder } from "./recorder.ts";
import { ObjectNode } from "./tracked-entries.ts";

/** A place for one value, which errors call by the value's own name. */
class Holder extends ObjectNode {
  override describe(key: PathSegment = ""): string {
    return String(key);
  }
}

/**
 * Returns a copy of a value as an object in a var would hold it. Use it to learn whether the var takes the value before the
 * object is assigned: one value that it refuses would keep out all others.
 *
 * @throws STATE_VALUE_NOT_SENDABLE, STATE_VALUE_TOO_DEEP
 * @example
 * copyForVar("prices", new Map([["S", 3]])); // Map { "S" => 3 }
 */
export function copyForVar(name: string, value: unknown): unknown {
  const recorder = new Recorder();
  // The holder stands for the object in the var, so that the depth is counted from there.
  return recorder.adopt(value, new Holder(recorder, {}, undefined, undefined), name);
}
