import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { AntiphonError } from "../../errors.ts";
import { markUntrusted, takenFrom } from "../../untrusted.ts";
import { stateErrors } from "../errors.ts";
import type { EventName } from "../event-name.ts";
import { isPromise, type Soon } from "./soon.ts";

/** Limits of the reported issues of one value: a value from a browser may have hundreds of thousands. */
const MAX_ISSUES = 20;
const MAX_LENGTH = 200;

type Issues = readonly { readonly path: string; readonly message: string }[];

/**
 * Parses the arguments that a browser sent for an event, each with its schema.
 *
 * @throws EVENT_ARGS_INVALID (at once, or by rejecting when a schema is asynchronous) with the issues.
 */
export function parseArguments(
  { state, event }: EventName,
  schemas: readonly StandardSchemaV1[],
  args: readonly unknown[],
): Soon<unknown[]> {
  const fail = (issues: Issues): AntiphonError => {
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
    // The call has failed. A schema that is still running may fail too, and nothing else handles that rejection.
    Promise.allSettled(parsed);
    throw error;
  }
  return parsed.some(isPromise) ? Promise.all(parsed) : parsed;
}

function parse(schema: StandardSchemaV1, value: unknown, fail: (issues: Issues) => Error): unknown {
  const settle = (result: StandardSchemaV1.Result<unknown>) => {
    // For a missing value the schema returned the author's own default.
    if (!result.issues) return value === undefined ? result.value : takenFrom(result.value);
    const reported = result.issues.slice(0, MAX_ISSUES);
    throw fail(reported.map((issue) => ({ path: short(pathOf(issue)), message: short(issue.message) })));
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

/** Parses a value that a browser wrote into a field. @throws EVENT_ARGS_INVALID with the issues. */
export function parseField({ state, event }: EventName, schema: StandardSchemaV1, value: unknown): unknown {
  return parse(schema, value, (issues) => {
    const reason = issues.map((issue) => issue.message).join("; ");
    return stateErrors.EVENT_ARGS_INVALID.with({ details: { issues } }, state, event, reason);
  });
}
