import { asClientError, isClientError } from "../client-error.ts";
import type { ClientError, FreshStates } from "../engine/engine-types.ts";
import { isDateType } from "./date-text.ts";
import { assigns, type FieldBindingOptions, FieldOrigin } from "./field-origin.ts";
import { type FieldScreen, NO_SCREEN } from "./field-screen.ts";
import {
  draftOf,
  type FieldPlace,
  type FieldReading,
  isEmpty,
  isSameValue,
  readDraft,
  saysTheSame,
  type ValueKind,
} from "./field-value.ts";
import { type FieldView, sameView } from "./field-view.ts";
import { KnownKind } from "./known-kind.ts";
import { Pause } from "./pause.ts";
import { SubmittedText } from "./submitted-text.ts";
import { WithheldText } from "./withheld-text.ts";

/**
 * Two-way binding of an input to a field of a state, without React.
 *
 * The one rule: what was typed is shown until the server has answered for exactly that, and the server's value is
 * shown only when nothing that was typed is unsent or unanswered. At most one write is on its way; the newest text
 * goes next. Only `send()` and `flush()` send past a write on its way, so that an event which follows sees the text:
 * frames keep their order. Text that an input method composes is sent like any other, but it is not replaced.
 */
export class FieldBinding {
  readonly state: string;
  readonly field: string;
  readonly origin: FieldOrigin;
  /** Milliseconds of quiet after which typed text is sent; `Infinity` waits for a flush. */
  delay = 150;
  screen: FieldScreen = NO_SCREEN;
  readonly #options: FieldBindingOptions;
  readonly #listeners = new Set<() => void>();
  readonly #kind: KnownKind;
  /** What was typed; undefined while the server's value is shown. */
  #typed: FieldReading | undefined;
  /** Counts what was typed, so that an answer can be told from the answer to something older. */
  #count = 0;
  #sent = 0;
  /** The count when an event, a submit or a navigation last sent the text. */
  #asked = 0;
  /** The count whose failure the user has been told of. */
  #told = -1;
  /** The count when the server's value could not be shown because of a composition. */
  #heldBack = -1;
  #onTheirWay = 0;
  /** Counts the resets of the states, so that an answer of an earlier one is not taken for one of now. */
  #epoch = 0;
  readonly #pause = new Pause();
  #sendNext = false;
  #answer: Promise<unknown> = Promise.resolve();
  #isComposing = false;
  #error: FieldView["error"];
  #withheld: WithheldText | undefined;
  #submitted: SubmittedText | undefined;
  #view: FieldView | undefined;
  #seen: unknown;

  constructor(options: FieldBindingOptions) {
    this.#options = options;
    this.state = options.state;
    this.field = options.field;
    this.origin = options.origin ?? new FieldOrigin(options);
    this.#kind = new KnownKind(options.kind, options.isNullable);
    this.#seen = this.#serverValue();
  }

  readonly view = (): FieldView => {
    // The server's value may have changed since the last look, whoever was told first.
    if (this.#view === undefined || !Object.is(this.#seen, this.#serverValue())) this.refresh();
    return this.#view as FieldView;
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    const stop = this.#options.engine.subscribe(this.state, (change) => {
      if (this.#withheld?.fits()) this.#release();
      const isAssigned = change !== undefined && assigns(change, this.field);
      if (isAssigned) this.#dropSubmitted();
      if (isAssigned || !Object.is(this.#seen, this.#serverValue())) this.#changed(isAssigned);
    });
    return () => {
      this.#listeners.delete(listener);
      stop();
    };
  };

  get kind(): ValueKind {
    return this.#kind.of(this.#serverValue());
  }

  /** An element of this type shows the field. */
  describeControl(type: string): void {
    this.#kind.describe(type, this.#serverValue());
    if (isDateType(type)) this.refresh();
  }

  /** The user changed the input. `isTyping` waits for a pause, else it is sent as soon as the last write is answered. */
  change(given: unknown, isTyping: boolean, problem?: string): void {
    const reading = readDraft(given, this.#place(), this.#serverValue());
    const wrong = problem ?? ("problem" in reading ? reading.problem : undefined);
    this.#typed = wrong === undefined ? reading : { draft: reading.draft, problem: wrong };
    this.#count++;
    this.origin.newest = this;
    if (this.#withheld) this.#withheld.isTypedOn = true;
    this.#submitted?.typedOn(this.#typed.draft);
    this.#error = wrong === undefined ? this.#withheld?.error : { message: wrong };
    this.#pause.stop();
    this.#sendNext = false;
    if (wrong !== undefined) this.#sent = this.#count;
    else if (!isTyping) this.#sendSoon();
    else this.#pause.start(this.delay, () => this.#sendSoon());
    this.#changed();
  }

  /** The user left the input, or no element shows the field any more. */
  blur(): void {
    this.#isComposing = false;
    if (this.#submitted) this.#sendNext = this.#isUnsent();
    else this.#sendShown(this.#hasFailed());
    this.#settle(false);
  }

  /** An input method began to compose: its text must not be replaced under it. */
  composeStart(): void {
    this.#isComposing = true;
  }

  composeEnd(): void {
    this.#isComposing = false;
    if (this.#heldBack === this.#count && !this.#isBusy()) this.#forget();
    this.#settle();
    this.#changed();
  }

  /** Gives up what was typed and shows the server's value, for a cancel button. */
  reset(): void {
    this.#pause.stop();
    this.#sendNext = false;
    this.#forget();
    if (this.origin.newest === this) this.origin.newest = undefined;
    this.#sent = ++this.#count;
    this.#changed();
  }

  /** Sends what is shown now, before something that reads it; also what was refused, which may be accepted by now. */
  send(): void {
    this.#sendShown(true);
    this.#asked = this.#count;
  }

  /** Sends again what failed without being refused: the connection is back, or has room again. */
  sendFailed(isConnected: boolean): void {
    const { code, attribution } = (this.#error ?? {}) as Partial<ClientError>;
    // Text that was meant for another user waits for what this one does.
    if (!this.#hasFailed() || code === "CLIENT_USER_CHANGED") return;
    if (isConnected || attribution === "network") this.#sendShown(true);
  }

  /** Sends what is shown now. Resolves to whether the server has accepted all of it; never rejects. */
  async flush(): Promise<boolean> {
    // A submit that is refused says why each time.
    this.#told = -1;
    this.send();
    // If the states were reset meanwhile, the text has been written again.
    for (let epoch = -1; epoch !== this.#epoch; await this.#answer) epoch = this.#epoch;
    return this.#error === undefined;
  }

  /** Sends what is shown now, for a submit; later text waits for `endSubmit()`. Resolves to whether the server accepted it. */
  async submit(): Promise<boolean> {
    const flushed = this.flush();
    const { draft } = this.view();
    const submitted = new SubmittedText(this.#count, this.#typed ?? { draft, value: this.#serverValue() });
    this.#submitted = submitted;
    const isAccepted = await flushed;
    return this.#count === submitted.count ? isAccepted : !submitted.isRefused;
  }

  /** What was submitted is called now: its text is written again if an event has sent newer text since. */
  callSubmitted(): void {
    const { count = this.#sent, isWritable, value } = this.#submitted ?? {};
    if (this.#sent <= count || !isWritable) return;
    this.#write(value, count);
    this.#sendNext = this.#isUnsent();
  }

  /** What was submitted has been answered: later text is sent. */
  endSubmit(): void {
    this.#submitted = undefined;
    if (this.#sendNext) this.#sendSoon();
  }

  /** Whether a submit has to be refused because the user does not know yet that text was withheld. The next one writes it. */
  stopsSubmit(): boolean {
    const withheld = this.#withheld;
    if (!withheld) return false;
    if (withheld.isTold) this.#release();
    else withheld.isTold = true;
    return this.#withheld !== undefined;
  }

  /** Called when the states were reset: nothing more is sent to the previous ones. */
  endEpoch(): void {
    this.#epoch++;
    this.#onTheirWay = 0;
    this.#submitted = undefined;
    this.#answer = Promise.resolve();
    // The fresh value is older than what the user sees: it must not take the place of typed text.
    this.#seen = this.#serverValue();
    this.screen.readUnseen();
    this.#pause.stop();
    if (this.#isOutdated) this.#forget();
  }

  /** Compares inputs of one field after `endEpoch()`: 0 if the user typed nothing, and most for the input with their newest text. */
  get typedRank(): 0 | 1 | 2 {
    if (this.#typed !== undefined) return 2;
    return this.origin.isTyped ? 1 : 0;
  }

  /**
   * Begins with the fresh states: with `fits` what the user has typed is written into them once they show what it was
   * typed for, else it is discarded.
   */
  beginEpoch(fresh: FreshStates, fits: (() => boolean) | undefined): void {
    if (!fits) {
      this.#isComposing = false;
      this.reset();
      return;
    }
    if (this.#typed === undefined) {
      const value = fresh.before(this.state)?.[this.field];
      if (isSameValue(value, this.#serverValue())) return;
      this.#typed = { draft: draftOf(value, this.#place()), value };
      this.#count++;
    }
    // What was typed for an earlier state still belongs to that one.
    this.#withheld = new WithheldText(this.#withheld?.fits ?? fits);
    if (this.#withheld.fits()) this.#release();
    else this.#error = this.#withheld.error;
    this.#changed();
  }

  /** Looks again at what is to be shown. */
  refresh(isAssigned = false): void {
    const value = this.#serverValue();
    const changed = isAssigned || !Object.is(this.#seen, value);
    this.#seen = value;
    if (changed && this.#typed !== undefined && this.#yieldsTo(value)) this.#forget();
    const place = this.#place();
    const typed = this.#typed;
    const next: FieldView = {
      draft: typed?.draft ?? draftOf(value, place),
      kind: place.kind,
      value: typed && "value" in typed ? typed.value : value,
      error: this.#error,
      pending: this.#onTheirWay > 0 || this.#pause.isRunning || this.#sendNext,
      dirty: typed !== undefined && (this.#isUnsent() || this.#onTheirWay > 0 || this.#error !== undefined),
    };
    this.#view = this.#view && sameView(this.#view, next) ? this.#view : next;
  }

  #place(): FieldPlace {
    return { kind: this.kind, type: this.screen.type(), isNullable: this.#kind.isNullable };
  }

  #forget(): void {
    this.#typed = undefined;
    this.#error = undefined;
    this.#withheld = undefined;
  }

  /** A handler has emptied a field whose text was submitted: what the user has typed behind it stays. */
  #dropSubmitted(): void {
    const rest = isEmpty(this.#serverValue()) ? this.#submitted?.takeRest(this.#typed?.draft) : undefined;
    if (rest !== undefined) this.change(rest, true);
  }

  /** Writes text that was withheld. What the input itself finds wrong with it stays. */
  #release(): void {
    this.#withheld = undefined;
    if (this.#typed && "value" in this.#typed) this.#error = undefined;
    this.#send();
  }

  #sendShown(again: boolean): void {
    this.screen.readUnseen();
    this.#pause.stop();
    if (this.#isUnsent() || (again && this.#error !== undefined && this.#onTheirWay === 0)) this.#send();
  }

  /** Whether the newest text was not decided by its schema: it counts as not sent. */
  #hasFailed(): boolean {
    const isFailure = isClientError(this.#error) && this.#error.issues === undefined;
    return isFailure && !this.#isHeldBack && this.#onTheirWay === 0;
  }

  #isUnsent(): boolean {
    return this.#typed !== undefined && this.#count > this.#sent && !this.#isHeldBack;
  }

  /** Whether the user has typed into another input of the field since. */
  get #isOutdated(): boolean {
    return this.origin.newest !== undefined && this.origin.newest !== this;
  }

  get #isHeldBack(): boolean {
    return this.#withheld !== undefined && !this.#withheld.isTypedOn;
  }

  /** Whether something that was typed waits to be sent or answered. */
  #isBusy(): boolean {
    return this.#onTheirWay > 0 || this.#isUnsent();
  }

  /** Whether a new value of the server, which is newer than the text if that has been answered, is shown in its place. */
  #yieldsTo(value: unknown): boolean {
    if (this.#isBusy() || this.#typed === undefined) return false;
    // After an event of the page the value is meant for what the user sees, otherwise they are in the middle of it.
    const isAsked = this.#asked === this.#count;
    if (this.#hasFailed()) return isAsked;
    if (this.#isComposing) {
      if (isAsked) this.#heldBack = this.#count;
      return false;
    }
    if (!this.screen.isFocused()) return true;
    if (this.#error !== undefined) return isAsked;
    return !saysTheSame(this.#typed, value, this.#place()) || (isAsked && isEmpty(value));
  }

  #sendSoon(): void {
    if (this.#onTheirWay > 0 || this.#submitted) this.#sendNext = true;
    else this.#send();
  }

  #send(): void {
    const typed = this.#typed;
    if (typed !== undefined && this.#isOutdated) this.reset();
    else if (typed !== undefined && "value" in typed && !this.#isHeldBack) this.#write(typed.value);
  }

  #write(value: unknown, count = this.#count): void {
    const turn = { count, epoch: this.#epoch };
    this.#sent = turn.count;
    this.#sendNext = false;
    this.#onTheirWay++;
    this.origin.sent();
    const written = this.#options.engine.write(this.state, this.field, value).then(
      () => this.#answered(turn, undefined),
      (thrown: unknown) => this.#answered(turn, asClientError(thrown)),
    );
    // A flush in the middle of a write must wait for both.
    this.#answer = Promise.all([this.#answer, written]);
    this.#changed();
  }

  #answered(turn: { readonly count: number; readonly epoch: number }, failure: ClientError | undefined): void {
    if (turn.epoch !== this.#epoch) return;
    this.#onTheirWay--;
    const isSubmitted = this.#submitted?.answered(turn.count, failure !== undefined);
    if (turn.count === this.#count || (isSubmitted && failure)) {
      this.#error = failure;
      if (failure && failure.issues === undefined && this.#told !== turn.count) {
        this.#told = turn.count;
        this.#options.onFailure(failure);
      }
    }
    // A handler has assigned the field meanwhile.
    if (this.origin.answered(failure === undefined) && this.#yieldsTo(this.#serverValue())) this.#forget();
    if (this.#sendNext && this.#onTheirWay === 0) this.#sendSoon();
    else this.#settle();
    this.#changed();
  }

  /** Shows the server's value again once it answers for all that was typed. */
  #settle(isFocused = this.screen.isFocused()): void {
    if (this.#typed === undefined || this.#isBusy() || this.#isComposing || this.#error) return;
    if (isFocused && saysTheSame(this.#typed, this.#serverValue(), this.#place())) return;
    this.#typed = undefined;
    this.#changed();
  }

  #serverValue(): unknown {
    return this.origin.value;
  }

  #changed(isAssigned = false): void {
    const before = this.#view;
    this.refresh(isAssigned);
    if (before === this.#view) return;
    for (const listener of this.#listeners) listener();
  }
}
