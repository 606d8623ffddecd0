import { AntiphonError, asError } from "../errors.ts";
import type { WireError } from "../protocol/frames.ts";
import type { Attribution, ClientError } from "./engine-types.ts";
import { clientErrors } from "./errors.ts";

/** What `clientError()` adds to a code and a sentence. */
export interface ClientErrorParts {
  readonly attribution: Attribution;
  readonly ref?: string | undefined;
  readonly issues?: readonly { readonly path: string; readonly message: string }[] | undefined;
  readonly retryAfter?: number | undefined;
  readonly cause?: unknown;
}

/**
 * Makes an error as pages see it: a code, whose fault it is, and a reference into the server's log.
 *
 * @example
 * throw clientError("EVENT_ARGS_INVALID", "Title is too long.", { attribution: "app", issues });
 */
export function clientError(code: string, message: string, parts: ClientErrorParts): ClientError {
  const error = new AntiphonError(code, message, parts.cause === undefined ? {} : { cause: parts.cause });
  return Object.assign(error, {
    attribution: parts.attribution,
    ...(parts.ref === undefined ? {} : { ref: parts.ref }),
    ...(parts.issues === undefined ? {} : { issues: parts.issues }),
    ...(parts.retryAfter === undefined ? {} : { retryAfter: parts.retryAfter }),
  });
}

/** Whether the server says that what the page is about does not exist. */
export function isNotFound(error: { readonly code: string } | undefined): boolean {
  return error?.code === "NOT_FOUND";
}

/** Whether a value is an error that says whose fault it is. */
export function isClientError(value: unknown): value is ClientError {
  return value instanceof Error && "code" in value && "attribution" in value;
}

/**
 * Gives whatever was thrown the shape of a `ClientError`; a foreign error becomes CLIENT_PAGE_CRASHED with it as cause.
 *
 * @example
 * const error = asClientError(thrown);
 * console.log(error.code, error.attribution);
 */
export function asClientError(thrown: unknown, attribution: Attribution = "app"): ClientError {
  const error = asError(thrown);
  if (isClientError(error)) return error;
  if (error instanceof AntiphonError) return Object.assign(error, { attribution });
  return Object.assign(clientErrors.CLIENT_PAGE_CRASHED.with({ cause: thrown }, error.message), { attribution });
}

/** Converts an error of the server to a `ClientError`. */
export function fromWire(error: WireError): ClientError {
  const attribution = error.code.startsWith("CHANNEL_") ? "framework" : "app";
  const { ref, issues, retryAfter } = error;
  return clientError(error.code, error.message, { attribution, ref, issues, retryAfter });
}
