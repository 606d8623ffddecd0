import {
  createContext,
  type FormEvent,
  type FormHTMLAttributes,
  type ReactNode,
  useContext,
  useRef,
  useState,
} from "react";
import type { EventName, StateClassShape } from "../state/client-view.ts";
import { asClientError } from "./client-error.ts";
import type { ClientError } from "./engine-types.ts";
import { clientErrors } from "./errors.ts";
import { type FormValues, formValues } from "./form-data.ts";
import { nearNames } from "./near-names.ts";
import { describeState, type PageRuntime, useRuntime } from "./page-runtime.ts";
import { reportFailure } from "./report-failure.ts";
import { type StubInfo, stateName } from "./state-stub.ts";
import { useNewest } from "./use-server-state.ts";

/** What `useFormErrors()` gives. */
export interface FormErrors {
  /** Whether a submit is not answered yet. */
  readonly pending: boolean;
  /** Why the last submit failed; undefined after a success and before the first. */
  readonly error: ClientError | undefined;
  /** The first message for each name. */
  readonly fields: { readonly [name: string]: string };
}

/** Props of `<Form>`: those of `<form>`, the state, and what a submit calls. */
export interface FormProps<C extends StateClassShape>
  extends Omit<FormHTMLAttributes<HTMLFormElement>, "onSubmit" | "action"> {
  readonly state: C;
  /** An event of the state, or a function that gets the form's values. */
  readonly onSubmit: EventName<C> | ((values: FormValues) => unknown);
  /** Whether the event gets the form's values as its argument. Without it: if the event takes an argument. */
  readonly sendValues?: boolean;
  readonly children?: ReactNode;
}

const NO_ERRORS: FormErrors = { pending: false, error: undefined, fields: {} };
const FormContext = createContext<FormErrors>(NO_ERRORS);

/**
 * A form whose submit calls an event, once at a time.
 *
 * Typed text of fields that `useField()` binds is sent first; if the server refuses it, the event is not called. An
 * event that takes an argument gets the form's values as one object. While it runs the form has `aria-busy` and further
 * submits are ignored; the inputs stay usable, so that focus and text are not lost. A refused submit puts the focus on
 * the first wrong input. Messages stand in `useFormErrors()`; an error without messages also becomes a toast.
 *
 * @throws CLIENT_EVENT_UNKNOWN, CLIENT_NOT_A_STATE.
 * @example
 * <Form state={NotesState} onSubmit="save"><input {...title.input} /><button>Save</button></Form>
 */
export function Form<C extends StateClassShape>({ state, onSubmit, sendValues, children, ...rest }: FormProps<C>) {
  const runtime = useRuntime("Form");
  const info = describeState(runtime, "Form", state);
  if (typeof onSubmit === "string" && !info.events.includes(onSubmit)) {
    throw clientErrors.CLIENT_EVENT_UNKNOWN(stateName(info), onSubmit, nearNames(onSubmit, info.events));
  }
  const [errors, setErrors] = useState<FormErrors>(NO_ERRORS);
  const isRunning = useRef(false);
  const submit = useNewest(async (form: HTMLFormElement, data: FormData) => {
    if (isRunning.current) return;
    isRunning.current = true;
    setErrors({ ...NO_ERRORS, pending: true });
    try {
      const refused = await runtime.fields.flushState(info.id);
      // A wrong field elsewhere on the page is no matter of this form.
      if (refused.some((name) => form.elements.namedItem(name) !== null)) {
        setErrors(NO_ERRORS);
        focusFirstWrong(form, {});
        return;
      }
      await run(runtime, info, onSubmit, data, sendValues);
      setErrors(NO_ERRORS);
    } catch (thrown) {
      const error = asClientError(thrown);
      const fields = messagesByName(error);
      setErrors({ pending: false, error, fields });
      if (Object.keys(fields).length === 0) reportFailure(runtime.toasts, error);
      focusFirstWrong(form, fields);
    } finally {
      isRunning.current = false;
    }
  });
  const handleSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const submitter = (event.nativeEvent as SubmitEvent).submitter;
    void submit(event.currentTarget, new FormData(event.currentTarget, submitter));
  };
  return (
    <form {...rest} onSubmit={handleSubmit} aria-busy={errors.pending || undefined}>
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

async function run(
  runtime: PageRuntime,
  info: StubInfo,
  onSubmit: string | ((values: FormValues) => unknown),
  data: FormData,
  sendValues: boolean | undefined,
): Promise<void> {
  const values = formValues(data);
  if (typeof onSubmit === "function") {
    await onSubmit(values);
    return;
  }
  const takesValues = sendValues ?? takesArgument(runtime, info, onSubmit, values);
  await runtime.states.event(info, onSubmit)(...(takesValues ? [values] : []));
}

/** By the class when the stub tells; else a form with inputs that no field binds has something to say. */
function takesArgument(runtime: PageRuntime, info: StubInfo, event: string, values: FormValues): boolean {
  const count = info.args?.[event];
  if (count !== undefined) return count > 0;
  return Object.keys(values).some((name) => !runtime.fields.has(info.id, name));
}

/** The path of an issue begins with the argument's position: `argument 1.title` is the input `title`. */
function messagesByName(error: ClientError): { readonly [name: string]: string } {
  const messages = new Map<string, string>();
  for (const issue of error.issues ?? []) {
    const name = issue.path.replace(/^argument \d+(\.|$)/, "");
    if (!messages.has(name)) messages.set(name, issue.message);
  }
  return Object.fromEntries(messages);
}

function focusFirstWrong(form: HTMLFormElement, fields: { readonly [name: string]: string }): void {
  // After React has marked the inputs.
  setTimeout(() => {
    const isWrong = (element: Element) =>
      element.getAttribute("aria-invalid") === "true" || Object.hasOwn(fields, element.getAttribute("name") || "\0");
    const wrong = [...form.elements].find(isWrong);
    if (wrong instanceof HTMLElement) wrong.focus();
  });
}
