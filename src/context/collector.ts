import { type CollectContext, type ContextValues, contextOf } from "../bridge/context-values.ts";
import type { AppRequest } from "../bridge/request-types.ts";
import { AntiphonError, asError, reasonOf } from "../errors.ts";
import { describe, isPlainObject, isUnsafeKey } from "../protocol/values.ts";
import { RateLimit } from "../rate-limit.ts";
import { AppPart, currentApp } from "../running-app.ts";
import { copyForVar } from "../state/tracking/var-value.ts";
import { within } from "../within.ts";
import { contextErrors } from "./errors.ts";

/**
 * Gives values for every page and handler of a request. One that has not returned after 10 seconds is left out for that
 * request, like one that throws.
 *
 * @example
 * const themeContext: ContextProcessor = (request) => ({ theme: request.session.get("theme", "light") });
 */
export type ContextProcessor = (request: AppRequest) => object | Promise<object>;

type Returned<P> = P extends (request: never) => infer R ? Awaited<R> : never;
type Merged<U> = (U extends unknown ? (value: U) => void : never) extends (value: infer I) => void ? I : never;

/**
 * The values of a list of processors, for `useContextValues()`.
 *
 * @example
 * export const processors = [userContext, themeContext] as const;
 * export type PageContext = ContextValuesOf<typeof processors>;
 */
export type ContextValuesOf<P extends readonly unknown[]> = Merged<Returned<P[number]>>;

/** Where a processor that failed is reported. */
export interface ContextLogger {
  warn(details: object, message: string): void;
}

/** The context processors of an app. */
export const collectorPart = new AppPart<ContextCollector>("context processors");

/** Warnings of one processor, or of one value, that may follow each other at once, and seconds until there may be another. */
const WARNINGS = { burst: 3, seconds: 60 };

/** Most processors and values that are remembered for having failed: the names of values may depend on the request. */
const MAX_FAILED = 1_000;

/** Seconds after which a processor is left out: the event that waits for it keeps the lock of its tab. */
const PROCESSOR_SECONDS = 10;

/** What was warned of a processor or a value. */
interface Failure {
  /** Reason of the last warning; undefined if it has worked since. */
  reason: string | undefined;
  readonly limit: RateLimit;
}

/** Runs the context processors of an app, each failing one without effect on the others. */
export class ContextCollector {
  /** In the order of the settings, each once. */
  readonly processors: readonly ContextProcessor[];
  readonly #logger: ContextLogger;
  /** Failures by the processor or the name of the value. */
  readonly #failures = new Map<unknown, Failure>();

  constructor(processors: readonly unknown[], logger: ContextLogger) {
    this.processors = [...new Set(processors as readonly ContextProcessor[])];
    this.#logger = logger;
  }

  readonly collect: CollectContext = async (request) => {
    const values: Record<string, unknown> = {};
    for (const processor of this.processors) {
      try {
        const given = await returnedBy(processor, request);
        if (!isPlainObject(given)) throw contextErrors.CONTEXT_NOT_AN_OBJECT(nameOf(processor), describe(given));
        for (const [name, value] of Object.entries(given)) if (!isUnsafeKey(name)) values[name] = value;
        this.#worked(processor);
      } catch (error) {
        this.#warn(processor, error, `The context processor ${nameOf(processor)} failed and is left out.`);
      }
    }
    return Object.freeze(values);
  };

  /** Returns copies of the values that a var can hold; any other is left out, with a warning that names it. */
  sendable(values: ContextValues): ContextValues {
    const sent: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(values)) {
      try {
        sent[name] = copyForVar(name, value);
        this.#worked(name);
      } catch (cause) {
        const error = contextErrors.CONTEXT_NOT_SENDABLE.with({ cause }, name, refusalOf(cause));
        this.#warn(name, error, error.message);
      }
    }
    return sent;
  }

  #worked(subject: unknown): void {
    const failure = this.#failures.get(subject);
    if (failure) failure.reason = undefined;
  }

  /** Warns, but not again of what fails in the same way on each request. */
  #warn(subject: unknown, thrown: unknown, message: string): void {
    const error = asError(thrown);
    const known = this.#failures.get(subject);
    if (known?.reason === error.message) return;
    const { limit } = known ?? { limit: new RateLimit(1 / WARNINGS.seconds, WARNINGS.burst) };
    if (!limit.take()) return;
    if (this.#failures.size >= MAX_FAILED) this.#failures.clear();
    this.#failures.set(subject, { reason: error.message, limit });
    this.#logger.warn({ err: error }, message);
  }
}

/** Returns what a processor returns. @throws CONTEXT_TIMEOUT */
async function returnedBy(processor: ContextProcessor, request: AppRequest): Promise<unknown> {
  const returned: unknown = processor(request);
  if (typeof (returned as { then?: unknown } | null | undefined)?.then !== "function") return returned;
  const settled = Promise.resolve(returned).then((given) => ({ given }));
  const answer = await within(settled, PROCESSOR_SECONDS * 1_000);
  if (!answer) throw contextErrors.CONTEXT_TIMEOUT(nameOf(processor), PROCESSOR_SECONDS);
  return answer.given;
}

/** Says why a var refuses a value: the errors of vars advise the author of a state. */
function refusalOf(cause: unknown): string {
  if (!(cause instanceof AntiphonError) || cause.code !== "STATE_VALUE_NOT_SENDABLE") return reasonOf(cause);
  const [path, got] = cause.params;
  return `${String(path)} holds ${String(got)}`;
}

function nameOf(processor: ContextProcessor): string {
  return processor.name === "" ? "without a name" : processor.name;
}

/** Returns the collector of the running app; undefined where no app runs. */
export function currentCollector(): ContextCollector | undefined {
  return currentApp()?.get(collectorPart);
}

/**
 * Returns the context processors of the running app, in the order of the settings, each once.
 *
 * @example
 * contextProcessors().map((processor) => processor.name); // ["userContext", "i18nContext"]
 */
export function contextProcessors(): readonly ContextProcessor[] {
  return currentCollector()?.processors ?? [];
}

/**
 * Collects the values of all context processors for a request, once for each request; an empty object without one. A
 * processor that fails is left out, with a warning in the log.
 *
 * @example
 * const { theme } = await collectContext(currentRequest());
 */
export async function collectContext(request: AppRequest | undefined): Promise<ContextValues> {
  return request ? await contextOf(request) : {};
}
