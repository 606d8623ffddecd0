import { AntiphonError } from "../errors.ts";

/**
 * Finds the error of ours in what a build or a module runner threw, with the code under which it was thrown.
 *
 * The runner copies errors property by property into plain ones, and the bundler writes a code of its own over ours.
 */
export function ownError(error: unknown): AntiphonError | undefined {
  return find(error, 0);
}

/** The same error if it is not ours. */
export function asThrown(error: unknown): unknown {
  return ownError(error) ?? error;
}

function find(error: unknown, depth: number): AntiphonError | undefined {
  if (!(error instanceof Error) || depth > 4) return undefined;
  if (error.name === "AntiphonError") return restore(error as ThrownError);
  const inner: unknown[] = [error.cause, ...("errors" in error && Array.isArray(error.errors) ? error.errors : [])];
  for (const candidate of inner) {
    const found = find(candidate, depth + 1);
    if (found) return found;
  }
  return undefined;
}

interface ThrownError extends Error {
  readonly code: string;
  /** What {@link atPlace} set: no tool writes over it. */
  readonly pluginCode?: string;
  readonly status?: number;
  readonly details?: unknown;
  readonly id?: string;
  readonly loc?: unknown;
}

function restore(error: ThrownError): AntiphonError {
  const code = error.pluginCode ?? error.code;
  if (error instanceof AntiphonError && error.code === code) return error;
  const { message, status, details, id, loc, pluginCode } = error;
  const whole = new AntiphonError(code, message, {
    ...(status === undefined ? {} : { status }),
    ...(details === undefined ? {} : { details }),
    ...(error.cause === undefined ? {} : { cause: error.cause }),
  });
  if (pluginCode === undefined) return whole;
  return Object.assign(whole, { stack: error.stack, id, loc, pluginCode, plugin: `antiphon ${code}` });
}
