import { AntiphonError, asError } from "../../errors.ts";
import type { TryCounter } from "../auth-settings.ts";
import type { ThrottleKeys, ThrottlePurpose } from "./throttle.ts";

/** A try and the names that it is counted under. */
interface CountedTry {
  readonly purpose: ThrottlePurpose;
  readonly tries: readonly ThrottleKeys[];
  /** Returns more of them. It is called when all of `tries` are within their limits, so a refused try costs no query. */
  readonly more?: () => Promise<readonly ThrottleKeys[]>;
  readonly logger?: { error(details: object, message: string): void } | undefined;
}

/**
 * Counts a try under each of the given keys and then runs its work. A try that the server refused for load, or because
 * its database was out of reach, was none and is given back.
 *
 * @throws AUTH_THROTTLED (429), and what the work throws
 */
export async function countedTry<T>(
  throttle: TryCounter | undefined,
  { purpose, tries, more, logger }: CountedTry,
  work: () => Promise<T>,
): Promise<T> {
  const counted: ThrottleKeys[] = [];
  const count = async (all: readonly ThrottleKeys[]) => {
    for (const keys of all) {
      await throttle?.begin(purpose, keys);
      counted.push(keys);
    }
  };
  let isMade = false;
  try {
    await count(tries);
    if (more) await count(await more());
    isMade = true;
    return await work();
  } catch (error) {
    if (!isMade || isUnavailable(error)) {
      for (const keys of counted) {
        // A failed refund does not prevent the others, and does not hide why the try failed.
        await throttle?.refund(purpose, keys).catch((cause: unknown) => {
          logger?.error({ err: asError(cause) }, `A counted try (${purpose}) was not given back`);
        });
      }
    }
    throw error;
  }
}

function isUnavailable(error: unknown): boolean {
  return error instanceof AntiphonError && error.status === 503;
}
