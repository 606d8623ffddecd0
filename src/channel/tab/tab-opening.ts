import type { Effect, Hello } from "../../protocol/frames.ts";
import type { DisconnectReason } from "../../state/state.ts";
import type { StateTree } from "../../state/state-tree.ts";
import type { Connection } from "../connection.ts";
import { channelErrors } from "../errors.ts";
import { GuardRounds } from "./guard-rounds.ts";
import type { Inbox } from "./inbox.ts";
import type { TabIdentity } from "./tab-identity.ts";
import type { TabNavigation } from "./tab-navigation.ts";
import type { TabParts } from "./tab-parts.ts";

/** Milliseconds after which a page that holds no states is welcomed without them. */
const SLOW_LOAD = 1_000;

/** The stages of a tab that its opening uses. */
interface Stages {
  readonly inbox: Inbox;
  readonly navigation: TabNavigation;
  readonly identity: TabIdentity;
}

/** A page that connects. */
interface Arriving {
  readonly connection: Connection;
  readonly hello: Hello;
  /** True if the server does not count the messages that it sent before. */
  readonly fresh: boolean;
  /** True if it shows states already. */
  readonly holdsStates: boolean;
  /** True if the tab has shown its states to a page before. */
  readonly isReturn: boolean;
}

/** Connects pages with a tab: one that is loaded, and one that comes back. */
export class TabOpening {
  readonly #tab: TabParts;
  readonly #stages: Stages;
  #page = "";
  /** The connection whose page runs its first `onLoad`. */
  #current: Connection | undefined;

  constructor(tab: TabParts, stages: Stages) {
    this.#tab = tab;
    this.#stages = stages;
  }

  /** Id of the page. */
  get page(): string {
    return this.#page;
  }

  /** True while a page runs its first `onLoad`. */
  get isOpening(): boolean {
    return this.#current !== undefined;
  }

  /** The same page comes back: it gets what it missed, or its states whole. */
  async resume(connection: Connection, hello: Hello): Promise<void> {
    const { guards, output, tree } = this.#tab;
    const { navigation } = this.#stages;
    const disconnected = this.#connect(connection, hello, "lost");
    this.#deliver(connection);
    navigation.resume(hello.path);
    const known = guards.connected();
    for (const id of tree.shown) {
      if (!hello.watch.includes(id)) tree.unwatch(id);
    }
    const { version } = hello;
    const isKnown = version !== undefined && version <= output.outbox.version && !hello.damaged;
    const missed = isKnown ? output.outbox.since(version) : undefined;
    if (missed?.lost) output.fail(channelErrors.CHANNEL_EFFECTS_LOST(), "resume");
    const holdsStates = version !== undefined && hello.watch.some((id) => tree.watched.has(id));
    const isOpening = navigation.unfinished !== undefined && !holdsStates;
    // A page that holds a state without its values does not request it: the guards run again for it.
    if (missed?.frames && output.mayRepeat && !isOpening && !hello.watch.some((id) => isEmpty(tree, id))) {
      // The page requests what it does not hold yet: it must not wait for the handler that has the turn.
      const { frames } = missed;
      output.repeating(() => output.welcome({ replay: frames }, false));
      navigation.again();
    } else {
      navigation.again();
      const page = { connection, hello, fresh: false, holdsStates, isReturn: true };
      await (isOpening ? this.#open(page) : this.#show(page));
    }
    await this.#stages.identity.check();
    await disconnected;
    await guards.connect(known);
    await this.#stages.identity.afterTurn();
  }

  /** A page is loaded: its `onLoad` runs, then it gets its states whole (or at the first `yield` of `onLoad`). */
  async begin(connection: Connection, hello: Hello, fresh: boolean): Promise<void> {
    const { guards, output, runner, tree } = this.#tab;
    const { identity, inbox, navigation } = this.#stages;
    const disconnected = this.#connect(connection, hello, "reloaded");
    runner.endPage(channelErrors.PAGE_RELOADED());
    this.#page = hello.page;
    inbox.restart();
    output.outbox.clear();
    this.#deliver(connection);
    for (const id of tree.shown) tree.unwatch(id);
    const known = fresh ? [] : guards.connected();
    const loading = navigation.load(hello.path, fresh ? undefined : "reloaded");
    // If another page took the tab meanwhile, the server no longer counts the messages that this page sent before.
    const isFresh = fresh || hello.version !== undefined;
    const holdsStates = hello.version !== undefined;
    await this.#open({ connection, hello, fresh: isFresh, holdsStates, isReturn: !fresh });
    await loading;
    await disconnected;
    await guards.connect(known);
    await guards.runOnConnect();
    // The user may have signed out since the socket was opened.
    await identity.afterTurn();
  }

  /** Shows a page whose first `onLoad` runs. */
  async #open(page: Arriving): Promise<void> {
    const { connection } = page;
    this.#current = connection;
    try {
      await this.#show(page);
    } finally {
      if (this.#current === connection) this.#current = undefined;
    }
  }

  /** Replaces the connection. Settles after `onDisconnect` of the previous one, whose end the network has not reported. */
  async #connect(connection: Connection, hello: Hello, reason: DisconnectReason): Promise<void> {
    const { output, requests, runner, tree } = this.#tab;
    // First, so that the end of the previous connection does not count as the end of this one.
    const before = output.outbox.connect(connection);
    requests.connect(connection.source, connection.owner, hello.claiming === true);
    if (!before) return;
    before.cut();
    await runner.hooks("onDisconnect", tree.instances(), reason);
  }

  /** Uses the cookies of the socket's opening for the tab's events, and tells the page to fetch them. */
  #deliver({ cookies }: Connection): void {
    const { output, requests } = this.#tab;
    const effects = requests.deliver(cookies);
    if (effects.length > 0) output.send({ effects });
  }

  /** Sends the watched states whole. If they take long, a page that holds none is connected before, and shows that they load. */
  async #show(page: Arriving): Promise<void> {
    const { output, requests } = this.#tab;
    const welcome = () => {
      if (output.connection !== page.connection || output.outbox.isOpen || requests.isLeaving) return;
      this.#charged(page, () => output.welcomeWhole({}, page.hello.version ?? 0, page.fresh));
    };
    // A page that holds states shows them until it gets others.
    const timer = page.holdsStates ? undefined : setTimeout(welcome, SLOW_LOAD);
    try {
      // A page that comes back again and again has its states encoded whole each time.
      if (page.isReturn) await output.untilMayRepeat(page.connection);
      if (output.connection === page.connection) await this.#showSettled(page);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Runs work that welcomes a page. What the tab has shown before is charged to the page's rate. */
  #charged({ isReturn }: Arriving, work: () => void): void {
    if (isReturn) this.#tab.output.repeating(work);
    else work();
  }

  /** Sends the watched states whole, as soon as no write is incomplete. */
  async #showSettled(page: Arriving): Promise<void> {
    const { connection, hello } = page;
    const { app, output, requests, runner } = this.#tab;
    const { identity, navigation } = this.#stages;
    const known = hello.watch.filter((id) => app.states.get(id));
    const rounds = new GuardRounds(this.#tab, known);
    for (;;) {
      for (const id of known) this.#create(id);
      const effects = await rounds.run();
      const obstacle = await runner.between((): (() => Promise<void>) | undefined => {
        if (output.connection !== connection && !requests.isLeaving) return undefined;
        const { unfinished } = navigation;
        const wait = identity.obstacle(rounds) ?? (unfinished && (() => unfinished));
        if (!wait) this.#charged(page, () => this.#showNow(page, rounds, effects));
        return wait;
      });
      if (!obstacle) return;
      await obstacle();
    }
  }

  #showNow({ hello, fresh }: Arriving, rounds: GuardRounds, effects: readonly Effect[]): void {
    const { output, states } = this.#tab;
    const { ids: known } = rounds;
    rounds.end();
    const changes = { ...states.watchEach(known), ...states.refuseEach(known) };
    if (output.outbox.isOpen) {
      output.send({ changes, effects });
      return;
    }
    output.welcomeWhole(changes, hello.version ?? 0, fresh);
    if (effects.length > 0) output.send({ effects });
  }

  /** Creates the instance of a state. An error is reported when the state is sent. */
  #create(id: string): void {
    try {
      this.#tab.tree.byId(id);
    } catch {
      // The other states are sent.
    }
  }
}

/** Returns whether the browser shows a state without its values. */
function isEmpty(tree: StateTree, id: string): boolean {
  return tree.withheld.has(id) || tree.suspended.has(id);
}
