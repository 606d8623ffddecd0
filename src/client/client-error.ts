import { AntiphonError, asError } from "../errors.ts";
import type { WireError } from "../protocol/frames.ts";
import type { Attribution, ClientError } from "./engine/engine-types.ts";
import { clientErrors } from "./errors.ts";

/** Further parts of a `ClientError`. */
export interface ClientErrorParts {
  readonly attribution: Attribution;
  readonly ref?: string | undefined;
  readonly issues?: readonly { readonly path: string; readonly message: string }[] | undefined;
  readonly retryAfter?: number | undefined;
  readonly cause?: unknown;
}

/**
 * Creates an error for pages: a code, an attribution, and a reference to the server's log.
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

/** Returns true for the error of a page or row that does not exist. */
export function isNotFound(error: { readonly code: string } | undefined): boolean {
  return error?.code === "NOT_FOUND";
}

/** Returns true for an error with a code and an attribution. */
export function isClientError(value: unknown): value is ClientError {
  return value instanceof Error && "code" in value && "attribution" in value;
}

/**
 * Converts a thrown value to a `ClientError`. A foreign error becomes the cause of a CLIENT_PAGE_CRASHED.
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
