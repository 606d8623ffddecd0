import { randomBytes } from "node:crypto";
import { AntiphonError, asError, reasonOf, retryAfterOf } from "../errors.ts";
import type { WireError } from "../protocol/frames.ts";

/** Where errors are written; pino's loggers fit. */
export interface ChannelLogger {
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** An error in the language of its reader. */
export type LocalizeError = (error: Error) => {
  readonly message: string;
  readonly issues: WireError["issues"] | undefined;
};

/** How an error is told. */
export interface WireErrorOptions {
  readonly mode: string;
  readonly logger: ChannelLogger;
  /** Writes an error in the language of the page; as it is when absent. */
  readonly localize?: LocalizeError | undefined;
}

const plain: LocalizeError = (error) => {
  const details = error instanceof AntiphonError ? error.details : undefined;
  return { message: error.message, issues: (details as { issues?: WireError["issues"] } | null | undefined)?.issues };
};

/**
 * What the browser is told of an error. An error that is meant for it goes as it is; of any other it gets, in production,
 * no more than a reference, under which the log holds the whole.
 */
export function wireError(
  error: unknown,
  label: string,
  { mode, logger, localize = plain }: WireErrorOptions,
): WireError {
  const failure = asError(error);
  const known = failure instanceof AntiphonError ? failure : undefined;
  const { message, issues } = localize(failure);
  const retryAfter = retryAfterOf(failure);
  const more = { ...(issues ? { issues } : {}), ...(retryAfter === undefined ? {} : { retryAfter }) };
  if (known?.expose) return { code: known.code, message: short(message), ...more };
  const ref = randomBytes(6).toString("base64url");
  try {
    logger.error({ err: failure, ref }, `${label} failed (${ref})`);
  } catch (problem) {
    // The page waits for its answer, whatever the app's own logger does.
    process.emitWarning(`${label} failed (${ref}): ${failure.message}. The logger threw: ${reasonOf(problem)}.`);
  }
  const code = known?.code ?? "EVENT_FAILED";
  if (mode === "production")
    return { code, message: localize(new Error("Something went wrong on the server.")).message, ref };
  return { code, message: short(`${label} failed: ${failure.message}`), ref };
}

/** Characters of a sentence: one that quotes what a browser has sent may be as long as that. */
const MAX_LENGTH = 2_000;

function short(message: string): string {
  return message.length > MAX_LENGTH ? `${message.slice(0, MAX_LENGTH)}…` : message;
}
