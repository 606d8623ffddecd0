import type { Effect } from "../protocol/frames.ts";
import { applyChange, type Vars } from "../protocol/patches.ts";
import { type StateClass, stateId, tagStates } from "./class-info.ts";
import { Runner, type RunnerOptions } from "./handlers/runner.ts";
import type { Turn } from "./handlers/turn.ts";
import { StateRegistry } from "./registry.ts";
import type { State } from "./state.ts";
import { StateTree } from "./state-tree.ts";
import type { Changes } from "./watched-changes.ts";

/** A tab without a socket: its frames go through JSON into a copy of the vars, as in a browser. */
export class Bench {
  readonly tree: StateTree;
  readonly runner: Runner;
  readonly turns: Turn[] = [];
  readonly effects: Effect[] = [];
  readonly failures: { readonly label: string; readonly error: unknown }[] = [];
  readonly copies = new Map<string, Vars>();
  lastChanges: Changes | undefined;

  constructor(classes: Record<string, StateClass>, options?: RunnerOptions) {
    tagStates("test", classes);
    this.tree = new StateTree(new StateRegistry([classes]));
    this.runner = new Runner(
      this.tree,
      { send: (turn) => this.take(turn), fail: (error, label) => this.failures.push({ error, label }) },
      options,
    );
  }

  take(turn: Turn): void {
    const sent = JSON.parse(JSON.stringify(turn)) as Turn;
    this.turns.push(sent);
    this.lastChanges = sent.changes;
    this.effects.push(...(sent.effects ?? []));
    for (const [id, change] of Object.entries(sent.changes ?? {})) {
      this.copies.set(id, applyChange(this.copies.get(id), change));
    }
  }

  watch(stateClass: StateClass): void {
    const id = stateId(stateClass) as string;
    this.take({ changes: { [id]: this.tree.watch(id) } });
  }

  instance<C extends StateClass>(stateClass: C): InstanceType<C> {
    return this.tree.sibling(stateClass) as InstanceType<C>;
  }

  /** What the browser holds of a state. */
  copy(stateClass: StateClass): Vars {
    return this.copies.get(stateId(stateClass) as string) as Vars;
  }

  /** Calls an event as a browser does; returns the error, if it failed. */
  async call(stateClass: StateClass, event: string, ...args: unknown[]): Promise<unknown> {
    let failure: unknown;
    const call = { state: stateId(stateClass) as string, event, args: JSON.parse(JSON.stringify(args)) };
    await this.runner.call(call, 32, (outcome) => {
      if ("error" in outcome) failure = outcome.error;
      else this.take(outcome);
    });
    return failure;
  }

  /** Runs work that may write, in a turn of its own. */
  async write(work: () => void | Promise<void>): Promise<unknown> {
    let failure: unknown;
    await this.runner.exclusive(
      {
        state: "test",
        settle: (outcome) => {
          if ("error" in outcome) failure = outcome.error;
          else this.take(outcome);
        },
      },
      async () => {
        await work();
        return [];
      },
    );
    return failure;
  }
}

export type { State };
