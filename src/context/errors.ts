import { defineErrors } from "../errors.ts";

/** Codes of context processors. */
export const contextErrors = defineErrors({
  CONTEXT_NOT_AN_OBJECT: {
    message: (processor: string, got: string) =>
      `The context processor ${processor} returned no values. Expected an object, as in (request) => ({ path: request.path }). Got ${got}.`,
  },
  CONTEXT_TIMEOUT: {
    message: (processor: string, seconds: number) =>
      `The context processor ${processor} has not returned within ${seconds} seconds. Every page and event waits for it. Set a limit for the service that it asks.`,
  },
  CONTEXT_NOT_SENDABLE: {
    message: (name: string, reason: string) =>
      `The context value "${name}" cannot travel to the page: ${reason}. Expected what a var can hold. Code on the server can read it with collectContext().`,
  },
});
