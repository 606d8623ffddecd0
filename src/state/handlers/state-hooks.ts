import { stateErrors } from "../errors.ts";
import { type LeaveReason, State } from "../state.ts";
import type { StateTree } from "../state-tree.ts";
import type { ActiveRun } from "./active-run.ts";
import type { ActiveRuns } from "./active-runs.ts";
import type { HandlerSteps } from "./handler-steps.ts";
import type { Settlement, TurnParts } from "./settlement.ts";
import type { TurnSink } from "./turn.ts";
import type { TurnSchedule } from "./turn-schedule.ts";

/** Hooks that run in a turn of their own. */
export type TurnHook = "onConnect" | "onDisconnect" | "onExpire";

type HookName = TurnHook | "onLeave";

type Hook = (this: State, ...args: readonly unknown[]) => unknown;

/** The stages of a runner that hooks use. */
interface HookStages {
  readonly settlement: Settlement;
  readonly steps: HandlerSteps;
  readonly schedule: TurnSchedule;
}

/** Runs the lifecycle hooks of a tab's states. */
export class StateHooks {
  readonly #tree: StateTree;
  readonly #sink: TurnSink;
  readonly #active: ActiveRuns;
  readonly #settlement: Settlement;
  readonly #steps: HandlerSteps;
  readonly #schedule: TurnSchedule;

  constructor({ tree, sink, active }: TurnParts, stages: HookStages) {
    this.#tree = tree;
    this.#sink = sink;
    this.#active = active;
    this.#settlement = stages.settlement;
    this.#steps = stages.steps;
    this.#schedule = stages.schedule;
  }

  /**
   * Runs a hook of each instance in a turn of its own, unless `mayRun` denies it then. One that throws does not stop the
   * others.
   */
  async run(
    name: TurnHook,
    instances: readonly State[],
    args: readonly unknown[],
    mayRun: (instance: State) => boolean = () => true,
  ): Promise<void> {
    for (const instance of instances) {
      const hook = hookOf(instance, name);
      if (!hook) continue;
      const state = instance.constructor.name;
      // The app's view hooks are for actions of a user.
      const tier = this.#tree.tierOf(instance) === "none" ? "none" : "session";
      await this.#schedule.exclusive(
        {
          state,
          event: name,
          tier,
          isPassive: true,
          settle: (outcome) => {
            if ("error" in outcome) this.#sink.fail(outcome.error, `${state}.${name}`);
            else this.#sink.send(outcome);
          },
        },
        (run) => {
          if (!mayRun(instance)) return undefined;
          if (name === "onConnect") this.#restartOnConnect(run, instance);
          return this.#steps.drive(run, () => hook.call(instance, ...args), 0);
        },
      );
    }
  }

  /** Ends background work that the hook began at an earlier connection, because the hook begins it again. */
  #restartOnConnect(run: ActiveRun, instance: State): void {
    for (const each of this.#active.all()) {
      if (each.life !== "page" || each.onConnectOf !== instance) continue;
      each.giveUp(stateErrors.EVENT_SUPERSEDED(each.state, each.event));
    }
    run.onConnectOf = instance;
  }

  /** Runs `onLeave` of all states within the turn of a page load. */
  async leave(run: ActiveRun, reason: LeaveReason): Promise<void> {
    for (const instance of this.#tree.instances()) {
      const hook = hookOf(instance, "onLeave");
      if (!hook) continue;
      try {
        this.#settlement.flush(run, await this.#steps.drive(run, () => hook.call(instance, reason), 0));
      } catch (error) {
        if (run.superseded) throw run.superseded;
        this.#settlement.undo(run);
        this.#sink.fail(error, `${instance.constructor.name}.onLeave`);
      }
    }
  }
}

/** Returns a hook of an instance if its class overrides it. */
function hookOf(instance: State, name: HookName): Hook | undefined {
  const method = (instance as unknown as Record<HookName, Hook>)[name];
  return method === (State.prototype as unknown as Record<HookName, Hook>)[name] ? undefined : method;
}
