import { useEffect, useLayoutEffect, useMemo, useReducer, useSyncExternalStore } from "react";
import type { PageText } from "../../protocol/page-texts.ts";
import type { FieldName, StateClassShape, Wire } from "../../state/client-view.ts";
import { clientErrors } from "../errors.ts";
import { FieldBinding } from "../fields/field-binding.ts";
import { FieldControls } from "../fields/field-controls.ts";
import type { FieldKind } from "../fields/field-value.ts";
import type { FieldView } from "../fields/field-view.ts";
import { describeState, useRuntime } from "../pages/page-runtime.ts";
import { reportFailure } from "../report-failure.ts";
import { nearNames } from "../states/near-names.ts";
import { stateName } from "../states/state-stub.ts";
import { useArrivedState } from "./use-server-state.ts";
import { useTexts } from "./use-texts.ts";

/** Props for an input, a textarea, a select, or a component that takes the same. Spread them: `<input {...title.input} />`. */
export interface FieldInputProps {
  readonly name: string;
  readonly value?: string | readonly string[];
  readonly checked?: boolean;
  /** Tells the field which elements show it. A component of your own passes it on to its input. */
  readonly ref: (element: unknown) => (() => void) | undefined;
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
  /** `blur` sends only when the input is left, or before a submit, an event or a navigation. */
  readonly on?: "input" | "blur";
  /** Kind of value, for a var that may be null or is an empty list of numbers; else the var's value tells. */
  readonly kind?: FieldKind;
}

/**
 * Binds an input to one of a state's `static fields`.
 *
 * The browser owns what is being typed: whatever the delay of the network, no character is lost or moved, and the caret
 * stays. The server's value is shown when it answers for everything typed; if it differs (trimmed, upper case), the
 * text changes and the caret keeps its place. Differences that only concern the spelling (a space at the end, `1.` for 1)
 * wait until the input is left. Typed text is sent after a pause, when the input is left, on Enter, before any event,
 * and before the page changes. Until the state has arrived the component suspends.
 *
 * The var's value decides what a control reads: a boolean a checkbox, a number a number or `null`, a list checkboxes
 * or `<select multiple>`, a `Date` the date inputs. A control that cannot show the value throws at the first render.
 *
 * @throws CLIENT_FIELD_UNKNOWN, CLIENT_NOT_A_STATE, CLIENT_FIELD_CONTROL, CLIENT_FIELD_FILE.
 * @example
 * const title = useField(NotesState, "title");
 * return <label>Title <input {...title.input} /> {title.error}</label>;
 * @example
 * const colours = useField(NotesState, "colours");
 * return <input type="checkbox" {...colours.input} value="red" />;
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
  useArrivedState(runtime, info);
  const { kind } = options;
  const isNullable = info.first?.[field] === null;
  const binding = useMemo(() => {
    const { engine, toasts } = runtime;
    const address = { engine, state: info.id, field, shown: () => runtime.states.shown(info.id) };
    return new FieldBinding({
      ...address,
      kind,
      isNullable,
      origin: runtime.fields.origin(address),
      onFailure: (error) => reportFailure(toasts, error),
    });
  }, [runtime, info.id, field, kind, isNullable]);
  binding.delay = options.on === "blur" ? Number.POSITIVE_INFINITY : (options.debounce ?? 150);
  const controls = useMemo(() => new FieldControls(binding), [binding]);
  const view = useSyncExternalStore(controls.subscribe, binding.view, binding.view);
  const texts = useTexts();
  const [, renderAgain] = useReducer((count: number) => count + 1, 0);
  useLayoutEffect(() => {
    controls.committed();
    // The elements tell what the first render could not know, such as how to write a date.
    if (binding.view() !== view) renderAgain();
  });
  useEffect(() => {
    controls.belongsTo = info.belongsTo ?? [];
    const remove = runtime.fields.add(controls);
    return () => {
      binding.send();
      remove();
    };
  }, [runtime, binding, controls, info]);
  const handlers = useMemo(() => fieldHandlers(binding, controls), [binding, controls]);
  return {
    value: view.value as Wire<InstanceType<C>[F]>,
    error: view.error === undefined ? undefined : errorText(view.error, texts),
    pending: view.pending,
    dirty: view.dirty,
    onChange: handlers.input.onChange,
    set: handlers.set,
    flush: handlers.flush,
    reset: handlers.reset,
    input: { name: field, ...shown(view), ...handlers.input, ...(view.error ? { "aria-invalid": true as const } : {}) },
  };
}

function fieldHandlers(binding: FieldBinding, controls: FieldControls) {
  return {
    set: (value: unknown) => binding.change(value, false),
    flush: async () => !binding.stopsSubmit() && (await binding.flush()),
    reset: () => binding.reset(),
    input: {
      ref: controls.ref,
      onChange: (change: unknown) => controls.change(change),
      onFocus: (event: { readonly currentTarget: Element }) => controls.focus(event.currentTarget),
      onBlur: () => binding.blur(),
      onKeyDown: (event: { readonly key: string; readonly currentTarget: Element }) => {
        const isComposing = (event as { nativeEvent?: { isComposing?: boolean } }).nativeEvent?.isComposing === true;
        if (event.key === "Enter" && !isComposing && event.currentTarget?.tagName !== "TEXTAREA") binding.send();
      },
      onCompositionStart: () => binding.composeStart(),
      onCompositionEnd: () => binding.composeEnd(),
    },
  };
}

function shown({ draft }: FieldView): { value: string | readonly string[] } | { checked: boolean } {
  if (typeof draft === "boolean") return { checked: draft };
  // Only a component of the author's own can show it: elements refuse it.
  return { value: typeof draft === "object" && "other" in draft ? (draft.other as string) : draft };
}

/** The server has written its messages in the language of the page; those about what an input holds are translated here. */
function errorText(error: NonNullable<FieldView["error"]>, texts: ReturnType<typeof useTexts>): string {
  if ("code" in error) return ("issues" in error ? error.issues?.[0]?.message : undefined) ?? error.message;
  return texts(error.message as PageText);
}
