/** A part of the page that may hold work which is not saved. */
export interface LeaveGuard {
  /** Whether it holds such work now. */
  isUnsaved(): boolean;
  /** The question to the user, in the language of the page. */
  question(): string;
}

/** Asks before a page is left on which something is not saved. */
export class LeaveGuards {
  readonly #guards = new Set<LeaveGuard>();

  /** Adds a guard until the returned function is called. */
  add(guard: LeaveGuard): () => void {
    this.#guards.add(guard);
    return () => this.#guards.delete(guard);
  }

  /** Whether anything is not saved. */
  isUnsaved(): boolean {
    return [...this.#guards].some((guard) => guard.isUnsaved());
  }

  /** Asks the user if something is not saved. Returns whether the page may be left. */
  mayLeave(): boolean {
    const unsaved = [...this.#guards].find((guard) => guard.isUnsaved());
    return unsaved === undefined || window.confirm(unsaved.question());
  }
}
