import { useEffect, useLayoutEffect, useMemo, useSyncExternalStore } from "react";
import type { FieldName, StateClassShape, Wire } from "../state/client-view.ts";
import { readSelection, restoreSelection, type Selection } from "./caret.ts";
import { clientErrors } from "./errors.ts";
import { FieldBinding, type FieldView } from "./field-binding.ts";
import { type FieldKind, readChange } from "./field-value.ts";
import { nearNames } from "./near-names.ts";
import { describeState, useRuntime } from "./page-runtime.ts";
import { reportFailure } from "./report-failure.ts";
import { stateName } from "./state-stub.ts";
import { useArrivedState } from "./use-server-state.ts";

/** Props for an input, a textarea, a select, or a component that takes the same. Spread them: `<input {...title.input} />`. */
export interface FieldInputProps {
  readonly name: string;
  readonly value?: string | readonly string[];
  readonly checked?: boolean;
  readonly onChange: (change: unknown) => void;
  readonly onFocus: (event: { readonly currentTarget: Element }) => void;
  readonly onBlur: () => void;
  readonly onKeyDown: (event: { readonly key: string; readonly currentTarget: Element }) => void;
  readonly onCompositionStart: () => void;
  readonly onCompositionEnd: () => void;
  readonly "aria-invalid"?: true;
}

/** What `useField()` gives. */
export interface Field<T> {
  /** What the input shows, as a value; the server's value while the text is none (letters in a number). */
  readonly value: T;
  /** Takes the event of an input, or the value itself from a component that passes values. */
  readonly onChange: (change: unknown) => void;
  /** Why the server (or the input) refuses what is shown, as a sentence; cleared by typing. */
  readonly error: string | undefined;
  /** Whether the server has not answered yet for what is shown. */
  readonly pending: boolean;
  /** Whether what is shown is not what the server has accepted. */
  readonly dirty: boolean;
  readonly input: FieldInputProps;
  /** Writes a value at once, for a button or a slider. A method, so that a component of one's own can take any `Field<unknown>`. */
  set(value: T): void;
  /** Sends what was typed now. Resolves to whether the server accepted it. */
  readonly flush: () => Promise<boolean>;
  /** Gives up what was typed and shows the server's value again, for a cancel button. */
  readonly reset: () => void;
}

/** Options of `useField()`. */
export interface UseFieldOptions {
  /** Quiet milliseconds after which typed text is sent; 150 when absent. */
  readonly debounce?: number;
  /** `blur` sends only when the input is left, submitted, or an event of the state is called. */
  readonly on?: "input" | "blur";
  /** Kind of input, for a var that may be null; else the var's value tells. */
  readonly kind?: FieldKind;
}

/**
 * Binds an input to one of a state's `static fields`.
 *
 * The browser owns what is being typed: whatever the delay of the network, no character is lost or moved, and the caret
 * stays. The server's value is shown when it answers for everything typed; if it differs (trimmed, upper case), the
 * text changes and the caret keeps its place. Differences that only concern the spelling (a space at the end, `1.` for 1)
 * wait until the input is left. Typed text is sent after a pause, when the input is left, on Enter, before any event of
 * the same state, and before the page changes. Until the state has arrived the component suspends.
 *
 * A boolean var gives `checked`, a number var reads numbers, a list var fits `<select multiple>`.
 *
 * @throws CLIENT_FIELD_UNKNOWN, CLIENT_NOT_A_STATE.
 * @example
 * const title = useField(NotesState, "title");
 * return <label>Title <input {...title.input} /> {title.error}</label>;
 */
export function useField<C extends StateClassShape, F extends FieldName<C>>(
  state: C,
  field: F,
  options: UseFieldOptions = {},
): Field<Wire<InstanceType<C>[F]>> {
  const runtime = useRuntime("useField");
  const info = describeState(runtime, "useField", state);
  if (!info.fields.includes(field)) {
    throw clientErrors.CLIENT_FIELD_UNKNOWN(stateName(info), field, nearNames(field, info.fields));
  }
  useArrivedState(runtime, info.id);
  const { kind } = options;
  const binding = useMemo(() => {
    const { engine, toasts } = runtime;
    return new FieldBinding({
      engine,
      state: info.id,
      field,
      kind,
      onFailure: (error) => reportFailure(toasts, error),
    });
  }, [runtime, info.id, field, kind]);
  binding.delay = options.on === "blur" ? Number.POSITIVE_INFINITY : (options.debounce ?? 150);
  const caret = useMemo(() => new CaretKeeper(binding), [binding]);
  const view = useSyncExternalStore(caret.subscribe, binding.view, binding.view);
  useLayoutEffect(() => caret.restore());
  useEffect(() => {
    const remove = runtime.fields.add(binding);
    return () => {
      void binding.flush();
      remove();
    };
  }, [runtime, binding]);
  const handlers = useMemo(() => fieldHandlers(binding, caret), [binding, caret]);
  return {
    value: view.value as Wire<InstanceType<C>[F]>,
    error: view.error === undefined ? undefined : errorText(view.error),
    pending: view.pending,
    dirty: view.dirty,
    onChange: handlers.input.onChange,
    set: handlers.set,
    flush: handlers.flush,
    reset: handlers.reset,
    input: { name: field, ...shown(view), ...handlers.input, ...(view.error ? { "aria-invalid": true as const } : {}) },
  };
}

function fieldHandlers(binding: FieldBinding, caret: CaretKeeper) {
  return {
    set: (value: unknown) => binding.change(value, false),
    flush: () => binding.flush(),
    reset: () => binding.reset(),
    input: {
      onChange: (change: unknown) => {
        caret.element = elementOf(change) ?? caret.element;
        const { given, isTyping, problem } = readChange(change);
        binding.change(given, isTyping, problem);
      },
      onFocus: (event: { readonly currentTarget: Element }) => {
        caret.element = event.currentTarget;
        binding.focus();
      },
      onBlur: () => binding.blur(),
      onKeyDown: (event: { readonly key: string; readonly currentTarget: Element }) => {
        const isComposing = (event as { nativeEvent?: { isComposing?: boolean } }).nativeEvent?.isComposing === true;
        if (event.key === "Enter" && !isComposing && event.currentTarget?.tagName !== "TEXTAREA") void binding.flush();
      },
      onCompositionStart: () => binding.composeStart(),
      onCompositionEnd: () => binding.composeEnd(),
    },
  };
}

function shown(view: FieldView): { value: string | readonly string[] } | { checked: boolean } {
  return typeof view.draft === "boolean" ? { checked: view.draft } : { value: view.draft };
}

function errorText(error: NonNullable<FieldView["error"]>): string {
  return ("issues" in error ? error.issues?.[0]?.message : undefined) ?? error.message;
}

function elementOf(change: unknown): Element | undefined {
  const target = (change as { target?: unknown } | null)?.target;
  return typeof Element !== "undefined" && target instanceof Element ? target : undefined;
}

/** Keeps the caret's place when the text of a focused input changes without the user. */
class CaretKeeper {
  element: Element | undefined;
  readonly #binding: FieldBinding;
  #before: { readonly text: string; readonly selection: Selection } | undefined;

  constructor(binding: FieldBinding) {
    this.#binding = binding;
  }

  readonly subscribe = (listener: () => void): (() => void) =>
    this.#binding.subscribe(() => {
      this.#note();
      listener();
    });

  /** Runs after React has written to the input. */
  restore(): void {
    const before = this.#before;
    this.#before = undefined;
    if (!before || !this.element || this.element !== document.activeElement) return;
    // Equal text means that the user typed it: the browser has put the caret already.
    if ((this.element as HTMLInputElement).value !== before.text) {
      restoreSelection(this.element, before.text, before.selection);
    }
  }

  #note(): void {
    if (!this.element || this.element !== document.activeElement) return;
    const selection = readSelection(this.element);
    this.#before = selection && { text: (this.element as HTMLInputElement).value, selection };
  }
}
