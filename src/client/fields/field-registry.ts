import type { FreshStates, StateSnapshot } from "../engine/engine-types.ts";
import { clientErrors } from "../errors.ts";
import type { FieldBinding } from "./field-binding.ts";
import { type FieldAddress, FieldOrigin } from "./field-origin.ts";
import { isSameValue } from "./field-value.ts";
import { Submission } from "./submission.ts";

/** A field of a page that may hold text which was typed but not sent. */
export interface BoundField {
  readonly binding: FieldBinding;
  /** Vars of the state that say what its fields are for; empty when the class does not name them. */
  readonly belongsTo: readonly string[];
  /** Begins with the fresh states. With `fits` the text is written into them once they show what it was typed for. */
  beginEpoch(fresh: FreshStates, fits: (() => boolean) | undefined): void;
  /** Whether an element shows the field. */
  owns(element: Element): boolean;
  /** Whether the field is part of a form. */
  isIn(form: HTMLFormElement): boolean;
}

/** The bound fields of a page, so that typed text is sent before an event, a submit or a navigation needs it. */
export class FieldRegistry {
  readonly #shown: (state: string) => StateSnapshot | undefined;
  readonly #fields = new Set<BoundField>();
  readonly #freshListeners = new Set<(fresh: FreshStates) => void>();
  readonly #origins = new Map<string, FieldOrigin>();
  /** Number of resets of the page's states. */
  epoch = 0;
  #isQuiet = false;

  /** `shown` returns the vars of a state as the page holds them. */
  constructor(shown: (state: string) => StateSnapshot | undefined) {
    this.#shown = shown;
  }

  /** Adds a field until the returned function is called. */
  add(field: BoundField): () => void {
    this.#fields.add(field);
    return () => this.#fields.delete(field);
  }

  /** Calls the listener when the states were reset, after the bound fields. */
  onFresh(listener: (fresh: FreshStates) => void): () => void {
    this.#freshListeners.add(listener);
    return () => this.#freshListeners.delete(listener);
  }

  /** Where the value of a field comes from: one for all its inputs. */
  origin(address: FieldAddress): FieldOrigin {
    const key = keyOf(address);
    const origin = this.#origins.get(key) ?? new FieldOrigin(address);
    this.#origins.set(key, origin);
    return origin;
  }

  /**
   * Called when the states were reset. Typed text is written into them if they are the same user's and show what it was
   * typed for. All other text is replaced by the fresh values.
   */
  beginEpoch(fresh: FreshStates): void {
    this.epoch++;
    for (const { binding } of this.#fields) binding.endEpoch();
    const fields = Array.from(this.#fields, (field) => ({ field, typed: field.binding.typedRank }));
    // Of several inputs of one field the one counts in which the user has typed last.
    const first = fields.filter((each, at) => {
      const isBefore = (other: typeof each, place: number) =>
        other.typed === each.typed ? place < at : other.typed > each.typed;
      return !fields.some((other, place) => isSameField(other.field, each.field) && isBefore(other, place));
    });
    const fits = this.#fitsOf(
      first.map(({ field }) => field),
      fresh,
    );
    for (const origin of this.#origins.values()) origin.beginEpoch();
    for (const each of fields) {
      const isKept = each.typed > 0 && fresh.sameOwner && first.includes(each);
      each.field.beginEpoch(fresh, isKept ? fits.get(each.field.binding.state) : undefined);
    }
    for (const listener of [...this.#freshListeners]) listener(fresh);
  }

  /** Sends what the fields of all states show: an event may read any of them. */
  sendAll(): void {
    if (this.#isQuiet) return;
    for (const { binding } of this.#fields) binding.send();
  }

  /** Sends again what failed without being refused, when the connection is back, or nothing waits for it any more. */
  sendFailed(isConnected: boolean): void {
    for (const { binding } of this.#fields) binding.sendFailed(isConnected);
  }

  /**
   * Begins a submit of a form.
   *
   * @throws CLIENT_TEXT_NOT_WRITTEN the first time for text that was withheld.
   */
  submission(form: HTMLFormElement): Submission {
    const fields = [...this.#fields];
    const stopping = fields.filter((field) => field.isIn(form) && field.binding.stopsSubmit());
    if (stopping.length > 0) throw clientErrors.CLIENT_TEXT_NOT_WRITTEN();
    return new Submission(this, form, fields);
  }

  /** Runs work whose calls read what the server has: nothing is sent before them. */
  withoutSending<T>(work: () => T): T {
    this.#isQuiet = true;
    try {
      return work();
    } finally {
      this.#isQuiet = false;
    }
  }

  /** Whether a field of a state is bound under this name. */
  has(state: string, field: string): boolean {
    return [...this.#fields].some(({ binding }) => binding.state === state && binding.field === field);
  }

  /** Whether any of these fields of a state shows what the server has not accepted yet. */
  isTyped(state: string, names: object): boolean {
    return [...this.#fields].some(
      ({ binding }) => binding.state === state && Object.hasOwn(names, binding.field) && binding.view().dirty,
    );
  }

  /** Whether this element shows a field that belongs to what its state names, such as a row that is edited. */
  isTied(element: Element): boolean {
    return [...this.#fields].some((field) => field.belongsTo.length > 0 && field.owns(element));
  }

  /** Whether a bound field is shown by this element. */
  owns(element: Element): boolean {
    return [...this.#fields].some((field) => field.owns(element));
  }

  /**
   * For each state, whether it shows what text was typed for: the vars that its class names are as before. Where it names
   * none, every bound field has the value that the server had given before the user typed.
   */
  #fitsOf(fields: readonly BoundField[], fresh: FreshStates): Map<string, () => boolean> {
    const fits = new Map<string, () => boolean>();
    for (const { binding, belongsTo } of fields) {
      const { state } = binding;
      if (fits.has(state)) continue;
      const held = fresh.before(state);
      const wanted = new Map(belongsTo.map((name) => [name, held?.[name]]));
      if (belongsTo.length === 0) {
        for (const other of fields) {
          const { field, origin } = other.binding;
          if (other.binding.state === state) wanted.set(field, origin.givenBefore(held?.[field]));
        }
      }
      fits.set(state, () => {
        const shown = this.#shown(state);
        return shown !== undefined && [...wanted].every(([name, value]) => isSameValue(value, shown[name]));
      });
    }
    return fits;
  }
}

function keyOf({ state, field }: { readonly state: string; readonly field: string }): string {
  return `${state} ${field}`;
}

function isSameField(a: BoundField, b: BoundField): boolean {
  return a.binding.state === b.binding.state && a.binding.field === b.binding.field;
}
