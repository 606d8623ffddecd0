import { AntiphonError } from "../../errors.ts";
import type { TryCounter } from "../auth-settings.ts";
import type { ThrottleKeys, ThrottlePurpose } from "./throttle.ts";

/**
 * Counts a try under each of the given keys and then runs its work. A try that the server refused for load, or because
 * its database was out of reach, was none and is given back.
 *
 * @throws AUTH_THROTTLED (429), and what the work throws
 */
export async function countedTry<T>(
  throttle: TryCounter | undefined,
  { purpose, tries }: { readonly purpose: ThrottlePurpose; readonly tries: readonly ThrottleKeys[] },
  work: () => Promise<T>,
): Promise<T> {
  const counted: ThrottleKeys[] = [];
  try {
    for (const keys of tries) {
      await throttle?.begin(purpose, keys);
      counted.push(keys);
    }
    return await work();
  } catch (error) {
    if (counted.length < tries.length || isUnavailable(error)) {
      // One that fails neither keeps the others from being given back nor hides why the try has failed.
      for (const keys of counted) await throttle?.refund(purpose, keys).catch(() => {});
    }
    throw error;
  }
}

function isUnavailable(error: unknown): boolean {
  return error instanceof AntiphonError && error.status === 503;
}
