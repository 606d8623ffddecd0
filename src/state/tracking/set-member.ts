import { describe } from "../../protocol/values.ts";
import { stateErrors } from "../errors.ts";

/** Throws for what a Set in a state cannot hold: a member has no path, so it must be a primitive. */
export function assertSetMember(member: unknown, path: () => string): void {
  if ((typeof member === "object" && member !== null) || typeof member === "function" || typeof member === "symbol") {
    throw stateErrors.STATE_VALUE_NOT_SENDABLE(path(), `a Set member that is ${describe(member)}`);
  }
}
