import type { Effect } from "../protocol/frames.ts";

/** A notice as the server sends it. */
export type ToastEffect = Extract<Effect, { effect: "toast" }>;

/** A notice on the screen. */
export interface Toast extends Omit<ToastEffect, "effect"> {
  readonly id: number;
  /** Milliseconds on screen; 0 stays until closed. */
  readonly duration: number;
  /** How often the same notice came while it was shown. */
  readonly count: number;
  /** The form or event whose failure it tells. */
  readonly source?: string | undefined;
}

/** Notices shown at once; the oldest makes room. */
const MOST_SHOWN = 5;
const DURATIONS = { info: 5_000, success: 5_000, warning: 8_000, error: 10_000 } as const;

/** The notices that are on the screen. Replaced as a list, never changed in place. */
export class ToastStore {
  #toasts: readonly Toast[] = [];
  #nextId = 1;
  readonly #listeners = new Set<() => void>();

  readonly list = (): readonly Toast[] => this.#toasts;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Shows a notice; one that is already shown is counted instead of repeated. `dismissOf(source)` removes it. */
  add(notice: Omit<ToastEffect, "effect">, source?: string): void {
    const isTwin = (toast: Toast) =>
      toast.level === notice.level && toast.message === notice.message && toast.title === notice.title;
    const count = (this.#toasts.find(isTwin)?.count ?? 0) + 1;
    const duration = notice.duration ?? DURATIONS[notice.level];
    const toast: Toast = { ...notice, duration, count, id: this.#nextId++, source };
    this.#replace([...this.#toasts.filter((other) => !isTwin(other)), toast].slice(-MOST_SHOWN));
  }

  dismiss(id: number): void {
    this.#replace(this.#toasts.filter((toast) => toast.id !== id));
  }

  /**
   * Removes the notices of a form or an event that has succeeded since, or is no longer on the page. One with the text
   * `except` stays, to be counted.
   */
  dismissOf(source: string, except?: string): void {
    const isOver = (toast: Toast) => toast.source === source && toast.message !== except;
    if (this.#toasts.some(isOver)) this.#replace(this.#toasts.filter((toast) => !isOver(toast)));
  }

  #replace(toasts: readonly Toast[]): void {
    this.#toasts = toasts;
    for (const listener of this.#listeners) listener();
  }
}
