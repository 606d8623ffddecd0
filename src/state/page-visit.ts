import { hasCode } from "../errors.ts";
import {
  type EventReference,
  matchPage,
  type PageDefinition,
  type PageGuardResult,
  type PageTable,
  type RouterLocation,
} from "../protocol/page.ts";
import { describe } from "../protocol/values.ts";
import { type StateClass, stateId } from "./class-info.ts";
import { stateErrors } from "./errors.ts";
import { parseArguments } from "./handlers/parse-arguments.ts";
import { runs } from "./handlers/run.ts";
import { runGuard } from "./handlers/run-guard.ts";
import { Runner } from "./handlers/runner.ts";
import type { Settle } from "./handlers/turn.ts";
import { timed } from "./loop-watch.ts";
import { notFound } from "./refusals.ts";
import type { StateRegistry } from "./registry.ts";
import { StateTree } from "./state-tree.ts";
import { plain } from "./tracking/plain.ts";

/** The pages of an app, and the states that their events belong to. */
export interface VisitedApp {
  readonly pages: PageTable;
  readonly states: StateRegistry;
}

/** Whether a page may be opened. */
export type PageDecision =
  | { readonly kind: "open" }
  | { readonly kind: "refused" }
  | { readonly kind: "missing"; readonly error: Error }
  | { readonly kind: "redirect"; readonly redirect: Exclude<PageGuardResult, boolean> };

const OPEN: PageDecision = { kind: "open" };

/**
 * One visit of a page, by its GET or by a navigation of a tab: decides whether the page may be opened, and names the events
 * that open it.
 *
 * @example
 * const visit = new PageVisit(app, "/tickets/3");
 * const { kind } = await visit.decide();
 */
export class PageVisit {
  /** Undefined if no page has this path. */
  readonly page: PageDefinition | undefined;
  readonly location: RouterLocation;
  readonly #app: VisitedApp;

  constructor(app: VisitedApp, url: string) {
    const { page, location } = matchPage(app.pages, url);
    this.page = page;
    this.location = location;
    this.#app = app;
  }

  /** The events that run when the page is opened. */
  get onLoad(): readonly EventReference[] {
    return [this.page?.onLoad ?? []].flat();
  }

  /** True if `decide()` may answer something other than "open". */
  get isGuarded(): boolean {
    return this.page?.guard !== undefined || this.page?.exists !== undefined;
  }

  /** Runs the page's guard, then its `exists`. */
  async decide(): Promise<PageDecision> {
    const { guard, exists } = this.page ?? {};
    try {
      const decision = guard ? decisionOf(await guard(this.location)) : OPEN;
      return decision.kind === "open" && exists ? await this.#findRow(exists) : decision;
    } catch (error) {
      if (hasCode(error, "NOT_FOUND")) return { kind: "missing", error: error as Error };
      throw error;
    }
  }

  /** Runs `exists` on an instance that lives no longer than this: the states of a tab stay as they are. */
  async #findRow(reference: EventReference): Promise<PageDecision> {
    const { name } = reference.state as StateClass;
    const id = stateId(reference.state);
    if (id === undefined) throw stateErrors.STATE_NOT_EXPORTED(name);
    const tree = new StateTree(this.#app.states);
    tree.setRouter(this.location);
    const { event } = reference;
    const { guard, events } = tree.info(id);
    const definition = events.get(event);
    if (!definition) throw stateErrors.EVENT_UNKNOWN(name, event);
    const instance = tree.byId(id);
    const runner = new Runner(tree, { send: () => {}, fail: rethrow });
    let decision: PageDecision = OPEN;
    let failure: { readonly error: unknown } | undefined;
    const settle: Settle = (outcome) => {
      if ("error" in outcome) failure = outcome;
    };
    await runner.exclusive({ state: name, event, settle }, async (run) => {
      for (const each of [guard, definition.guard]) {
        const answer = await runGuard(run, each, { state: instance, event });
        if (answer === true) continue;
        decision = decisionOf([answer].flat()[0]);
        return;
      }
      const copies = reference.args.map((arg, index) => plain(arg, `${name}.${event}, argument ${index + 1}`));
      const args = await parseArguments({ state: name, event }, definition.args, copies);
      const method = (instance as unknown as Record<string, (...all: unknown[]) => unknown>)[event];
      const answer = await timed(run, () => runs.run(run, async () => await method?.apply(instance, args)));
      if (hasCode(answer, "NOT_FOUND")) throw answer;
      if (typeof answer !== "boolean") throw stateErrors.EXISTS_RETURN_INVALID(name, event, describe(answer));
      if (!answer) throw notFound();
    });
    if (failure) throw (failure as { readonly error: unknown }).error;
    return decision;
  }
}

function decisionOf(answer: unknown): PageDecision {
  if (answer === true) return OPEN;
  const redirect = answer as Exclude<PageGuardResult, boolean> | null | undefined;
  return typeof redirect === "object" && redirect?.effect === "redirect"
    ? { kind: "redirect", redirect }
    : { kind: "refused" };
}

/** Nothing that outlives an instance without a tab has a page to tell. */
function rethrow(error: unknown): never {
  throw error;
}
