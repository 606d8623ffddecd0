import { Form, useFormErrors, useServerState } from "antiphon/react";
import { useId } from "react";
import { AccountState } from "../account.state.ts";
import { Page } from "../layout.tsx";

export function LoginPage() {
  const error = useServerState(AccountState, (account) => account.error);
  return (
    <Page title="Sign in" lead="With your user name or your e-mail address.">
      <Form state={AccountState} onSubmit="signIn" className="card" aria-label="Sign in" noValidate>
        <Inputs />
        {error && (
          <p role="alert" className="note wrong">
            {error}
          </p>
        )}
      </Form>
    </Page>
  );
}

function Inputs() {
  const { fields, pending } = useFormErrors();
  return (
    <>
      <Input label="User name" name="username" autoComplete="username" error={fields.username} />
      <Input
        label="Password"
        name="password"
        type="password"
        autoComplete="current-password"
        error={fields.password}
      />
      <button type="submit" className="main" aria-disabled={pending}>
        {pending ? "One moment…" : "Sign in"}
      </button>
    </>
  );
}

interface InputProps extends React.ComponentProps<"input"> {
  readonly label: string;
  readonly error: string | undefined;
}

function Input({ label, error, ...rest }: InputProps) {
  const id = useId();
  return (
    <div className="labelled">
      <label htmlFor={id}>{label}</label>
      <input id={id} aria-invalid={error !== undefined} aria-describedby={`${id}-note`} {...rest} />
      <p id={`${id}-note`} className={error ? "note wrong" : "note"} role={error ? "alert" : undefined}>
        {error}
      </p>
    </div>
  );
}
