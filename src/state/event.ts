import type { StandardSchemaV1 } from "@standard-schema/spec";
import { type EventReference, isGuardFactory } from "../protocol/page.ts";
import type { HandlerEffect } from "./effects.ts";
import { stateErrors } from "./errors.ts";

/** What a guard learns of the call that it decides about. */
export interface GuardContext {
  /** The instance whose event is called: its vars may be read. */
  readonly state: object;
  readonly event: string;
}

/** What a guard answers: only `true` lets the call through; effects are performed in its place. */
export type GuardResult = boolean | HandlerEffect | readonly HandlerEffect[];

/**
 * Decides whether an event may run. It runs before the handler, for every call, whoever makes it.
 *
 * Anything but `true` stops the call; a guard that throws stops it too.
 *
 * @example
 * const onlyOnce: Guard = ({ state }) => (state as VoteState).votes === 0;
 */
export type Guard = (context: GuardContext) => GuardResult | Promise<GuardResult>;

const userGuards = new WeakSet<object>();

/** Takes note of a guard that lets signed-in users pass alone: where nobody can be signed in, it lets nobody pass. */
export function markUserGuard(guard: object): void {
  userGuards.add(guard);
}

/** True for a guard that lets signed-in users pass alone. */
export function isUserGuard(guard: unknown): boolean {
  return typeof guard === "function" && userGuards.has(guard);
}

/**
 * What happens when an event is called while an earlier call of the same event waits or runs.
 *
 * - `queue` (default): it waits for its turn; all such events of a tab run one at a time
 * - `latest`: the earlier call is given up and what it changed since its last `yield` is undone
 * - `drop`: the new call is answered EVENT_DROPPED
 * - `parallel`: it runs at once beside all others, and writes only inside `update()`
 */
export type Concurrency = "queue" | "latest" | "drop" | "parallel";

/**
 * How much of a request an event is.
 *
 * - `full` (default): it passes the hooks of the app's HTTP views, and has session, user and language
 * - `session`: session, user and language, without the app's hooks
 * - `none`: it has no request, and whoever calls it counts as anonymous
 */
export type BridgeTier = "full" | "session" | "none";

/**
 * What a state or an event asks for. `user` is what the app says, but a request at least: for what signed-in users alone
 * may use, and says nothing itself.
 */
export type AskedTier = BridgeTier | "user";

/**
 * When background work ends: with the page that it was begun for, or with the tab. What `onConnect` begins for a page lasts
 * until the next `onConnect`.
 */
export type BackgroundLife = "page" | "tab";

/** How a method may be called from the browser. */
export interface EventOptions {
  /** One Standard Schema (zod, valibot, arktype …) per argument. Without it the event takes none. */
  readonly args?: readonly StandardSchemaV1[];
  readonly guard?: Guard;
  /**
   * Runs beside the tab's other events and outlives its call: acked when it has started, writes only inside `update()`.
   * With `true` or `"page"` it ends when its page is left or loaded again, with `"tab"` when the tab has gone.
   */
  readonly background?: boolean | BackgroundLife;
  readonly concurrency?: Concurrency;
  /** In place of the state's, or the app's, own. */
  readonly bridge?: BridgeTier;
}

/** An entry of `static events`. */
export interface EventDefinition extends Omit<EventOptions, "bridge" | "background"> {
  readonly kind: "event";
  readonly bridge?: AskedTier;
  readonly args: readonly StandardSchemaV1[];
  readonly background: false | BackgroundLife;
  readonly concurrency: Concurrency;
}

const CONCURRENCIES: ReadonlySet<unknown> = new Set<Concurrency>(["queue", "latest", "drop", "parallel"]);
const LIVES: ReadonlySet<unknown> = new Set<BackgroundLife>(["page", "tab"]);
const TIERS: ReadonlySet<unknown> = new Set<BridgeTier>(["full", "session", "none"]);
const OPTIONS: ReadonlySet<string> = new Set(["args", "guard", "background", "concurrency", "bridge"]);

/**
 * Marks a method as callable from the browser; it stands in the class's `static events`.
 *
 * A method that is not in that table cannot be called, whatever its name. A call whose arguments do not parse never
 * reaches the handler.
 *
 * @throws EVENT_OPTIONS_INVALID when the options are wrong.
 * @example
 * class CartState extends State {
 *   static override events = { add: event({ args: [z.number().int().positive()] }), clear: event() };
 *   items: number[] = [];
 *   add(id: number) { this.items.push(id); }
 *   clear() { this.items = []; }
 * }
 */
export function event(options: EventOptions = {}): EventDefinition {
  for (const name of Object.keys(options)) {
    if (!OPTIONS.has(name)) throw stateErrors.EVENT_OPTIONS_INVALID(`there is no option "${name}"`);
  }
  const { args = [], guard, bridge } = options;
  const background = options.background === true ? "page" : (options.background ?? false);
  const { concurrency = background ? "parallel" : "queue" } = options;
  if (!Array.isArray(args) || !args.every(isSchema)) {
    throw stateErrors.EVENT_OPTIONS_INVALID("args is not a list of Standard Schemas");
  }
  if (guard !== undefined && typeof guard !== "function") {
    throw stateErrors.EVENT_OPTIONS_INVALID("guard is not a function");
  }
  if (isGuardFactory(guard)) {
    throw stateErrors.EVENT_OPTIONS_INVALID(
      `guard is the function ${guard?.name}, which makes a guard; call it: ${guard?.name}()`,
    );
  }
  if (!CONCURRENCIES.has(concurrency)) {
    throw stateErrors.EVENT_OPTIONS_INVALID(`there is no concurrency "${String(concurrency)}"`);
  }
  if (bridge !== undefined && !isBridgeTier(bridge)) {
    throw stateErrors.EVENT_OPTIONS_INVALID(`there is no bridge "${String(bridge)}"`);
  }
  if (background !== false && !LIVES.has(background)) {
    throw stateErrors.EVENT_OPTIONS_INVALID(`there is no background "${String(background)}"`);
  }
  if (background && concurrency === "queue") {
    throw stateErrors.EVENT_OPTIONS_INVALID('a background event cannot have concurrency "queue"');
  }
  return { kind: "event", args, background, concurrency, ...(guard ? { guard } : {}), ...(bridge ? { bridge } : {}) };
}

/** True for the name of a tier. */
export function isBridgeTier(value: unknown): value is BridgeTier {
  return TIERS.has(value);
}

/** True for what follows the Standard Schema interface. */
export function isSchema(value: unknown): value is StandardSchemaV1 {
  return (
    (typeof value === "object" || typeof value === "function") &&
    value !== null &&
    typeof (value as Partial<StandardSchemaV1>)["~standard"]?.validate === "function"
  );
}

/** True for what `event()` made. */
export function isEventDefinition(value: unknown): value is EventDefinition {
  return typeof value === "object" && value !== null && (value as Partial<EventDefinition>).kind === "event";
}

/** True for what `on()` made. */
export function isEventReference(value: unknown): value is EventReference {
  return typeof value === "object" && value !== null && (value as Partial<EventReference>).kind === "event-reference";
}
