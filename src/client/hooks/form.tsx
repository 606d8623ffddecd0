import {
  createContext,
  type FormEvent,
  type FormHTMLAttributes,
  type ReactNode,
  useContext,
  useEffect,
  useId,
  useRef,
  useState,
} from "react";
import { flushSync } from "react-dom";
import type { EventName, StateClassShape } from "../../state/client-view.ts";
import { asClientError } from "../client-error.ts";
import { clientErrors } from "../errors.ts";
import { elementsOf } from "../fields/controls.ts";
import { type FormValues, type ReadForm, readForm } from "../fields/form-data.ts";
import { type FormErrors, failedSubmit } from "../fields/form-errors.ts";
import { heldInputs, resetInputs } from "../fields/form-inputs.ts";
import type { Submission } from "../fields/submission.ts";
import { describeState, type PageRuntime, useRuntime } from "../pages/page-runtime.ts";
import { reportFailure } from "../report-failure.ts";
import { nearNames } from "../states/near-names.ts";
import { type StubInfo, stateName } from "../states/state-stub.ts";
import { useNewest } from "./use-server-state.ts";

/** Props of `<Form>`: those of `<form>`, the state, and what a submit calls. */
export interface FormProps<C extends StateClassShape>
  extends Omit<FormHTMLAttributes<HTMLFormElement>, "onSubmit" | "action"> {
  readonly state: C;
  /** An event of the state, or a function that gets the form's values. */
  readonly onSubmit: EventName<C> | ((values: FormValues) => unknown);
  /** Whether the event gets the form's values as its argument. Without it: if the event takes an argument. */
  readonly sendValues?: boolean;
  /**
   * Whether inputs that no field binds get their initial values back when the submit has succeeded. One in which the user
   * has typed meanwhile keeps its text. Bound fields belong to the handler: it assigns them, or calls `this.reset()`.
   */
  readonly resetOnSuccess?: boolean;
  readonly children?: ReactNode;
}

type Messages = { readonly [name: string]: string };

const NO_MESSAGES: Messages = {};
const NO_ERRORS: FormErrors = { pending: false, error: undefined, fields: {}, form: undefined };
const FormContext = createContext<FormErrors>(NO_ERRORS);

/**
 * A form whose submit calls an event, once at a time.
 *
 * Typed text of fields that `useField()` binds is sent first; if the server refuses it, the event is not called. What the
 * user types after the submit is not part of it: it stays in the input, and is sent when the event has been answered. An
 * event that takes an argument gets the form's values as one object; `address.city` and `items[0].qty` are names of parts.
 * While it runs the form has `aria-busy` and further submits are ignored; the inputs stay usable, so that focus and text
 * are not lost. A refused submit puts the focus on the first wrong input, also when the event is the `save` of a data
 * state, which leaves its messages in `fieldErrors`. Messages stand in `useFormErrors()`; one that no
 * component reads there becomes a toast.
 *
 * @throws CLIENT_EVENT_UNKNOWN, CLIENT_NOT_A_STATE.
 * @example
 * <Form state={NotesState} onSubmit="save"><input {...title.input} /><button>Save</button></Form>
 * @example
 * <Form state={NotesState} onSubmit="invite" resetOnSuccess><input name="email" /><button>Invite</button></Form>
 */
export function Form<C extends StateClassShape>(props: FormProps<C>) {
  const { state, onSubmit, sendValues, resetOnSuccess = false, children, ...rest } = props;
  const runtime = useRuntime("Form");
  const info = describeState(runtime, "Form", state);
  if (typeof onSubmit === "string" && !info.events.includes(onSubmit)) {
    throw clientErrors.CLIENT_EVENT_UNKNOWN(stateName(info), onSubmit, nearNames(onSubmit, info.events));
  }
  const [errors, setErrors] = useState<FormErrors>(NO_ERRORS);
  const isRunning = useRef(false);
  const element = useRef<HTMLFormElement>(null);
  const id = useId();
  useEffect(() => onOtherUser(runtime, element), [runtime]);
  useEffect(() => () => runtime.toasts.dismissOf(id), [runtime, id]);
  const submit = useNewest(async (form: HTMLFormElement, { values, inputs }: ReadForm) => {
    if (isRunning.current) return;
    isRunning.current = true;
    const { epoch } = runtime.fields;
    const held = heldInputs(form);
    setErrors({ ...NO_ERRORS, pending: true });
    let submission: Submission | undefined;
    try {
      submission = runtime.fields.submission(form);
      if (!(await submission.send())) {
        setErrors(NO_ERRORS);
        focusFirstWrong(form, {});
        return;
      }
      // It was submitted for the states that were there then.
      if (epoch !== runtime.fields.epoch) throw clientErrors.CLIENT_STATE_GONE(nameOf(info, onSubmit));
      await submission.call(() => run(runtime, info, onSubmit, values, sendValues));
      setErrors(NO_ERRORS);
      runtime.toasts.dismissOf(id);
      if (focusRefused(form, refusedFields(runtime, info))) return;
      if (resetOnSuccess) resetInputs(form, held, (input) => runtime.fields.owns(input));
    } catch (thrown) {
      const error = asClientError(thrown);
      const failed = failedSubmit(error, inputs);
      // At once, so that it is known which messages the components have read.
      flushSync(() => setErrors(failed.errors));
      const unread = failed.unread();
      // The next refusal takes the place of the one before.
      runtime.toasts.dismissOf(id, unread);
      if (unread !== undefined) reportFailure(runtime.toasts, error, { text: unread, source: id });
      focusFirstWrong(form, failed.errors.fields);
    } finally {
      submission?.end();
      isRunning.current = false;
    }
  });
  const handleSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const submitter = (event.nativeEvent as SubmitEvent).submitter;
    const form = event.currentTarget;
    void submit(form, readForm(new FormData(form, submitter), inputNames(form)));
  };
  return (
    <form ref={element} {...rest} onSubmit={handleSubmit} aria-busy={errors.pending || undefined}>
      <FormContext value={errors}>{children}</FormContext>
    </form>
  );
}

/**
 * Tells how the last submit of the surrounding `<Form>` went.
 *
 * @example
 * const { fields, pending } = useFormErrors();
 * return <><p role="alert">{fields.title}</p><button aria-disabled={pending}>Save</button></>;
 */
export function useFormErrors(): FormErrors {
  return useContext(FormContext);
}

/** Text that one user has typed is not left for the next one. */
function onOtherUser(runtime: PageRuntime, form: { readonly current: HTMLFormElement | null }): () => void {
  return runtime.fields.onFresh(({ sameOwner }) => {
    if (sameOwner || !form.current) return;
    resetInputs(form.current, heldInputs(form.current), (input) => runtime.fields.owns(input));
  });
}

function nameOf(info: StubInfo, onSubmit: string | ((values: FormValues) => unknown)): string {
  return typeof onSubmit === "string" ? `${stateName(info)}.${onSubmit}` : `The form of ${stateName(info)}`;
}

async function run(
  runtime: PageRuntime,
  info: StubInfo,
  onSubmit: string | ((values: FormValues) => unknown),
  values: FormValues,
  sendValues: boolean | undefined,
): Promise<void> {
  if (typeof onSubmit === "function") {
    await onSubmit(values);
    return;
  }
  const takesValues = sendValues ?? takesArgument(runtime, info, onSubmit, values);
  await runtime.states.event(info, onSubmit)(...(takesValues ? [values] : []));
}

/** The messages that the save of a data state leaves in its vars, in place of an error. */
function refusedFields(runtime: PageRuntime, { id, form }: StubInfo): Messages {
  const name = form?.vars["fieldErrors"];
  return ((name && runtime.states.shown(id)?.[name]) as Messages | undefined) ?? NO_MESSAGES;
}

/** By the class when the stub tells; else a form with inputs that no field binds has something to say. */
function takesArgument(runtime: PageRuntime, info: StubInfo, event: string, values: FormValues): boolean {
  const count = info.args?.[event];
  if (count !== undefined) return count > 0;
  return Object.keys(values).some((name) => !runtime.fields.has(info.id, name));
}

/** Names of all inputs that take part. */
function inputNames(form: HTMLFormElement): string[] {
  const inputs = [...elementsOf(form)].filter((element) => !element.matches(":disabled"));
  return inputs.flatMap((element) => element.getAttribute("name") || []);
}

/** Tells whether any input of the form was refused. */
function focusRefused(form: HTMLFormElement, fields: Messages): boolean {
  const isRefused = inputNames(form).some((name) => Object.hasOwn(fields, name));
  if (isRefused) focusFirstWrong(form, fields);
  return isRefused;
}

function focusFirstWrong(form: HTMLFormElement, fields: Messages): void {
  // After React has marked the inputs.
  setTimeout(() => {
    const isWrong = (element: Element) =>
      element.getAttribute("aria-invalid") === "true" || Object.hasOwn(fields, element.getAttribute("name") || "\0");
    const wrong = [...elementsOf(form)].find(isWrong);
    if (wrong instanceof HTMLElement) wrong.focus();
  });
}
