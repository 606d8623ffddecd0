import type { FreshStates } from "./engine-types.ts";

/** A field of a page that may hold text which was typed but not sent. */
export interface BoundField {
  readonly state: string;
  readonly field: string;
  /** Sends what is shown now. */
  send(): void;
  /** Sends what is shown now. Resolves to whether the server has accepted all of it; never rejects. */
  flush(): Promise<boolean>;
  /** Sends again what failed without being refused; of a connection that was there all along, only what it had failed. */
  sendFailed(isConnected: boolean): void;
  /** Whether the user has typed something that the server has not accepted yet. */
  isDirty(): boolean;
  /** The states began anew. With `isKept` what the field shows is written into them. */
  beginAnew(fresh: FreshStates, isKept: boolean): void;
  /** Whether an element shows the field. */
  owns(element: Element): boolean;
  /** Whether the field is part of a form. */
  isIn(form: HTMLFormElement): boolean;
}

/** The bound fields of a page, so that typed text is sent before an event, a submit or a navigation needs it. */
export class FieldRegistry {
  readonly #fields = new Set<BoundField>();
  readonly #freshListeners = new Set<(fresh: FreshStates) => void>();
  /** How often the states of the page began anew. */
  lives = 0;

  /** Adds a field until the returned function is called. */
  add(field: BoundField): () => void {
    this.#fields.add(field);
    return () => this.#fields.delete(field);
  }

  /** Calls the listener when the states began anew, after the bound fields. */
  onFresh(listener: (fresh: FreshStates) => void): () => void {
    this.#freshListeners.add(listener);
    return () => this.#freshListeners.delete(listener);
  }

  /** The states began anew: what the fields show is written into them if they are the same user's, else discarded. */
  beginAnew(fresh: FreshStates): void {
    this.lives++;
    // Of several inputs of one field the one counts in which the user has typed.
    const fields = [...this.#fields].sort((a, b) => Number(b.isDirty()) - Number(a.isDirty()));
    const kept = new Set<string>();
    for (const field of fields) {
      const key = `${field.state} ${field.field}`;
      field.beginAnew(fresh, !kept.has(key));
      kept.add(key);
    }
    for (const listener of [...this.#freshListeners]) listener(fresh);
  }

  /** Sends what the fields of all states show: an event may read any of them. */
  sendAll(): void {
    for (const field of this.#fields) field.send();
  }

  /** Sends again what failed without being refused, when the connection is back, or nothing waits for it any more. */
  sendFailed(isConnected: boolean): void {
    for (const field of this.#fields) field.sendFailed(isConnected);
  }

  /** Sends what all fields show. Resolves to whether the server has accepted those that are part of the form. */
  async flush(form: HTMLFormElement): Promise<boolean> {
    const fields = [...this.#fields];
    const accepted = await Promise.all(fields.map((field) => field.flush()));
    // A wrong field elsewhere on the page does not concern this form.
    return fields.every((field, index) => accepted[index] || !field.isIn(form));
  }

  /** Whether a field of a state is bound under this name. */
  has(state: string, field: string): boolean {
    return [...this.#fields].some((other) => other.state === state && other.field === field);
  }

  /** Whether a bound field is shown by this element. */
  owns(element: Element): boolean {
    return [...this.#fields].some((field) => field.owns(element));
  }
}
