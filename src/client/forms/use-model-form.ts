import { useEffect, useId, useRef, useState } from "react";
import type { FormInfo } from "../../protocol/form-fields.ts";
import type { FormFieldName, StateClassShape, WithForm } from "../../state/client-view.ts";
import { useNewest, useServerState } from "../hooks/use-server-state.ts";
import { useTexts } from "../hooks/use-texts.ts";
import { describeState, useRuntime } from "../pages/page-runtime.ts";
import { baselineOf, type FormBaseline } from "./form-baseline.ts";
import { formOf, formVar, type Vars } from "./form-state.ts";

/** Props of the `<Form>` of a data state. */
export interface ModelFormProps<C extends StateClassShape> {
  readonly state: C;
  readonly id: string;
  readonly onSubmit: () => Promise<void>;
  readonly noValidate: true;
}

/** The form of a data state, as `useModelForm()` gives it. */
export interface ModelForm<C extends StateClassShape> {
  /** Props of `<Form>`: its submit saves. The browser's own messages are off: those of the server are beside the inputs. */
  readonly props: ModelFormProps<C>;
  /** The fields in their order, for a page that shows all of them. */
  readonly names: readonly FormFieldName<C>[];
  /** Whether saving makes a new row. */
  readonly isNew: boolean;
  /** Why the last action failed, about the form as a whole; empty when it did not. */
  readonly error: string;
  /** Whether a save is not answered yet. */
  readonly pending: boolean;
  /** Whether the form holds something that is not saved. */
  readonly unsaved: boolean;
  /** Asks the user whether to give up what is not saved. Returns true at once if there is nothing. */
  readonly mayLeave: () => boolean;
}

/** Options of `useModelForm()`. */
export interface ModelFormOptions {
  /** False leaves the page without a question when the form holds something that is not saved. */
  readonly warnUnsaved?: boolean;
}

const FIRST_INPUT = ["input:not([type=hidden])", "textarea", "select"].map((one) => `${one}:not(:disabled)`).join();

/**
 * Shows and saves the form of a state of `ModelState()` or `ModelCRUDView()`: one call for each form on the page.
 *
 * Give `props` to `<Form>` and put a `<ModelField>` for each field inside, or inputs of your own with `useModelField()`. A
 * save that the server refuses puts the focus on the first wrong input, and a row that is opened on the first one. While
 * something is not saved, the page asks before it is left. Call `mayLeave()` before events that fill the form with other
 * values, such as `startEdit`.
 *
 * @throws CLIENT_FORM_MISSING, CLIENT_NOT_A_STATE.
 * @example
 * const form = useModelForm(NotesState);
 * return (
 *   <Form {...form.props}>
 *     <ModelField state={NotesState} name="title" />
 *     <button aria-disabled={form.pending}>{form.isNew ? "Create" : "Save"}</button>
 *   </Form>
 * );
 */
export function useModelForm<C extends StateClassShape>(
  state: C & WithForm<C>,
  options: ModelFormOptions = {},
): ModelForm<C> {
  const { warnUnsaved = true } = options;
  const runtime = useRuntime("useModelForm");
  const info = describeState(runtime, "useModelForm", state);
  const form = formOf(info, "useModelForm");
  const baseline = baselineOf(runtime, info, form);
  const shown = useServerState(state, (view) => readForm(form, baseline, view as unknown as Vars));
  const [pending, setPending] = useState(0);
  const texts = useTexts();
  const vars = (): Vars => runtime.states.shown(info.id) ?? {};
  // What was typed a moment ago is not on the server yet.
  const isUnsaved = useNewest(
    () => baseline.changed(vars()).length > 0 || runtime.fields.isTyped(info.id, form.fields),
  );
  const question = useNewest(() => texts("You have unsaved changes. Leave without saving them?"));
  useEffect(() => {
    if (!warnUnsaved) return;
    return runtime.leaving.add({ isUnsaved, question });
  }, [runtime, warnUnsaved, isUnsaved, question]);
  const save = useNewest(async () => {
    setPending((count) => count + 1);
    try {
      await runtime.states.event(info, "save")();
      if (!isRefused(form, vars())) baseline.adopt(vars());
    } finally {
      setPending((count) => count - 1);
    }
  });
  const mayLeave = useNewest(() => !isUnsaved() || window.confirm(question()));
  const id = useId();
  useFocusOnOpen(id, shown.formKey, shown.isNew);
  return {
    props: { state, id, onSubmit: save, noValidate: true },
    names: Object.keys(form.fields) as FormFieldName<C>[],
    isNew: shown.isNew,
    error: shown.error,
    unsaved: shown.unsaved,
    pending: pending > 0,
    mayLeave,
  };
}

function readForm(form: FormInfo, baseline: FormBaseline, view: Vars) {
  return {
    isNew: (formVar(form, view, "editingId") ?? null) === null,
    error: String(formVar(form, view, "error") ?? ""),
    unsaved: baseline.changed(view).length > 0,
    formKey: formVar(form, view, "formKey"),
  };
}

/** Puts the focus on the first input when a row is opened in the form, or when the element that had it is gone. */
function useFocusOnOpen(id: string, formKey: unknown, isNew: boolean): void {
  const known = useRef(formKey);
  const last = useRef<EventTarget | null>(null);
  useEffect(() => {
    const onFocus = ({ target }: FocusEvent) => {
      last.current = target;
    };
    document.addEventListener("focusin", onFocus);
    return () => document.removeEventListener("focusin", onFocus);
  }, []);
  useEffect(() => {
    if (known.current === formKey) return;
    known.current = formKey;
    const isLost = last.current instanceof Element && !last.current.isConnected;
    if (isNew && !isLost) return;
    document.getElementById(id)?.querySelector<HTMLElement>(FIRST_INPUT)?.focus();
  }, [id, formKey, isNew]);
}

function isRefused(form: FormInfo, vars: Vars): boolean {
  const errors = (formVar(form, vars, "fieldErrors") ?? {}) as object;
  return formVar(form, vars, "error") !== "" || Object.keys(errors).length > 0;
}
