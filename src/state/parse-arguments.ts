import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { AntiphonError } from "../errors.ts";
import { markUntrusted, takenFrom } from "../untrusted.ts";
import { stateErrors } from "./errors.ts";

/** Issues that are told of one value, and characters of each: a value from a browser may have hundreds of thousands. */
const MAX_ISSUES = 20;
const MAX_LENGTH = 200;

type Issues = readonly { readonly path: string; readonly message: string }[];

/**
 * Parses what a browser sent as an event's arguments, each by its schema.
 *
 * @throws EVENT_ARGS_INVALID (at once, or by rejecting when a schema is asynchronous) with the issues.
 */
export function parseArguments(
  label: string,
  schemas: readonly StandardSchemaV1[],
  args: readonly unknown[],
): unknown[] | Promise<unknown[]> {
  const fail = (issues: Issues): AntiphonError => {
    const [state = "", event = ""] = label.split(".");
    const reason = issues.map((issue) => `${issue.path}: ${issue.message}`).join("; ");
    return stateErrors.EVENT_ARGS_INVALID.with({ details: { issues } }, state, event, reason);
  };
  if (args.length > schemas.length) {
    const message = `${args.length} given, ${schemas.length} expected`;
    throw fail([{ path: `argument ${schemas.length + 1}`, message }]);
  }
  if (schemas.length === 0) return [];
  const parsed: unknown[] = [];
  try {
    for (const [index, schema] of schemas.entries()) {
      const failAt = (issues: Issues) =>
        fail(
          issues.map(({ path, message }) => ({
            path: [`argument ${index + 1}`, path].filter(Boolean).join("."),
            message,
          })),
        );
      parsed.push(parse(schema, args[index], failAt));
    }
  } catch (error) {
    // The call fails already: a schema that still waits may fail too, with nobody to hear of it.
    Promise.allSettled(parsed);
    throw error;
  }
  return parsed.some(isPromise) ? Promise.all(parsed) : parsed;
}

function parse(schema: StandardSchemaV1, value: unknown, fail: (issues: Issues) => Error): unknown {
  const settle = (result: StandardSchemaV1.Result<unknown>) => {
    // Of a value that did not come the schema has made what the author wants in its place.
    if (!result.issues) return value === undefined ? result.value : takenFrom(result.value);
    const told = result.issues.slice(0, MAX_ISSUES);
    throw fail(told.map((issue) => ({ path: short(pathOf(issue)), message: short(issue.message) })));
  };
  const result = schema["~standard"].validate(markUntrusted(value));
  return isPromise(result) ? result.then(settle) : settle(result);
}

function short(text: string): string {
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
}

function pathOf(issue: StandardSchemaV1.Issue): string {
  return (issue.path ?? []).map((part) => String(typeof part === "object" ? part.key : part)).join(".");
}

/** Parses what a browser wrote into a field. @throws EVENT_ARGS_INVALID with the issues. */
export function parseField(state: string, field: string, schema: StandardSchemaV1, value: unknown): unknown {
  return parse(schema, value, (issues) => {
    const reason = issues.map((issue) => issue.message).join("; ");
    return stateErrors.EVENT_ARGS_INVALID.with({ details: { issues } }, state, field, reason);
  });
}

/** True for what can be awaited to any effect. */
export function isPromise<T>(value: T | Promise<T> | PromiseLike<T>): value is Promise<T> {
  return typeof value === "object" && value !== null && typeof (value as Promise<T>).then === "function";
}
