import { hasCode } from "../../errors.ts";
import type { StateChange } from "../../protocol/frames.ts";
import type { Soon } from "../../state/handlers/soon.ts";
import type { Settle, TurnInfo } from "../../state/handlers/turn.ts";
import { State } from "../../state/state.ts";
import { channelErrors } from "../errors.ts";
import type { TabNavigation } from "./tab-navigation.ts";
import type { TabParts } from "./tab-parts.ts";

/** Keeps a tab's states with their user: runs guards again when the user changes, and resets the states when the user leaves. */
export class TabIdentity {
  readonly #tab: TabParts;
  readonly #navigation: TabNavigation;
  /** Settles when the states of the user who left last were removed. */
  #cleared: Promise<void> = Promise.resolve();
  /** The states that the guards of a turn decided otherwise than before. */
  #decided: { readonly turn: TurnInfo; readonly ids: string[] } | undefined;

  constructor(tab: TabParts, navigation: TabNavigation) {
    this.#tab = tab;
    this.#navigation = navigation;
  }

  /** Runs guards and the `onIdentityChange` of states, within a turn in which the user or their session changed. */
  changed(turn: TurnInfo): Soon<void> {
    const { tree } = this.#tab;
    const guarded = tree.shown.filter((id) => tree.info(id).guard);
    const concerned = () => tree.instances().filter((instance) => hookOf(instance) !== hookOf(State.prototype));
    if (guarded.length === 0 && concerned().length === 0) return;
    return (async () => {
      await this.#runGuards(turn, guarded);
      for (const instance of concerned()) await turn.within(() => hookOf(instance)?.call(instance));
    })();
  }

  /** Withholds the states that the page may no longer read. Those that it may read again are sent after the turn. */
  async #runGuards(turn: TurnInfo, ids: readonly string[]): Promise<void> {
    const { guards, output, requests, states, tree } = this.#tab;
    const changes: Record<string, StateChange> = {};
    const decided: string[] = [];
    this.#decided = { turn, ids: decided };
    for (const id of ids) {
      const allowed = await this.#mayRead(turn, id);
      if (allowed === undefined ? tree.suspended.has(id) : allowed !== tree.withheld.has(id)) continue;
      decided.push(id);
      guards.set(id, allowed ?? false);
      if (allowed === undefined) {
        // It is asked again, so the server keeps the values.
        changes[id] = tree.suspend(id);
      } else if (allowed) {
        states.admit(id);
      } else {
        // The state is created again, without its values, when the page may read it again.
        requests.epoch.take(id);
        changes[id] = tree.withhold(id);
      }
    }
    if (Object.keys(changes).length > 0) output.send({ changes });
  }

  /**
   * The change of user of a turn did not last: what its guards decided does not count. They are asked again for the user
   * who is signed in, before anything of their states is sent.
   */
  undone(turn: TurnInfo): void {
    const { guards, states } = this.#tab;
    if (this.#decided?.turn !== turn) return;
    for (const id of this.#decided.ids) {
      guards.set(id, false);
      states.admit(id);
    }
    this.#decided = undefined;
  }

  /** Asks the guard of a state; undefined if the guard throws. */
  async #mayRead(turn: TurnInfo, id: string): Promise<boolean | undefined> {
    const { output, tree } = this.#tab;
    const { guard } = tree.info(id);
    try {
      return (await turn.within(() => guard?.({ state: tree.byId(id), event: "" }))) === true;
    } catch (error) {
      output.fail(error, id);
      return undefined;
    }
  }

  /** Loads session and user again, and follows their changes. */
  async check(): Promise<void> {
    const { app, output, runner } = this.#tab;
    if (!app.bridge) return;
    await runner.exclusive(
      {
        state: "identity",
        tier: "session",
        isPassive: true,
        settle: (outcome) => {
          if (!("error" in outcome)) output.send(outcome);
          else if (!hasCode(outcome.error, "CHANNEL_SIGNED_OUT")) output.fail(outcome.error, "identity");
        },
      },
      () => [],
    );
    await this.afterTurn();
  }

  /**
   * Called after each message: resets the states if the user left, runs `onConnect` of new instances, and sends the states
   * whose getters no longer throw.
   */
  afterTurn(): Promise<void> | undefined {
    const { requests, tree } = this.#tab;
    const left = requests.takeLeft();
    if (left) return this.#beginEpoch(left === "here");
    return tree.hasNewInstances || tree.suspended.size > 0 ? this.#completeStates() : undefined;
  }

  async #completeStates(): Promise<void> {
    const { guards, states } = this.#tab;
    await guards.runOnConnect();
    await states.retrySuspended();
  }

  /** Settles when the states of a user who is leaving are removed. Starts that if nothing else has. */
  async cleared(): Promise<void> {
    const left = this.#tab.requests.takeLeft();
    if (left) void this.#beginEpoch(left === "here");
    await this.#cleared;
  }

  /** Removes every state of a user who left, on the server and in the page. */
  async #beginEpoch(load: boolean): Promise<void> {
    const { guards, output, requests, runner, states, tree } = this.#tab;
    const cleared = Promise.withResolvers<void>();
    this.#cleared = cleared.promise;
    runner.disown(channelErrors.CHANNEL_SIGNED_OUT());
    const settle: Settle = (outcome) => {
      if ("error" in outcome) output.fail(outcome.error, "restart");
    };
    await runner.exclusive({ state: "restart", tier: "none", isInternal: true, settle }, () => {
      tree.clear();
      guards.clear();
      output.outbox.clear();
      requests.left();
      const shown = [...tree.watched, ...tree.suspended];
      // A guarded state is sent when its guard allows it to the next user.
      const guarded = shown.filter((id) => tree.info(id).guard).map((id) => [id, tree.withhold(id)]);
      const open = states.watchAnew(shown.filter((id) => !tree.info(id).guard));
      output.emit({ changes: { ...Object.fromEntries(guarded), ...open } }, []);
    });
    cleared.resolve();
    await guards.runOnConnect();
    if (load && output.connection) await this.#navigation.load(this.#navigation.path, undefined);
    await this.#completeStates();
  }
}

function hookOf(instance: State): (() => unknown) | undefined {
  return (instance as unknown as { onIdentityChange?: () => unknown }).onIdentityChange;
}
