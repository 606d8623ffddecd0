import { runWith } from "../../context-variable.ts";
import type { Hello } from "../../protocol/frames.ts";
import { matchPage } from "../../protocol/page.ts";
import type { Unreadable } from "../../protocol/wire-parser.ts";
import { RateLimit } from "../../rate-limit.ts";
import type { AskedTier } from "../../state/event.ts";
import { Runner } from "../../state/handlers/runner.ts";
import type { Soon } from "../../state/handlers/soon.ts";
import type { TurnInfo } from "../../state/handlers/turn.ts";
import type { DisconnectReason } from "../../state/state.ts";
import { StateTree } from "../../state/state-tree.ts";
import { within } from "../../within.ts";
import type { Connection } from "../connection.ts";
import { channelErrors } from "../errors.ts";
import type { TabInput } from "../input-budget.ts";
import { Inbox } from "./inbox.ts";
import { pageTier } from "./page-tier.ts";
import { TabGuards } from "./tab-guards.ts";
import { TabIdentity } from "./tab-identity.ts";
import { TabIntake } from "./tab-intake.ts";
import { TabNavigation } from "./tab-navigation.ts";
import { TabOpening } from "./tab-opening.ts";
import { TabOutput } from "./tab-output.ts";
import type { TabApp, TabParts } from "./tab-parts.ts";
import { type Bridge, type TabHost, TabRequests } from "./tab-requests.ts";
import { TabSize } from "./tab-size.ts";
import { TabStates } from "./tab-states.ts";
import { TabWatching } from "./tab-watching.ts";

/**
 * One browser tab: its states, its connection, and what that connection may still miss.
 *
 * READ THIS FIRST to follow an event: `tab-intake.ts` takes a frame, the runner runs it, `tab-output.ts` sends the answer.
 * `tab-opening.ts` connects pages, `tab-navigation.ts` opens them, `tab-identity.ts` follows changes of the user.
 */
export class Tab implements TabHost, TabParts {
  readonly id: string;
  readonly tree: StateTree;
  readonly runner: Runner;
  readonly requests: TabRequests;
  readonly guards: TabGuards;
  readonly output: TabOutput;
  readonly states: TabStates;
  #app: TabApp;
  readonly #size: TabSize;
  readonly #navigation: TabNavigation;
  readonly #identity: TabIdentity;
  readonly #opening: TabOpening;
  readonly #intake: TabIntake;
  readonly #input: TabInput;

  constructor(id: string, app: TabApp, input: TabInput) {
    const inbox = new Inbox();
    const rate = new RateLimit(app.limits.eventsPerSecond, app.limits.burst);
    this.id = id;
    this.#app = app;
    this.tree = new StateTree(app.states);
    this.requests = new TabRequests(this);
    const { requests, tree } = this;
    const size = new TabSize(tree);
    this.output = new TabOutput({ id, requests, size, inbox, rate, app: () => this.#app, path: () => this.path() });
    this.runner = new Runner(tree, this.output, {
      runIn: (turn, work) =>
        requests.run(turn, this.#app.runIn ?? ((inner, values = []) => runWith(values, inner)), work),
      refresh: () => requests.refresh(),
      passed: () => requests.epoch.passed,
      maxBackground: app.limits.background,
      stuckAfter: app.limits.stuckAfter,
    });
    this.guards = new TabGuards(this);
    this.states = new TabStates(this);
    const navigation = new TabNavigation(this);
    const identity = new TabIdentity(this, navigation);
    const opening = new TabOpening(this, { inbox, navigation, identity });
    const watching = new TabWatching(this, opening, identity);
    this.#size = size;
    this.#input = input;
    this.#navigation = navigation;
    this.#identity = identity;
    this.#opening = opening;
    this.#intake = new TabIntake(this, { id, inbox, input, rate, size, opening, watching, navigation, identity });
  }

  get app(): TabApp {
    return this.#app;
  }

  /** Id of the page. */
  get page(): string {
    return this.#opening.page;
  }

  get connection(): Connection | undefined {
    return this.output.connection;
  }

  /** The number of bytes of the states when they were last measured. */
  get bytes(): number {
    return this.#size.bytes;
  }

  /** True if the states may have changed since they were measured. */
  get isStale(): boolean {
    return this.#size.isStale;
  }

  /** Returns whether what the page has sent since they were measured may have brought the states above a number of bytes. */
  mayExceed(limit: number): boolean {
    return this.#size.mayExceed(limit);
  }

  /** True if the page has ever sent a message. */
  get isTouched(): boolean {
    return this.#intake.isTouched;
  }

  /** Measures the states again. */
  measure(): number {
    return this.#size.measure(this.#app);
  }

  /** The same page comes back: it gets what it missed, or its states whole. */
  resume(connection: Connection, hello: Hello): Promise<void> {
    return this.#opening.resume(connection, hello);
  }

  /** A page is loaded: its `onLoad` runs, then it gets its states whole. */
  begin(connection: Connection, hello: Hello, fresh: boolean): Promise<void> {
    return this.#opening.begin(connection, hello, fresh);
  }

  /** Takes a message of the page. */
  receive(value: unknown, length: number): void {
    this.#intake.receive(value, length);
  }

  /** Refuses a message that could not be read as JSON. */
  unreadable(reason: Unreadable, id?: number): void {
    this.#intake.unreadable(reason, id);
  }

  /** Gives up the page that is loading: its `onLoad` must not delay the next page. */
  leavePage(): void {
    this.#navigation.leave();
  }

  /** Loads session and user again, and follows their changes. `cause` is the state whose guard has changed the user, if one has. */
  checkIdentity(cause?: string): Promise<void> {
    return this.#identity.check(cause);
  }

  // Called by the requests.

  path(): string {
    return this.#navigation.path;
  }

  bridge(): Bridge | undefined {
    return this.#app.bridge;
  }

  tierOfPage(path: string): AskedTier | undefined {
    const { page } = matchPage(this.#app.pages, path);
    return page && pageTier(page);
  }

  languageChanged(turn: TurnInfo): Soon<void> {
    return this.#navigation.languageChanged(turn);
  }

  identityChanged(turn: TurnInfo): Soon<void> {
    return this.#identity.changed(turn);
  }

  identityUndone(): void {
    this.#identity.undone();
  }

  // The end of a connection, of the tab, and of the app's code.

  /** The connection has ended; the states stay. */
  async disconnect(reason: DisconnectReason): Promise<void> {
    this.output.outbox.connect(undefined);
    await this.runner.hooks("onDisconnect", this.tree.instances(), reason);
  }

  /** The server shuts down: what runs may end, nothing new begins. */
  close(): void {
    this.output.close();
    this.runner.abort(channelErrors.CHANNEL_CLOSING());
  }

  /** The server ends without the handlers that still run: the calls that wait for them are told that they have not run. */
  refuseWaiting(): void {
    this.runner.refuseWaiting(channelErrors.CHANNEL_NOT_RUN());
  }

  /** The tab is discarded. The page is told the reason, if there is one. */
  async expire(reason?: Error): Promise<void> {
    const expired = reason ?? channelErrors.CHANNEL_TAB_EXPIRED();
    if (reason) this.output.fail(reason, "tab");
    this.#input.end();
    const connection = this.output.outbox.end();
    if (reason) connection?.close();
    else connection?.cut();
    this.runner.stop(expired);
    await this.#runExpired(expired);
    this.runner.end(expired);
  }

  /** Runs `onExpire` of all states: an app takes the tab out of its own lists there. */
  async #runExpired(reason: Error): Promise<void> {
    const { limits, logger } = this.#app;
    // Each waits for its turn from here on, so that one that does not end delays the next, but does not prevent it.
    for (const instance of this.tree.instances()) void this.runner.hooks("onExpire", [instance]);
    const isIdle = () =>
      within(
        this.runner.idle().then(() => true),
        limits.stuckAfter,
      );
    while (!(await isIdle())) {
      const handler = this.runner.takeTurn(reason);
      logger.warn({ handler, tab: this.id.slice(0, 6) }, "A handler does not end: its tab expires without it");
    }
  }

  /** Moves the tab to reloaded code of the app. Returns the names of the vars whose values no longer fit it. */
  async replaceApp(app: TabApp): Promise<readonly string[]> {
    let reset: readonly string[] = [];
    // With the pages of the changed code.
    this.#navigation.hold();
    this.runner.abort(channelErrors.CHANNEL_APP_RELOADED());
    await this.runner.exclusive(
      {
        state: "reload",
        tier: "none",
        isInternal: true,
        settle: (outcome) => {
          if ("error" in outcome) this.output.fail(outcome.error, "Reloading the states of a tab");
        },
      },
      () => {
        this.#app = app;
        const done = this.tree.replaceClasses(app.states);
        reset = done.reset;
        const shown = this.tree.shown.filter((id) => done.replaced.includes(id));
        const changes = { ...this.states.watchEach(shown) };
        // A state whose guard has not answered yet for the current user: the page has the values of the previous class.
        for (const id of shown) {
          if (this.tree.watched.has(id) && !this.guards.mayRead(id)) changes[id] = this.tree.suspend(id);
        }
        if (Object.keys(changes).length > 0) this.output.emit({ changes }, []);
      },
    );
    // Background work has ended. `onConnect` begins it again, as for a tab that comes back.
    if (this.connection) await this.guards.connect(this.guards.connected());
    this.#navigation.again();
    return reset;
  }
}
