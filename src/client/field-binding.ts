import { asClientError } from "./client-error.ts";
import type { ClientError, Engine } from "./engine-types.ts";
import type { FlushableField } from "./field-registry.ts";
import { draftOf, type FieldDraft, type FieldKind, kindOf, readDraft, saysTheSame } from "./field-value.ts";

/** What a binding shows now. Replaced, never changed in place. */
export interface FieldView {
  /** What the input shows. */
  readonly draft: FieldDraft;
  /** The draft as a value; the server's value while the draft is none. */
  readonly value: unknown;
  readonly kind: FieldKind;
  readonly error: ClientError | { readonly message: string } | undefined;
  /** Whether the server has not answered yet for what is shown. */
  readonly pending: boolean;
  /** Whether what is shown is not what the server has accepted. */
  readonly dirty: boolean;
}

/** What a binding is made from. */
export interface FieldBindingOptions {
  readonly engine: Engine;
  readonly state: string;
  readonly field: string;
  readonly kind?: FieldKind | undefined;
  /** Gets an error of a write that is no mistake in what was typed. */
  readonly onFailure: (error: ClientError) => void;
}

/**
 * Two-way binding of an input to a field of a state, without React.
 *
 * The one rule: what was typed is shown until the server has answered for exactly that, and the server's value is
 * shown only when nothing that was typed is unsent or unanswered. At most one write is on its way; the newest text
 * goes next. Only `flush()` sends past a write on its way, so that an event which follows sees the text: frames keep
 * their order.
 */
export class FieldBinding implements FlushableField {
  readonly state: string;
  readonly field: string;
  /** Milliseconds of quiet after which typed text is sent; `Infinity` waits for a flush. */
  delay = 150;
  readonly #options: FieldBindingOptions;
  readonly #listeners = new Set<() => void>();
  #kind: FieldKind | undefined;
  /** What was typed; undefined while the server's value is shown. */
  #draft: FieldDraft | undefined;
  /** Counts what was typed, so that an answer can be told from the answer to something older. */
  #typed = 0;
  #sent = 0;
  #onTheirWay = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #sendNext = false;
  #answer: Promise<unknown> = Promise.resolve();
  #isFocused = false;
  #isComposing = false;
  #error: FieldView["error"];
  #view: FieldView | undefined;
  #seen: unknown;

  constructor(options: FieldBindingOptions) {
    this.#options = options;
    this.state = options.state;
    this.field = options.field;
    this.#kind = options.kind;
    this.#seen = this.#serverValue();
  }

  readonly view = (): FieldView => {
    // The server's value may have changed since the last look, whoever was told first.
    if (this.#view === undefined || !Object.is(this.#seen, this.#serverValue())) this.#look();
    return this.#view as FieldView;
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    const stop = this.#options.engine.subscribe(this.state, () => {
      if (!Object.is(this.#seen, this.#serverValue())) this.#changed();
    });
    return () => {
      this.#listeners.delete(listener);
      stop();
    };
  };

  /** The user changed the input. `isTyping` waits for a pause, else it is sent as soon as the last write is answered. */
  change(given: unknown, isTyping: boolean, problem?: string): void {
    const reading = readDraft(given, this.#currentKind());
    this.#draft = reading.draft;
    this.#typed++;
    const wrong = problem ?? ("problem" in reading ? reading.problem : undefined);
    this.#error = wrong === undefined ? undefined : { message: wrong };
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sendNext = false;
    if (wrong !== undefined) this.#sent = this.#typed;
    else if (!isTyping) this.#sendSoon();
    else if (!this.#isComposing && Number.isFinite(this.delay)) this.#startTimer();
    this.#changed();
  }

  focus(): void {
    this.#isFocused = true;
  }

  blur(): void {
    this.#isFocused = false;
    this.#isComposing = false;
    void this.flush();
    this.#settle();
  }

  /** An input method began to compose: nothing half-written is sent. */
  composeStart(): void {
    this.#isComposing = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  composeEnd(): void {
    this.#isComposing = false;
    if (this.#isUnsent() && Number.isFinite(this.delay)) this.#startTimer();
    this.#settle();
  }

  /** Gives up what was typed and shows the server's value, for a cancel button. */
  reset(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sendNext = false;
    this.#draft = undefined;
    this.#error = undefined;
    this.#typed++;
    this.#sent = this.#typed;
    this.#changed();
  }

  async flush(): Promise<boolean> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#isUnsent() && !this.#isComposing) this.#send();
    await this.#answer;
    return this.#error === undefined;
  }

  #isUnsent(): boolean {
    return this.#draft !== undefined && this.#typed > this.#sent;
  }

  #startTimer(): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#sendSoon();
    }, this.delay);
  }

  #sendSoon(): void {
    if (this.#onTheirWay > 0) this.#sendNext = true;
    else this.#send();
  }

  #send(): void {
    const draft = this.#draft;
    const reading = draft === undefined ? undefined : readDraft(draft, this.#currentKind());
    if (reading === undefined || !("value" in reading)) return;
    const turn = this.#typed;
    this.#sent = turn;
    this.#sendNext = false;
    this.#onTheirWay++;
    const written = this.#options.engine.write(this.state, this.field, reading.value).then(
      () => this.#answered(turn, undefined),
      (thrown: unknown) => this.#answered(turn, asClientError(thrown)),
    );
    // A flush in the middle of a write must wait for both.
    this.#answer = Promise.all([this.#answer, written]);
    this.#changed();
  }

  #answered(turn: number, failure: ClientError | undefined): void {
    this.#onTheirWay--;
    const isNewest = turn === this.#typed;
    if (isNewest) {
      this.#error = failure;
      if (failure && failure.issues === undefined) this.#options.onFailure(failure);
    }
    if (this.#sendNext && this.#onTheirWay === 0 && !this.#isComposing) this.#send();
    else this.#settle();
    this.#changed();
  }

  /** Shows the server's value again once it answers for all that was typed. */
  #settle(): void {
    if (this.#draft === undefined || this.#onTheirWay > 0 || this.#isUnsent() || this.#isComposing || this.#error)
      return;
    if (this.#isFocused && saysTheSame(this.#draft, this.#serverValue(), this.#currentKind())) return;
    this.#draft = undefined;
    this.#changed();
  }

  #serverValue(): unknown {
    return this.#options.engine.snapshot(this.state)?.[this.field];
  }

  #currentKind(): FieldKind {
    // Remembered, because null does not tell what the field holds otherwise.
    this.#kind ??= kindOf(this.#serverValue());
    return this.#kind ?? "text";
  }

  #look(): void {
    const value = this.#serverValue();
    const changed = !Object.is(this.#seen, value);
    this.#seen = value;
    // A change by the server, after all that was typed was answered: it is newer than the text.
    const isAnswered = this.#onTheirWay === 0 && !this.#isUnsent() && !this.#isComposing;
    const isMistakeInProgress = this.#error !== undefined && this.#isFocused;
    if (changed && isAnswered && !isMistakeInProgress && this.#draft !== undefined) {
      if (!saysTheSame(this.#draft, value, this.#currentKind())) {
        this.#draft = undefined;
        this.#error = undefined;
      }
    }
    const kind = this.#currentKind();
    const draft = this.#draft ?? draftOf(value, kind);
    const reading = this.#draft === undefined ? undefined : readDraft(this.#draft, kind);
    const next: FieldView = {
      draft,
      kind,
      value: reading && "value" in reading ? reading.value : value,
      error: this.#error,
      pending: this.#onTheirWay > 0 || this.#timer !== undefined || this.#sendNext,
      dirty: this.#draft !== undefined && (this.#isUnsent() || this.#onTheirWay > 0 || this.#error !== undefined),
    };
    this.#view = this.#view && sameView(this.#view, next) ? this.#view : next;
  }

  #changed(): void {
    const before = this.#view;
    this.#look();
    if (before === this.#view) return;
    for (const listener of this.#listeners) listener();
  }
}

function sameView(a: FieldView, b: FieldView): boolean {
  return (Object.keys(a) as (keyof FieldView)[]).every((key) => Object.is(a[key], b[key]));
}
