import { clientError } from "./client-error.ts";
import type { ClientError } from "./engine/engine-types.ts";
import { clientErrors } from "./errors.ts";

/**
 * Reads the error of an HTTP view's answer. Throw it in the function of a `<Form>`: `useFormErrors()` then shows the
 * messages of `fieldErrors()` beside the inputs.
 *
 * @example
 * <Form state={NotesState} onSubmit={async (values) => {
 *   const answer = await fetch("/api/notes", { method: "POST", body: new URLSearchParams(values as Record<string, string>) });
 *   if (!answer.ok) throw await responseError(answer);
 * }}>
 */
export async function responseError(answer: Response): Promise<ClientError> {
  const body: unknown = await answer.json().catch(() => undefined);
  const error = record(record(body)?.error);
  const unknown = clientErrors.CLIENT_RESPONSE_FAILED(answer.status);
  const code = typeof error?.code === "string" ? error.code : unknown.code;
  const message = typeof error?.message === "string" ? error.message : unknown.message;
  const issues = Array.isArray(error?.issues) ? error.issues.filter(isIssue) : undefined;
  // A refusal explains itself; only a failure of the server has to be looked up in the log.
  const ref = answer.status >= 500 && typeof error?.ref === "string" ? error.ref : undefined;
  return clientError(code, message, { attribution: "app", ref, issues });
}

function record(value: unknown): { readonly [name: string]: unknown } | undefined {
  return typeof value === "object" && value !== null ? (value as { readonly [name: string]: unknown }) : undefined;
}

function isIssue(value: unknown): value is { readonly path: string; readonly message: string } {
  const issue = record(value);
  return typeof issue?.path === "string" && typeof issue.message === "string";
}
