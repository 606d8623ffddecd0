import { hasCode } from "../../errors.ts";
import type { Soon } from "../../state/handlers/soon.ts";
import type { Settle, TurnInfo } from "../../state/handlers/turn.ts";
import { State } from "../../state/state.ts";
import { channelErrors } from "../errors.ts";
import { type GuardRounds, MOST_ROUNDS, runningGuard } from "./guard-rounds.ts";
import type { GuardAnswer } from "./tab-guards.ts";
import type { TabNavigation } from "./tab-navigation.ts";
import type { TabParts } from "./tab-parts.ts";

/** Keeps a tab's states with their user: runs guards again when the user changes, and resets the states when the user leaves. */
export class TabIdentity {
  readonly #tab: TabParts;
  readonly #navigation: TabNavigation;
  /** States whose guards have changed the user since `onIdentityChange` ran last. */
  readonly #causes = new Set<string>();
  /** Times that a state's guard has changed the user since the last change by other code. */
  readonly #caused = new Map<string, number>();
  /** Settles when the states of the user who left last were removed. */
  #cleared: Promise<void> = Promise.resolve();

  constructor(tab: TabParts, navigation: TabNavigation) {
    this.#tab = tab;
    this.#navigation = navigation;
  }

  /** Runs guards and the `onIdentityChange` of states, within a turn in which the user or their session changed. */
  changed(turn: TurnInfo): Soon<void> {
    const { tree } = this.#tab;
    const guarded = tree.shown.filter((id) => tree.info(id).guard);
    this.#countCauses();
    const concerned = () => tree.instances().filter((instance) => hookOf(instance) !== hookOf(State.prototype));
    if (guarded.length === 0 && concerned().length === 0) return;
    return (async () => {
      await this.#runGuards(turn, guarded);
      for (const instance of concerned()) await this.#runHook(turn, instance);
    })();
  }

  #countCauses(): void {
    if (this.#causes.size === 0) this.#caused.clear();
    for (const id of this.#causes) this.#caused.set(id, (this.#caused.get(id) ?? 0) + 1);
    this.#causes.clear();
  }

  /** One that throws does not stop the others. */
  async #runHook(turn: TurnInfo, instance: State): Promise<void> {
    try {
      await turn.within(() => hookOf(instance)?.call(instance));
    } catch (error) {
      this.#tab.output.fail(error, `${instance.constructor.name}.onIdentityChange`);
    }
  }

  /** Withholds the states that the page may no longer read. Those that it may read again are sent after the turn. */
  async #runGuards(turn: TurnInfo, ids: readonly string[]): Promise<void> {
    const { guards, output, requests, states, tree } = this.#tab;
    const { identity } = requests.epoch;
    const refused: string[] = [];
    for (const id of ids) {
      const answer = await this.#answer(turn, id);
      guards.record(id, answer, identity);
      if (answer === "allowed") {
        if (tree.withheld.has(id)) states.admit(id);
      } else if (answer === "failed" ? !tree.suspended.has(id) : !tree.withheld.has(id)) {
        refused.push(id);
      }
    }
    if (refused.length > 0) output.send({ changes: states.refuseEach(refused) });
  }

  /**
   * The change of user of a turn did not last: the answers of its guards do not count. The guards of states that the page
   * shows empty are asked again for the user who is signed in.
   */
  undone(): void {
    const { guards, states, tree } = this.#tab;
    for (const id of tree.shown) {
      // What is still sent was allowed before the turn.
      if (tree.watched.has(id)) guards.record(id, "allowed");
      else if (tree.info(id).guard) states.admit(id);
    }
  }

  async #answer(turn: TurnInfo, id: string): Promise<GuardAnswer> {
    const { guards, output, tree } = this.#tab;
    const { guard } = tree.info(id);
    // Each run of this guard changes the user, which makes it run again.
    if ((this.#caused.get(id) ?? 0) >= MOST_ROUNDS) {
      guards.giveUp(id);
      return "refused";
    }
    try {
      const ask = () => guard?.({ state: tree.byId(id), event: "" });
      const result = await turn.within(() => runningGuard.run(id, ask));
      return result === true ? "allowed" : "refused";
    } catch (error) {
      output.fail(error, id);
      return "failed";
    }
  }

  /** Loads session and user again, and follows their changes. `cause` is the state whose guard has changed the user, if one has. */
  async check(cause?: string): Promise<void> {
    const { app, guards, output, runner } = this.#tab;
    if (!app.bridge) return;
    if (cause === undefined) {
      this.#causes.clear();
      this.#caused.clear();
    } else this.#causes.add(cause);
    const check = runner.exclusive(
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
    guards.check = check;
    try {
      await check;
    } finally {
      if (guards.check === check) {
        guards.check = undefined;
        this.#causes.clear();
      }
    }
    await this.afterTurn();
  }

  /**
   * Returns what must end before states are sent as their guards have answered; undefined if the answers are for the
   * current user with their current rights, or if the guards do not run again. To be called right before the states are sent, without a wait between.
   */
  obstacle(rounds: GuardRounds): (() => Promise<void>) | undefined {
    const { guards, requests, tree } = this.#tab;
    const { check } = guards;
    // A user who left meanwhile takes the states with them. The guards run again for the next user.
    if (requests.isLeaving) return () => this.cleared();
    if (check && rounds.ids.some((id) => tree.info(id).guard)) return () => check;
    return rounds.isOver ? undefined : () => Promise.resolve();
  }

  /**
   * Called after each message: resets the states if the user left, runs `onConnect` of new instances, and sends the states
   * whose getters no longer throw.
   */
  afterTurn(): Promise<void> | undefined {
    const { guards, requests, tree } = this.#tab;
    const left = requests.takeLeft();
    if (left) return this.#beginEpoch(left === "here");
    return guards.isBehind || tree.suspended.size > 0 ? this.#completeStates() : undefined;
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
