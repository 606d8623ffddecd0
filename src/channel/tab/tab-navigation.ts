import { isDeepStrictEqual } from "node:util";
import { takeMessages } from "../../bridge/messages.ts";
import { hasCode } from "../../errors.ts";
import type { ClientFrame } from "../../protocol/frames.ts";
import type { RouterLocation } from "../../protocol/page.ts";
import type { Settle, TurnInfo } from "../../state/handlers/turn.ts";
import { PageVisit } from "../../state/page-visit.ts";
import { followsPath, onPath } from "../../state/path-hook.ts";
import type { LeaveReason } from "../../state/state.ts";
import { channelErrors } from "../errors.ts";
import type { TabParts } from "./tab-parts.ts";

/** A page load that the server itself has given up. It counts as not run. */
interface GivenUp {
  readonly path: string;
  readonly settle: Settle;
  /** Undefined if the previous page was left already. */
  readonly leave: LeaveReason | undefined;
  /** Settles when the load has run after all, or the page was left. */
  readonly finished: PromiseWithResolvers<void>;
}

/** Opens the pages that a tab shows: their guard, then their `onLoad`. */
export class TabNavigation {
  /** Path and query of the page. */
  path = "/";
  readonly #tab: TabParts;
  /** The page that was opened last, if no navigation has followed. */
  #opened: { readonly path: string; readonly outcome: Promise<Parameters<Settle>[0]> } | undefined;
  #givenUp: GivenUp | undefined;
  #isHeld = false;

  constructor(tab: TabParts) {
    this.#tab = tab;
  }

  /** Settles when the load that the server gave up has run after all; undefined if there is none. */
  get unfinished(): Promise<void> | undefined {
    return this.#givenUp?.finished.promise;
  }

  /** Opens a page that no navigation of the browser asked for: its first one, or the same one again. */
  load(path: string, leave: LeaveReason | undefined): Promise<void> {
    const { output } = this.#tab;
    const { promise, resolve } = Promise.withResolvers<Parameters<Settle>[0]>();
    this.#opened = { path, outcome: promise };
    const settle: Settle = (outcome) => {
      resolve("error" in outcome ? outcome : {});
      if (!("error" in outcome)) output.send(outcome);
      else if (!hasCode(outcome.error, "PAGE_LEFT")) output.failPage(outcome.error, path);
    };
    return this.navigate(path, settle, leave);
  }

  /** The same page has come back, and is at this path. */
  resume(path: string): void {
    this.path = path;
    if (this.#givenUp?.path === path) return;
    this.#opened = undefined;
    this.#drop();
  }

  /** Loads that the server gives up are not begun again until `again()` is called. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Begins the load again that the server gave up, if the page still asks for it. */
  again(): void {
    this.#isHeld = false;
    const load = this.#givenUp;
    if (!load) return;
    this.#givenUp = undefined;
    const settle: Settle = (outcome) => {
      load.settle(outcome);
      load.finished.resolve();
    };
    void this.navigate(load.path, settle, load.leave);
  }

  /** Opens the page that a navigation of the browser asks for, unless it was opened when the browser connected. */
  async follow({ path, told }: Extract<ClientFrame, { kind: "navigate" }>, settle: Settle): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    if (told && opened?.path === path) settle(await opened.outcome);
    else await this.navigate(path, settle, "left");
  }

  navigate(path: string, settle: Settle, leave: LeaveReason | undefined): Promise<void> {
    const { app, output, runner, tree } = this.#tab;
    const visit = new PageVisit(app, path);
    const { location, isGuarded, onLoad: events } = visit;
    const admit = async () => {
      const decision = await visit.decide();
      if (decision.kind === "redirect") return [decision.redirect];
      if (decision.kind === "refused") throw channelErrors.PAGE_REFUSED(location.path);
      if (decision.kind === "missing") throw decision.error;
      return undefined;
    };
    let leaves = leave;
    const enter = () => {
      leaves = undefined;
      this.path = path;
      tree.setRouter(location);
      return this.languageChanged();
    };
    const isSame = isSamePage(location, tree.router());
    const left = channelErrors.PAGE_LEFT();
    const onGivenUp = () => {
      this.#givenUp = { path, settle, leave: leaves, finished: Promise.withResolvers() };
      // The page may have come back before the load has ended. If it is away it asks for it when it comes back, and if the
      // server stops it asks the next one.
      if (output.connection && !output.isClosing && !this.#isHeld) this.again();
    };
    const opened = () => takeMessages().map((message) => ({ effect: "toast" as const, ...message }));
    this.leave();
    return runner.load({ url: path, admit, enter, leave, isSame, isGuarded, left, onGivenUp, events, opened }, settle);
  }

  /** Runs the hooks of states whose vars come from path or language, within a turn. One that throws does not stop the others. */
  languageChanged(turn?: TurnInfo): Promise<void> | undefined {
    const { output, requests, tree } = this.#tab;
    const followers = tree.instances().filter(followsPath);
    if (followers.length === 0) return undefined;
    return (async () => {
      for (const follower of followers) {
        try {
          const follow = () => requests.atPath(() => follower[onPath]());
          await (turn ? turn.within(follow) : follow());
        } catch (error) {
          // The next page runs them again.
          if (hasCode(error, "PAGE_LEFT")) return;
          output.fail(error, follower.constructor.name);
        }
      }
    })();
  }

  /** Gives up the page that is loading: its `onLoad` must not delay the next page. */
  leave(): void {
    this.#tab.runner.leavePage(channelErrors.PAGE_LEFT());
    this.#drop();
  }

  #drop(): void {
    const load = this.#givenUp;
    this.#givenUp = undefined;
    load?.settle({ error: channelErrors.PAGE_LEFT() });
    load?.finished.resolve();
  }
}

/** Whether both are the same page with the same parameters; the query may be another. */
function isSamePage(one: RouterLocation, other: RouterLocation): boolean {
  const isSameRoute = one.route === other.route && (one.route !== "" || one.path === other.path);
  return isSameRoute && isDeepStrictEqual({ ...one.params }, { ...other.params });
}
