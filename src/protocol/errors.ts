import { defineErrors } from "../errors.ts";

/** Codes of what travels: values, patches and routes. */
export const protocolErrors = defineErrors({
  ROUTE_INVALID: {
    message: (pattern: string, reason: string) =>
      `The route "${pattern}" is not valid: ${reason}. Expected a path such as "/", "/notes/[id]" or "/files/[...rest]".`,
  },
  ROUTE_DUPLICATE: {
    message: (first: string, second: string) =>
      `The routes "${first}" and "${second}" match the same paths. Expected one page per path: change or remove one of them.`,
  },
  VALUE_NOT_SENDABLE: {
    message: (path: string, got: string) =>
      `${path} cannot travel. Expected plain data (object, array, string, number, boolean, null, undefined, bigint, Date, Map, Set). Got ${got}.`,
  },
  VALUE_UNSAFE_KEY: {
    status: 400,
    expose: true,
    message: (key: string) => `The name "${key}" is refused in data. Expected any other name.`,
  },
  VALUE_UNKNOWN_TAG: {
    status: 400,
    expose: true,
    message: (tag: string) => `A value carries the unknown tag "${tag}".`,
  },
  VALUE_TOO_DEEP: {
    status: 400,
    expose: true,
    message: (limit: number) => `A value is nested more than ${limit} levels deep.`,
  },
  PATCH_INVALID: {
    status: 400,
    expose: true,
    message: (reason: string) => `A patch does not fit the data that it is for: ${reason}.`,
  },
});
