import { defineErrors } from "../errors.ts";

/** Codes of context processors. */
export const contextErrors = defineErrors({
  CONTEXT_NOT_AN_OBJECT: {
    message: (processor: string, got: string) =>
      `The context processor ${processor} returned no values. Expected an object, as in (request) => ({ path: request.path }). Got ${got}.`,
  },
  CONTEXT_NOT_SENDABLE: {
    message: (name: string, reason: string) =>
      `The context value "${name}" cannot travel to the page: ${reason}. Expected plain data. Code on the server can read it with collectContext().`,
  },
});
