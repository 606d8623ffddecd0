import "./styles.ts";
import { Alert, Anchor, Button, Loader, PasswordInput, TextInput, Title } from "@mantine/core";
import { Form, type FormValues, Link, useFormErrors } from "antiphon/react";
import { type InputHTMLAttributes, type ReactNode, useEffect, useLayoutEffect, useRef } from "react";
import { usePageParts, useTextSlot } from "./page-context.ts";
import type { SurroundingProps } from "./shell.tsx";

/** Props of an input with its label. */
export interface LabeledFieldProps
  extends Pick<
    InputHTMLAttributes<HTMLInputElement>,
    | "autoComplete"
    | "inputMode"
    | "minLength"
    | "maxLength"
    | "required"
    | "defaultValue"
    | "autoCapitalize"
    | "pattern"
  > {
  /** Name under which the form sends the value. */
  readonly name: string;
  readonly label: ReactNode;
  readonly description?: ReactNode;
  readonly type?: "text" | "email" | "tel" | "url";
}

/** An input in full width with its label. What the server refuses about its value stands below it. */
export function LabeledField(props: LabeledFieldProps) {
  return <TextInput size="md" withAsterisk={false} error={useErrorOf(props.name)} {...props} />;
}

/** The same for a password, with a button that shows it. */
export function PasswordField(props: Omit<LabeledFieldProps, "type">) {
  const { auth } = usePageParts("PasswordField");
  const error = useErrorOf(props.name);
  return (
    <PasswordInput
      size="md"
      withAsterisk={false}
      error={error}
      aria-invalid={error === undefined ? undefined : true}
      visibilityToggleFocusable
      visibilityToggleButtonProps={{ "aria-label": auth.text("showPassword") }}
      {...props}
    />
  );
}

function useErrorOf(name: string): string | undefined {
  const { auth, showField } = usePageParts("LabeledField");
  useLayoutEffect(() => showField(name), [showField, name]);
  return auth.errorOf(name);
}

/** The form of a page. It reads the inputs when it is sent, so that values count that a browser has filled in silently. */
export function AuthForm({ children }: SurroundingProps) {
  const { stateClass, submit, error, answers } = usePageParts("AuthForm");
  const place = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs for each answer, also if it is the same again
  useEffect(() => {
    if (answers > 0 && error !== "" && place.current) pointAtError(place.current);
  }, [answers]);
  return (
    <div ref={place}>
      <Form state={stateClass} onSubmit={(values: FormValues) => submit(values)}>
        {children}
      </Form>
    </div>
  );
}

/** Moves to the refused input; without one, to the password, which is typed again. */
function pointAtError(place: HTMLElement): void {
  const wrong = place.querySelector<HTMLElement>('[aria-invalid="true"]');
  const password = place.querySelector<HTMLInputElement>('input[name="password"]');
  if (!wrong && password) password.value = "";
  (wrong ?? password)?.focus();
}

/** What was refused and is about none of the inputs. */
export function ErrorDisplay() {
  const { error, errorField, hasField, answers } = usePageParts("ErrorDisplay");
  return error === "" || hasField(errorField) ? null : <ErrorCallout key={answers}>{error}</ErrorCallout>;
}

/** A refusal: announced at once. */
export function ErrorCallout({ children }: SurroundingProps) {
  return (
    <Alert role="alert" color="red" variant="light" styles={{ message: { color: "var(--mantine-color-error)" } }}>
      {children}
    </Alert>
  );
}

/** A success: announced when the screen reader is quiet. */
export function SuccessCallout({ children }: SurroundingProps) {
  return (
    <Alert role="status" color="green" variant="light" styles={{ message: { color: "var(--mantine-color-text)" } }}>
      {children}
    </Alert>
  );
}

/** The button that sends the form. It stays usable while the form is on its way: a disabled one loses the focus. */
export function SubmitButton({ children }: SurroundingProps) {
  const { pending } = useFormErrors();
  return (
    <Button
      type="submit"
      size="md"
      fullWidth
      aria-disabled={pending || undefined}
      rightSection={pending ? <Loader size="xs" color="currentColor" /> : undefined}
    >
      {children}
    </Button>
  );
}

/** A link to another page of the app. */
export function TextLink({ href, children }: SurroundingProps & { readonly href: string }) {
  return (
    <Anchor component={Link} href={href} size="sm" underline="always">
      {children}
    </Anchor>
  );
}

/** The heading of a page. */
export function PageHeading({ usual }: { readonly usual: string }) {
  return (
    <Title order={1} size="h3" ta="center" c="bright">
      {useTextSlot("headingText", usual)}
    </Title>
  );
}
