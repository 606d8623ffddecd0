import { randomBytes } from "node:crypto";
import { AntiphonError, asError, reasonOf, retryAfterOf } from "../errors.ts";
import type { WireError } from "../protocol/frames.ts";

/** Where errors are written; pino's loggers fit. */
export interface ChannelLogger {
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/**
 * What the browser is told of an error. An error that is meant for it goes as it is; of any other it gets, in production,
 * no more than a reference, under which the log holds the whole.
 */
export function wireError(error: unknown, label: string, mode: string, logger: ChannelLogger): WireError {
  const failure = asError(error);
  const known = failure instanceof AntiphonError ? failure : undefined;
  const issues = (known?.details as { issues?: WireError["issues"] } | undefined)?.issues;
  const retryAfter = retryAfterOf(failure);
  const more = { ...(issues ? { issues } : {}), ...(retryAfter === undefined ? {} : { retryAfter }) };
  if (known?.expose) return { code: known.code, message: short(known.message), ...more };
  const ref = randomBytes(6).toString("base64url");
  try {
    logger.error({ err: failure, ref }, `${label} failed (${ref})`);
  } catch (problem) {
    // The page waits for its answer, whatever the app's own logger does.
    process.emitWarning(`${label} failed (${ref}): ${failure.message}. The logger threw: ${reasonOf(problem)}.`);
  }
  const code = known?.code ?? "EVENT_FAILED";
  if (mode === "production") return { code, message: "Something went wrong on the server.", ref };
  return { code, message: short(`${label} failed: ${failure.message}`), ref };
}

/** Characters of a sentence: one that quotes what a browser has sent may be as long as that. */
const MAX_LENGTH = 2_000;

function short(message: string): string {
  return message.length > MAX_LENGTH ? `${message.slice(0, MAX_LENGTH)}…` : message;
}
