import { ContextVariable } from "../../context-variable.ts";
/** One handler (or hook, or update) that runs now. Found through AsyncLocalStorage by whatever the handler calls. */
export interface Run {
  /** The tree whose states it may write. */
  readonly tree: object;
  /** For messages: `NotesState.save`. */
  readonly label: string;
  /** Aborts when the handler's work is no longer wanted. */
  readonly signal: AbortSignal;
  /** True while it may write: always in an exclusive handler, inside `update()` in the others. */
  readonly mayWrite: boolean;
  /** True once the handler has returned; whatever it left behind may not write any more. */
  readonly ended: boolean;
  /** Set when a later call took its place: it may neither write nor flush any more. */
  readonly superseded: Error | undefined;
  /** Whose turn it is if this has one: the run itself, or the run that it is a part of. */
  readonly turn: Run;
  /** Runs work in which writing is allowed, when nothing else writes. */
  update<T>(work: () => T | Promise<T>): Promise<T>;
}

/** The run that this code belongs to. */
export const runs = new ContextVariable<Run>();
