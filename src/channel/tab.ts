import { type RunWithin, runWith } from "../context-variable.ts";
import { AntiphonError } from "../errors.ts";
import type { Ack, ClientFrame, Hello, Life, ServerFrame, StateChange } from "../protocol/frames.ts";
import { type EventReference, matchPage, type PageTable } from "../protocol/page.ts";
import type { Unreadable } from "../protocol/wire-parser.ts";
import { stateErrors } from "../state/errors.ts";
import type { AskedTier } from "../state/event.ts";
import type { StateRegistry } from "../state/registry.ts";
import { Runner } from "../state/runner.ts";
import type { Soon } from "../state/soon.ts";
import { type DisconnectReason, type LeaveReason, State } from "../state/state.ts";
import { StateTree } from "../state/state-tree.ts";
import type { Settle, Turn, TurnInfo, TurnSink } from "../state/turn.ts";
import type { Connection } from "./connection.ts";
import { channelErrors } from "./errors.ts";
import { Inbox } from "./inbox.ts";
import type { ChannelLimits } from "./limits.ts";
import { Outbox } from "./outbox.ts";
import type { OutputBudget } from "./output-budget.ts";
import { pageTier } from "./page-tier.ts";
import { parseFrame } from "./parse-frame.ts";
import { RateLimit } from "./rate-limit.ts";
import { TabGuards } from "./tab-guards.ts";
import { type Bridge, RESTART, type TabHost, TabRequests } from "./tab-requests.ts";
import { type ChannelLogger, wireError } from "./wire-error.ts";

/** What all tabs of an app share; replaced as a whole when the app's code is loaded again. */
export interface TabApp {
  readonly states: StateRegistry;
  readonly pages: PageTable;
  readonly build: string;
  readonly limits: ChannelLimits;
  readonly mode: string;
  readonly logger: ChannelLogger;
  /** How many names that no page of the app has are written down, of all tabs together. */
  readonly strangeNames: RateLimit;
  /** Counts what the process holds for pages that have not read it yet. */
  readonly output: OutputBudget;
  /** Runs every turn in a context of the server's, for example with a database. */
  readonly runIn?: RunWithin | undefined;
  /** Makes events requests; without it they are nobody's. */
  readonly bridge?: Bridge | undefined;
}

/** Refusals of names that only a page of other code, or none at all, would send. */
const STRANGE: ReadonlySet<string> = new Set(["EVENT_UNKNOWN", "STATE_UNKNOWN", "EVENT_FIELD_UNKNOWN"]);

/** A state that is sent whole again, because its page let go of it before, counts as one call for so many characters. */
const LENGTH_OF_CALL = 64_000;

/** Milliseconds after which a page whose `onLoad` still runs is welcomed without its states. */
const SLOW_LOAD = 1_000;

/** Most of them that are written down for one tab. */
const MAX_NOTED = 10;

/**
 * One browser tab: its states, the connection it has now, and what that connection may still miss.
 *
 * READ THIS FIRST to follow an event: `receive` takes a frame, the runner runs it, the outbox sends the answer.
 */
export class Tab implements TurnSink, TabHost {
  readonly id: string;
  readonly tree: StateTree;
  readonly runner: Runner;
  readonly requests: TabRequests;
  #app: TabApp;
  #page = "";
  /** Path and query that the page shows. */
  #path = "/";
  #closing = false;
  /** The connection whose page runs its first `onLoad`. */
  #opening: Connection | undefined;
  readonly #inbox = new Inbox();
  readonly #guards: TabGuards;
  readonly #outbox: Outbox;
  readonly #rate: RateLimit;
  /** States that the page has been sent whole before. */
  readonly #shown = new Set<string>();
  /** True while a state is sent whole that the page has had before. */
  #isRepeating = false;
  #strange = 0;
  /** The life that the page knows of. */
  #toldLife: Life | undefined;
  #isStale = true;
  #isTouched = false;
  #bytes = 0;
  #isLarge = false;

  constructor(id: string, app: TabApp) {
    this.id = id;
    this.#app = app;
    this.tree = new StateTree(app.states);
    this.requests = new TabRequests(this);
    this.runner = new Runner(this.tree, this, {
      runIn: (turn, work) =>
        this.requests.run(turn, this.#app.runIn ?? ((inner, values = []) => runWith(values, inner)), work),
      refresh: () => this.requests.refresh(),
      passed: () => this.requests.life.passed,
      maxBackground: app.limits.background,
    });
    this.#guards = new TabGuards(this.tree, this.runner);
    this.#outbox = new Outbox(app.limits, app.output, (bytes) => {
      app.logger.warn({ tab: id.slice(0, 6), bytes }, "A page that does not read was cut off");
    });
    this.#rate = new RateLimit(app.limits.eventsPerSecond, app.limits.burst);
  }

  get page(): string {
    return this.#page;
  }

  get connection(): Connection | undefined {
    return this.#outbox.connection;
  }

  /** About how many bytes the tab's states took when they were last measured. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether something may have changed since the states were measured. */
  get isStale(): boolean {
    return this.#isStale;
  }

  /** Whether a page has ever done anything here but open and read. */
  get isTouched(): boolean {
    return this.#isTouched;
  }

  /** Measures the states anew. */
  measure(): number {
    this.#bytes = this.tree.size();
    this.#isStale = false;
    const { limits, logger } = this.#app;
    const wasLarge = this.#isLarge;
    this.#isLarge = this.#bytes > limits.tabBytes;
    if (this.#isLarge && !wasLarge) {
      const states = this.tree.instances().map((instance) => instance.constructor.name);
      logger.warn(
        { bytes: this.#bytes, states },
        "The states of one tab are large: keep rows in the database, not in vars",
      );
    }
    return this.#bytes;
  }

  /** The same page comes back: it gets what it missed, or its states whole. */
  async resume(connection: Connection, hello: Hello): Promise<void> {
    const told = this.#connect(connection);
    this.#deliver(connection);
    this.#path = hello.path;
    const known = this.#guards.greetable();
    for (const id of [...this.tree.watched, ...this.tree.withheld]) {
      if (!hello.watch.includes(id)) this.tree.unwatch(id);
    }
    const { version } = hello;
    const replayable = version !== undefined && version <= this.#outbox.version && !hello.damaged;
    const missed = replayable ? this.#outbox.since(version) : undefined;
    if (missed?.lost) this.fail(channelErrors.CHANNEL_EFFECTS_LOST(), "resume");
    if (missed?.frames && hello.watch.every((id) => this.tree.watched.has(id))) {
      this.#welcome({ replay: missed.frames }, false);
    } else {
      await this.#show(connection, hello, false);
    }
    await this.checkIdentity();
    await told;
    await this.#greetAgain(known);
  }

  /** A page is loaded: its `onLoad` runs, then it gets its states whole (or at the first `yield` of `onLoad`). */
  async begin(connection: Connection, hello: Hello, fresh: boolean): Promise<void> {
    const told = this.#connect(connection, "reloaded");
    this.runner.endPage(channelErrors.PAGE_RELOADED());
    this.#page = hello.page;
    this.#inbox.restart();
    this.#outbox.clear();
    this.#deliver(connection);
    for (const id of [...this.tree.watched, ...this.tree.withheld]) this.tree.unwatch(id);
    const known = fresh ? [] : this.#guards.greetable();
    const loading = this.#load(hello.path, fresh ? undefined : "reloaded");
    // A page that has been here before another one took its tab has messages in flight that nobody counts any more.
    const isFresh = fresh || hello.version !== undefined;
    // A page that holds states already shows them until it gets others.
    const early = hello.version === undefined && setTimeout(() => this.#welcomeEarly(connection, isFresh), SLOW_LOAD);
    this.#opening = connection;
    try {
      await this.#show(connection, hello, isFresh);
    } finally {
      if (early) clearTimeout(early);
      if (this.#opening === connection) this.#opening = undefined;
    }
    await loading;
    await told;
    await this.#greetAgain(known);
    await this.#guards.greet();
    // Whoever opened the socket may have signed out since.
    await this.#after();
  }

  /** Instances that were there before the connection learn of it, if they are there still. */
  async #greetAgain(known: readonly State[]): Promise<void> {
    const instances = new Set(this.tree.instances());
    const left = known.filter((instance) => instances.has(instance));
    await this.runner.hooks("onConnect", left);
  }

  #load(path: string, leave: LeaveReason | undefined): Promise<void> {
    const settle: Settle = (outcome) => {
      if (!("error" in outcome)) this.send(outcome);
      else if (!isCode(outcome.error, "PAGE_LEFT")) this.#failLoad(outcome.error, path);
    };
    return this.#navigate(path, settle, leave);
  }

  /** The page shows why it could not be opened, as it does when a navigation is answered with an error. */
  #failLoad(error: unknown, path: string): void {
    this.#outbox.problem({ error: wireError(error, `Opening ${path}`, this.#app.mode, this.#app.logger), page: path });
  }

  /** Answers when the states have been told of the end of the connection before, which the network has not noticed. */
  async #connect(connection: Connection, reason: DisconnectReason = "lost"): Promise<void> {
    // First, so that the end of the one before is not taken for the end of this one.
    const before = this.#outbox.connect(connection);
    this.requests.connect(connection.source, connection.owner);
    if (!before) return;
    before.cut();
    await this.runner.hooks("onDisconnect", this.tree.instances(), reason);
  }

  /** From here on the tab's events show the cookies that its opening has set, and the page is told to come for them. */
  #deliver({ cookies }: Connection): void {
    const effects = this.requests.deliver(cookies);
    if (effects.length > 0) this.send({ effects });
  }

  /** Sends the watched states whole, as soon as nothing is half written. */
  async #show(connection: Connection, hello: Hello, fresh: boolean): Promise<void> {
    const known = hello.watch.filter((id) => this.#app.states.get(id));
    for (const id of known) this.#make(id);
    await this.#guards.greet();
    const admitted = await this.#guards.admit(known);
    await this.runner.between(() => {
      if (this.connection !== connection) return;
      const changes: Record<string, ReturnType<StateTree["watch"]>> = {};
      for (const id of admitted.ids) {
        try {
          changes[id] = this.tree.watch(id);
        } catch (error) {
          this.fail(error, id);
        }
      }
      for (const id of known) if (this.tree.withheld.has(id)) changes[id] = this.tree.withhold(id);
      if (this.#outbox.isOpen) {
        this.send({ changes, effects: admitted.effects });
        return;
      }
      const { acks, effects } = this.#outbox.since(hello.version ?? 0);
      this.#welcome({ snapshot: { version: this.#outbox.version, changes, acks, effects } }, fresh);
      if (admitted.effects.length > 0) this.send({ effects: admitted.effects });
    });
  }

  /** Its `onLoad` takes long, perhaps for ever: the page learns that it is connected, and waits for its states alone. */
  #welcomeEarly(connection: Connection, fresh: boolean): void {
    if (this.connection !== connection || this.#outbox.isOpen) return;
    const { acks, effects } = this.#outbox.since(0);
    this.#welcome({ snapshot: { version: this.#outbox.version, changes: {}, acks, effects } }, fresh);
  }

  #make(id: string): void {
    try {
      this.tree.byId(id);
    } catch (error) {
      this.fail(error, id);
    }
  }

  #welcome(resume: { replay: readonly ServerFrame[] } | { snapshot: ServerFrame }, fresh: boolean): void {
    const { id: tab } = this;
    const { build, limits } = this.#app;
    const { received, open } = this.#inbox;
    const life = this.#lifeNow();
    this.#toldLife = life;
    this.#outbox.welcome({ tab, fresh, life, received, open: [...open], resume, frameSize: limits.frameSize, build });
    if (this.#closing) this.#outbox.closing(received);
  }

  #lifeNow(): Life {
    return this.requests.life.of(this.requests.owner);
  }

  // Who the tab belongs to.

  path(): string {
    return this.#path;
  }

  bridge(): Bridge | undefined {
    return this.#app.bridge;
  }

  tierOfPage(path: string): AskedTier | undefined {
    const { page } = matchPage(this.#app.pages, path);
    return page && pageTier(page);
  }

  identityChanged(turn: TurnInfo): Soon<void> {
    const guarded = [...this.tree.watched, ...this.tree.withheld].filter((id) => this.tree.info(id).guard);
    const concerned = () => this.tree.instances().filter((instance) => hookOf(instance) !== hookOf(State.prototype));
    if (guarded.length === 0 && concerned().length === 0) return;
    return (async () => {
      await this.#askGuards(turn, guarded);
      for (const instance of concerned()) await turn.within(() => hookOf(instance)?.call(instance));
    })();
  }

  /** What the page may not read any more is taken from it, and what it may read again is sent whole. */
  async #askGuards(turn: TurnInfo, ids: readonly string[]): Promise<void> {
    const changes: Record<string, ReturnType<StateTree["watch"]>> = {};
    for (const id of ids) {
      const allowed = await this.#mayRead(turn, id);
      if (allowed === this.tree.watched.has(id)) continue;
      this.#guards.set(id, allowed);
      // It does not come back with what was in it.
      if (!allowed) this.requests.life.take(id);
      changes[id] = allowed ? this.tree.watch(id) : this.tree.withhold(id);
    }
    if (Object.keys(changes).length > 0) this.send({ changes });
  }

  async #mayRead(turn: TurnInfo, id: string): Promise<boolean> {
    const { guard } = this.tree.info(id);
    try {
      return (await turn.within(() => guard?.({ state: this.tree.byId(id), event: "" }))) === true;
    } catch {
      return false;
    }
  }

  /** Something about the session or the user may have changed elsewhere: looks, and follows. */
  async checkIdentity(): Promise<void> {
    if (!this.#app.bridge) return;
    await this.runner.exclusive(
      {
        state: "identity",
        tier: "session",
        isPassive: true,
        settle: (outcome) => {
          if (!("error" in outcome)) this.send(outcome);
          else if (!isCode(outcome.error, "CHANNEL_SIGNED_OUT")) this.fail(outcome.error, "identity");
        },
      },
      () => [],
    );
    await this.#after();
  }

  /** The user has gone: no state of theirs stays, neither here nor on the page. */
  async #startAnew(load: boolean): Promise<void> {
    this.runner.disown(channelErrors.CHANNEL_SIGNED_OUT());
    await this.runner.exclusive({ state: RESTART, tier: "none", settle: () => {} }, () => {
      this.tree.clear();
      this.#guards.clear();
      this.#outbox.clear();
      this.requests.left();
      const watched = [...this.tree.watched];
      // What is guarded comes back when its guard lets the next user see it.
      const anew = (id: string) => (this.tree.info(id).guard ? this.tree.withhold(id) : this.tree.watch(id));
      this.#emit({ changes: Object.fromEntries(watched.map((id) => [id, anew(id)])) }, []);
    });
    await this.#guards.greet();
    if (load && this.connection) await this.#load(this.#path, undefined);
    await this.#guards.greet();
  }

  /** The connection has ended; the states stay. */
  async disconnect(reason: DisconnectReason): Promise<void> {
    this.#outbox.connect(undefined);
    await this.runner.hooks("onDisconnect", this.tree.instances(), reason);
  }

  /** The server shuts down: what runs may end, nothing new begins. */
  close(): void {
    this.#closing = true;
    this.#outbox.closing(this.#inbox.received);
    this.runner.abort(channelErrors.CHANNEL_CLOSING());
  }

  /** The tab is discarded. */
  async expire(): Promise<void> {
    const gone = channelErrors.CHANNEL_TAB_EXPIRED();
    this.#outbox.end()?.cut();
    this.runner.stop(gone);
    await this.runner.hooks("onExpire", this.tree.instances());
    this.runner.end(gone);
  }

  /** The app's code was loaded again. Returns the names of the vars whose values no longer fit it. */
  async replaceApp(app: TabApp): Promise<readonly string[]> {
    let reset: readonly string[] = [];
    this.runner.abort(channelErrors.CHANNEL_APP_RELOADED());
    await this.runner.exclusive(
      {
        state: "reload",
        tier: "none",
        settle: (outcome) => {
          if ("error" in outcome) this.fail(outcome.error, "Reloading the states of a tab");
        },
      },
      () => {
        this.#app = app;
        const done = this.tree.replaceClasses(app.states);
        reset = done.reset;
        const watched = done.replaced.filter((id) => this.tree.watched.has(id));
        const changes = Object.fromEntries(watched.map((id) => [id, this.tree.watch(id)]));
        if (watched.length > 0) this.#emit({ changes }, []);
        return [];
      },
    );
    // Background work has ended: what begins it for a tab that comes back begins it here too.
    if (this.connection) await this.runner.hooks("onConnect", this.#guards.greetable());
    return reset;
  }

  /** Takes a message of the page. */
  receive(value: unknown): void {
    let frame: ClientFrame;
    try {
      frame = parseFrame(value);
    } catch (error) {
      this.#refuse(value, error);
      return;
    }
    this.#outbox.seen(frame.seen);
    // While the server stops nothing is taken: the page was told so, and sends it to the next server.
    if (frame.kind === "seen" || this.#closing || !this.#take(frame.id)) return;
    this.#isStale = true;
    this.#isTouched = true;
    const settle = this.#settlerOf(frame.id, () => labelOf(frame));
    const { limits } = this.#app;
    // Never refused: a page that lets go of a state takes nothing for it, and asks for it again one day.
    if (frame.kind === "unwatch") {
      for (const id of frame.states) this.tree.unwatch(id);
      settle({});
    } else if (!this.#rate.take()) {
      settle({ error: channelErrors.CHANNEL_RATE_LIMITED(limits.eventsPerSecond) });
    } else if (this.#inbox.open.length > limits.queue) {
      settle({ error: channelErrors.CHANNEL_QUEUE_FULL(limits.queue) });
    } else {
      try {
        const running = this.#dispatch(frame, settle);
        const rest = running ? this.#afterwards(running) : this.#after();
        rest?.catch((error: unknown) => settle({ error }));
      } catch (error) {
        settle({ error });
      }
    }
  }

  /** A message of the page could not even be read as JSON. */
  unreadable(reason: Unreadable, id?: number): void {
    const { limits } = this.#app;
    const error =
      reason === "too large"
        ? channelErrors.CHANNEL_FRAME_TOO_LARGE(limits.frameSize)
        : reason === "too deep"
          ? channelErrors.CHANNEL_FRAME_TOO_DEEP(limits.depth)
          : channelErrors.CHANNEL_FRAME_INVALID(reason);
    this.#refuse({ id }, error);
  }

  #refuse(value: unknown, error: unknown): void {
    const { id } = (value ?? {}) as { id?: unknown };
    if (!this.#rate.take()) {
      // A page of ours sends nothing that cannot be read: who does so again and again is no such page.
      this.fail(channelErrors.CHANNEL_RATE_LIMITED(this.#app.limits.eventsPerSecond), "message");
      this.connection?.close();
      return;
    }
    if (id === this.#inbox.received + 1 && this.#take(id)) this.#settlerOf(id, () => "A message")({ error });
    else this.fail(error, "message");
  }

  #take(id: number): boolean {
    const taken = this.#inbox.take(id);
    if (taken !== "gap") return taken;
    this.fail(channelErrors.CHANNEL_FRAME_INVALID(`id ${id} came after ${this.#inbox.received}`), "message");
    return false;
  }

  #settlerOf(id: number, label: () => string): Settle {
    const page = this.#page;
    return (outcome) => {
      // A page that was loaded anew counts from 1 again: an answer to the old one must not reach it.
      const mine = page === this.#page && this.#inbox.answered(id);
      if ("error" in outcome) {
        const error = wireError(outcome.error, label(), this.#app.mode, this.#app.logger);
        if (STRANGE.has(error.code)) this.#note(error.code, label());
        if (mine) this.#emit({}, [[id, error]]);
      } else {
        this.#emit(outcome, mine ? [[id]] : []);
      }
    };
  }

  /** Writes down that a page asks for what no page of the app has: an old page, or somebody who tries names. */
  #note(code: string, label: string): void {
    if (++this.#strange > MAX_NOTED || !this.#app.strangeNames.take()) return;
    const message =
      this.#strange === MAX_NOTED ? "more of the same tab is not noted" : "no page of this app asks for that";
    this.#app.logger.warn({ code, asked: label, tab: this.id.slice(0, 6) }, message);
  }

  /** Answers with a promise when there is something to wait for. */
  #dispatch(frame: Exclude<ClientFrame, { kind: "seen" | "unwatch" }>, settle: Settle): Promise<void> | void {
    const { depth } = this.#app.limits;
    switch (frame.kind) {
      case "event":
        this.#assertLife(frame.state, frame.event, frame.epoch);
        return this.runner.call(frame, depth, settle);
      case "field":
        this.#assertLife(frame.state, frame.field, frame.epoch);
        return this.runner.write(frame, depth, settle);
      case "navigate":
        return this.#navigate(frame.path, settle, "left");
      case "watch":
        return this.#watch(frame.states, settle);
      default:
        frame satisfies never;
    }
  }

  /** What was asked of states that are no more, or as somebody else, must not happen to those of now. */
  #assertLife(state: string, name: string, epoch: number | undefined): void {
    const broken = epoch === undefined ? undefined : this.requests.life.broken(state, epoch);
    if (broken === undefined) return;
    const error = broken === "gone" ? stateErrors.EVENT_STATE_GONE : stateErrors.EVENT_USER_CHANGED;
    throw error(this.tree.info(state).name, name);
  }

  async #watch(ids: readonly string[], settle: Settle): Promise<void> {
    try {
      for (const id of ids) this.tree.byId(id);
      await this.#guards.greet();
      const admitted = await this.#guards.admit(ids);
      const show = () => {
        const changes = this.#watchNew(admitted.ids);
        this.#isRepeating = Object.keys(changes).some((id) => this.#shown.has(id));
        for (const id in changes) this.#shown.add(id);
        if (admitted.ids.length === ids.length) settle({ changes });
        else {
          this.send({ changes, effects: admitted.effects });
          const refused = ids.find((id) => !admitted.ids.includes(id)) as string;
          settle({ error: stateErrors.STATE_REFUSED(this.tree.info(refused).name) });
        }
        this.#isRepeating = false;
      };
      // A page that is being opened is shown with what its `onLoad` has made of its states.
      await (this.#opening ? this.runner.between(show) : this.runner.reading(admitted.ids, show));
    } catch (error) {
      settle({ error });
    }
  }

  /** Begins to send states, each of them whole. A state that is sent already was whole once: it is not encoded again. */
  #watchNew(ids: readonly string[]): Record<string, StateChange> {
    const changes: Record<string, StateChange> = {};
    try {
      for (const id of ids) if (!this.tree.watched.has(id)) changes[id] = this.tree.watch(id);
    } catch (error) {
      // None of them is sent: the page must be able to ask for each.
      for (const id in changes) this.tree.unwatch(id);
      throw error;
    }
    return changes;
  }

  /** The page on screen is left or loaded again: its `onLoad` must not hold up what comes next. */
  leavePage(): void {
    this.runner.leavePage(channelErrors.PAGE_LEFT());
  }

  #navigate(path: string, settle: Settle, leave: LeaveReason | undefined): Promise<void> {
    const { page, location } = matchPage(this.#app.pages, path);
    const admit = async () => {
      const answer = page?.guard ? await page.guard(location) : true;
      if (typeof answer === "object" && answer !== null && answer.effect === "redirect") return [answer];
      if (answer !== true) throw channelErrors.PAGE_REFUSED(location.path);
      return undefined;
    };
    const enter = () => {
      this.#path = path;
      this.tree.setRouter(location);
    };
    const onLoad = page?.onLoad ?? [];
    const events = Array.isArray(onLoad) ? (onLoad as EventReference[]) : [onLoad as EventReference];
    this.leavePage();
    return this.runner.load({ url: path, admit, enter, leave, left: channelErrors.PAGE_LEFT(), events }, settle);
  }

  async #afterwards(running: Promise<void>): Promise<void> {
    await running;
    await this.#after();
  }

  #after(): Promise<void> | undefined {
    const left = this.requests.takeLeft();
    if (left) return this.#startAnew(left === "here");
    return this.tree.hasNewborn ? this.#guards.greet() : undefined;
  }

  // What the runner has to say.

  send(turn: Turn): void {
    // Also when there is nothing to send: a handler may have changed what the page does not see.
    this.#isStale = true;
    // What work of a user who has gone still says is for nobody else.
    if (!this.requests.isLeaving) this.#emit(turn, []);
  }

  fail(error: unknown, label: string, ofPage = false): void {
    const page = ofPage && isCode(error, "NOT_FOUND") ? { page: this.#path } : {};
    this.#outbox.problem({ error: wireError(error, label, this.#app.mode, this.#app.logger), ...page });
  }

  #emit(turn: Turn, acks: readonly Ack[]): void {
    const life = this.#lifeNow();
    // The welcome tells it to a page that knows none.
    const isOther = this.#toldLife !== undefined && life !== this.#toldLife;
    if (isOther) this.#toldLife = life;
    const length = this.#outbox.frame(turn, acks, isOther ? life : undefined);
    if (length === 0) return;
    this.#isStale = true;
    if (this.#isRepeating) this.#rate.charge(length / LENGTH_OF_CALL);
  }
}

function hookOf(instance: State): (() => unknown) | undefined {
  return (instance as unknown as { onIdentityChange?: () => unknown }).onIdentityChange;
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof AntiphonError && error.code === code;
}

/** How the log and a page in development name what failed. */
function labelOf(frame: ClientFrame): string {
  const short = (state: string) => state.slice(state.lastIndexOf(".") + 1);
  if (frame.kind === "event") return `${short(frame.state)}.${frame.event}`;
  if (frame.kind === "navigate") return `Opening ${frame.path}`;
  return frame.kind === "field" ? `${short(frame.state)}.${frame.field}` : `A ${frame.kind} message`;
}
