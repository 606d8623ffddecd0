import { trimEnd } from "./trim-ends.ts";

/**
 * What one error of a folder looks like: the sentence, and the HTTP status it would have as a response.
 *
 * @example
 * const table = { STATE_UNKNOWN: { status: 404, message: (name: string) => `No state is called ${name}.` } };
 */
export interface ErrorDefinition<A extends never[] = never[]> {
  /** HTTP status when the error answers a request; 500 when absent. */
  readonly status?: number;
  /** Whether the sentence may be shown to a browser in production; it must then hold no path, SQL or stack. */
  readonly expose?: boolean;
  /** The sentence: what is wrong with the author's own name in it, Expected, Got, and the line to add. */
  readonly message: (...args: A) => string;
}

/** A sentence as a key of the catalogues with its values, before it is written in a language. */
export interface KeyedText {
  /** The sentence in English, with placeholders. */
  readonly key: string;
  readonly values?: { readonly [name: string]: unknown };
}

/** The form of an error's code. */
export const ERROR_CODE = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/;

/**
 * The class of every error that Antiphon throws.
 *
 * Use its `code` to tell errors apart: sentences may change, codes do not. Wrap a foreign error by passing it as `cause`.
 *
 * @example
 * try { await tab.call(NotesState, "save"); }
 * catch (error) { if (error instanceof AntiphonError && error.code === "EVENT_ARGS_INVALID") { … } }
 */
export class AntiphonError extends Error {
  override readonly name = "AntiphonError";
  /** Stable name, for example `STATE_EVENT_NOT_A_METHOD`; each is listed in docs/reference/errors.md. */
  readonly code: string;
  /** HTTP status that fits the error. */
  readonly status: number;
  /** True when the sentence itself may be shown to a browser in production. */
  readonly expose: boolean;
  /** More about the error as plain data, for example the issues of a failed parse. */
  readonly details: unknown;
  /** Values in the sentence, in the order in which `defineErrors()` takes them: for a sentence in another language. */
  readonly params: readonly unknown[];
  /** The sentence for other languages, of an error whose code alone does not choose it. */
  declare readonly text?: KeyedText;

  constructor(
    code: string,
    message: string,
    options: {
      status?: number;
      expose?: boolean;
      cause?: unknown;
      details?: unknown;
      params?: readonly unknown[];
      text?: KeyedText;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status ?? 500;
    this.expose = options.expose ?? false;
    this.details = options.details;
    this.params = options.params ?? [];
    if (options.text !== undefined) this.text = options.text;
  }
}

/**
 * Returns true for an error of Antiphon with this code.
 *
 * @example
 * if (hasCode(error, "EVENT_ARGS_INVALID")) return;
 */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof AntiphonError && error.code === code;
}

/** Whole seconds after which what failed may be tried again, where an error tells them in `details.retryAfter`. */
export function retryAfterOf(error: unknown): number | undefined {
  const details = error instanceof AntiphonError ? error.details : undefined;
  const seconds = (details as { readonly retryAfter?: unknown } | null | undefined)?.retryAfter;
  return typeof seconds === "number" && Number.isFinite(seconds) && seconds >= 0 ? Math.ceil(seconds) : undefined;
}

/**
 * Returns the message of anything that was thrown, without the full stop at its end: for use inside another sentence.
 *
 * Never throws, whatever a library or a handler has thrown: an object without a prototype, or one whose properties throw.
 *
 * @example
 * try { await connect(); } catch (error) { console.error(`Redis cannot be reached: ${reasonOf(error)}.`); }
 */
export function reasonOf(thrown: unknown): string {
  try {
    const { message, code } = (thrown instanceof Error ? thrown : { message: thrown }) as {
      message: unknown;
      code?: unknown;
    };
    return trimEnd(String(message || code || thrown), ". \t\r\n");
  } catch {
    return `a value of type ${typeof thrown} that has no text`;
  }
}

/** What a thrower may add to an error: the foreign error behind it, and plain data about it. */
export interface ErrorContext {
  readonly cause?: unknown;
  readonly details?: unknown;
}

type ErrorFactory<D> = D extends { message: (...args: infer A) => string }
  ? {
      (...args: A): AntiphonError;
      with(context: ErrorContext, ...args: A): AntiphonError;
      /** Number of values in the error's `params`. */
      readonly parameters: number;
    }
  : never;

/**
 * Turns a table of codes into functions that make the errors; a folder's `errors.ts` calls it once.
 *
 * @example
 * export const stateErrors = defineErrors({ STATE_UNKNOWN: { status: 404, message: (name: string) => `No state is called ${name}.` } });
 * throw stateErrors.STATE_UNKNOWN("NotesState");
 */
export function defineErrors<const T extends Record<string, ErrorDefinition>>(
  definitions: T,
): { readonly [K in keyof T]: ErrorFactory<T[K]> } {
  const factories: Record<string, unknown> = {};
  for (const [code, definition] of Object.entries(definitions)) {
    const make = (context: ErrorContext, args: never[]) =>
      new AntiphonError(code, definition.message(...args), {
        ...(definition.status === undefined ? {} : { status: definition.status }),
        ...(definition.expose === undefined ? {} : { expose: definition.expose }),
        ...context,
        params: args,
      });
    factories[code] = Object.assign((...args: never[]) => make({}, args), {
      with: (context: ErrorContext, ...args: never[]) => make(context, args),
      parameters: definition.message.length,
    });
  }
  return factories as { readonly [K in keyof T]: ErrorFactory<T[K]> };
}

/** Longest message that is kept of an error: logs and answers hold it whole. */
const MAX_MESSAGE = 10_000;
const MAX_STACK = 20_000;
/** Deepest chain of causes that is looked at. */
const MAX_CAUSES = 10;

/** The message of anything that was thrown, of a bounded length. Unlike `reasonOf()` it is kept as it is. */
function messageOf(thrown: unknown): string {
  return cut(attempt(() => textOf(thrown)) ?? reasonOf(thrown), MAX_MESSAGE);
}

/**
 * Returns anything that was thrown as an Error that can be read, logged and given a property without a further throw. An
 * ordinary Error is returned as it is.
 *
 * A program may throw what is no Error, a frozen one, one whose properties throw, or a Proxy: code that looks at such a
 * value must not fail where it should release, undo or answer.
 *
 * @example
 * try { work(); } catch (thrown) { logger.error({ err: asError(thrown) }, "work failed"); }
 */
export function asError(thrown: unknown): Error {
  if (attempt(() => isSound(thrown, []))) return thrown as Error;
  const message = messageOf(thrown);
  const error = attempt(() => copyOfOurs(thrown)) ?? new Error(message);
  const name = attempt(() => (thrown as Error).name);
  if (typeof name === "string" && error.name !== name) error.name = cut(name, 100);
  const stack = attempt(() => (thrown as Error).stack);
  error.stack = typeof stack === "string" ? cut(stack, MAX_STACK) : `${error.name}: ${message}`;
  return error;
}

function copyOfOurs(thrown: unknown): Error | undefined {
  if (!(thrown instanceof AntiphonError)) return undefined;
  const { code, status, expose, details, params } = thrown;
  return new AntiphonError(code, messageOf(thrown), { status, expose, details, params });
}

/** The getter that V8 gives each error: it writes the text of the stack when it is first read. */
const WRITES_STACK = Object.getOwnPropertyDescriptor(new Error("probe"), "stack")?.get;

/**
 * The stack of an error; undefined while nobody has read that of an error of ours. To write it takes longer than all else
 * that is done about a refused message, and whoever sends such messages could send many.
 */
function stackOf(error: Error): unknown {
  if (error instanceof AntiphonError && WRITES_STACK !== undefined) {
    if (Object.getOwnPropertyDescriptor(error, "stack")?.get === WRITES_STACK) return undefined;
  }
  return error.stack;
}

/** Whether an error, its properties and its causes can be read and are of a usual size; `above` are the errors around it. */
function isSound(thrown: unknown, above: readonly unknown[]): boolean {
  if (!(thrown instanceof Error) || !Object.isExtensible(thrown)) return false;
  if (above.includes(thrown) || above.length > MAX_CAUSES) return false;
  const { message, name, cause, errors } = thrown as AggregateError;
  const stack = stackOf(thrown);
  if (typeof message !== "string" || typeof name !== "string" || message.length > MAX_MESSAGE) return false;
  if (stack !== undefined && (typeof stack !== "string" || stack.length > 2 * MAX_STACK)) return false;
  const path = [...above, thrown];
  const parts = Object.keys(thrown).map((key): unknown => Reflect.get(thrown, key));
  return [cause, errors, ...parts].flat().every((part) => isSoundPart(part, path));
}

/** Loggers write the errors in an error's properties too, and look at each object there for a message. */
function isSoundPart(part: unknown, path: readonly unknown[]): boolean {
  if (typeof part !== "object" || part === null) return true;
  if (part instanceof Error) return isSound(part, path);
  void (part as { readonly message?: unknown }).message;
  return true;
}

function textOf(thrown: unknown): string {
  if (typeof thrown === "function") return "a function";
  if (typeof thrown !== "object" || thrown === null) return String(thrown);
  const { message } = thrown as { readonly message?: unknown };
  return typeof message === "string" && message !== "" ? message : String(thrown);
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
