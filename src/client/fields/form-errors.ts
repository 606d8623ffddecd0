import type { ClientError } from "../engine/engine-types.ts";
import { failureText } from "../report-failure.ts";

/** What `useFormErrors()` gives. */
export interface FormErrors {
  /** Whether a submit is not answered yet. */
  readonly pending: boolean;
  /** Why the last submit failed; undefined after a success and before the first. */
  readonly error: ClientError | undefined;
  /**
   * The first message for each name, by the path of the value (`items.0.qty`) and by the name of its input
   * (`items[0].qty`); `tag` has also those of its parts, such as `tag.0`.
   */
  readonly fields: { readonly [name: string]: string };
  /** The message that belongs to no name: of a rule for the form as a whole, or of an error without messages. */
  readonly form: string | undefined;
}

/** A failed submit as the components of its form see it. */
export interface FailedSubmit {
  readonly errors: FormErrors;
  /** The first message that no component has read, which the user must be told in another way. */
  unread(): string | undefined;
}

interface Message {
  readonly text: string;
  /** The name, and what it begins with; empty for the form as a whole. */
  readonly names: readonly string[];
}

/** Sorts the messages of an error by name, and notes which of them are read. `inputs` are names of inputs by path. */
export function failedSubmit(error: ClientError, inputs: ReadonlyMap<string, string> = new Map()): FailedSubmit {
  const messages = messagesOf(error, inputs);
  const unread = new Set(messages);
  const read = (some: readonly Message[]) => {
    for (const message of some) unread.delete(message);
    return some[0]?.text;
  };
  const fields = {};
  for (const name of new Set(messages.flatMap(({ names }) => names))) {
    const own = messages.filter(({ names }) => names.includes(name));
    Object.defineProperty(fields, name, { enumerable: true, get: () => read(own) });
  }
  const whole = messages.filter(({ names }) => names.length === 0);
  return {
    errors: {
      pending: false,
      error,
      fields,
      get form() {
        return read(whole);
      },
    },
    unread: () => [...unread][0]?.text,
  };
}

function messagesOf(error: ClientError, inputs: ReadonlyMap<string, string>): readonly Message[] {
  const { issues = [] } = error;
  if (issues.length > 0) return issues.map(({ path, message }) => ({ text: message, names: namesOf(path, inputs) }));
  const text = failureText(error);
  return text === undefined ? [] : [{ text, names: [] }];
}

/** The path begins with the argument's position: `argument 1.tag.0` has the names `tag.0` and `tag`. */
function namesOf(path: string, inputs: ReadonlyMap<string, string>): string[] {
  const name = path.replace(/^argument \d+(\.|$)/, "");
  if (name === "") return [];
  const parts = name.split(".");
  const paths = parts.map((_, index) => parts.slice(0, parts.length - index).join("."));
  return paths.flatMap((one) => [one, inputs.get(one) ?? one]);
}
