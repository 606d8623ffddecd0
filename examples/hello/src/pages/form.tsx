import { type Field, Form, useField, useFormErrors, useServerState } from "antiphon/react";
import { type ReactNode, useId } from "react";
import { Page } from "../layout.tsx";
import { ProfileState } from "../profile.state.ts";

export function FormPage() {
  return (
    <Page
      title="Forms"
      lead="You own what you type, however slow the network; the server has the last word on what it becomes."
    >
      <div className="columns">
        <Profile />
        <Message />
      </div>
    </Page>
  );
}

/** Each input is bound to a var: the server checks it while you type. */
function Profile() {
  const profile = useServerState(ProfileState);
  const newsletter = useField(ProfileState, "newsletter");
  return (
    <Form state={ProfileState} onSubmit="save" className="card" aria-label="Profile" noValidate>
      <h2>Bound to the state</h2>
      <Labelled label="Name" field={useField(ProfileState, "name")} autoComplete="off" />
      <Labelled label="E-mail" field={useField(ProfileState, "email")} type="email" autoComplete="off" />
      <Labelled label="Handle" field={useField(ProfileState, "handle")} hint="Becomes lower case with dashes." />
      <Labelled label="Age" field={useField(ProfileState, "age", { kind: "number" })} inputMode="numeric" />
      <Labelled label="About you" field={useField(ProfileState, "about")} isLong />
      <label className="check">
        <input type="checkbox" {...newsletter.input} /> Send me the newsletter
      </label>
      <SubmitButton>Save</SubmitButton>
      <dl className="facts" aria-label="What the server holds">
        <dt>Name</dt>
        <dd data-testid="server-name">{profile.name}</dd>
        <dt>Handle</dt>
        <dd data-testid="server-handle">{profile.handle}</dd>
        <dt>About</dt>
        <dd data-testid="server-about">{profile.about}</dd>
        <dt>Saved</dt>
        <dd data-testid="saved">{profile.saved} times</dd>
      </dl>
    </Form>
  );
}

/** Nothing is sent before the button is pressed: the event gets the whole form as its argument. */
function Message() {
  const messages = useServerState(ProfileState, (profile) => profile.messages);
  return (
    // Another key after each message: the form begins anew, empty.
    <Form key={messages.length} state={ProfileState} onSubmit="send" className="card" aria-label="Message" noValidate>
      <h2>Sent as a whole</h2>
      <MessageInputs />
      <SubmitButton>Send</SubmitButton>
      {messages.length > 0 && (
        <ul aria-label="Sent messages">
          {messages.map(({ id, subject }) => (
            <li key={id}>{subject}</li>
          ))}
        </ul>
      )}
    </Form>
  );
}

function MessageInputs() {
  const { fields } = useFormErrors();
  return (
    <>
      <Labelled label="Subject" name="subject" error={fields.subject} />
      <Labelled label="Text" name="text" error={fields.text} isLong />
    </>
  );
}

interface LabelledProps extends Omit<React.ComponentProps<"input">, "onChange" | "value"> {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly field?: Field<unknown>;
  readonly error?: string | undefined;
  readonly isLong?: boolean;
}

function Labelled({ label, hint, field, error = field?.error, isLong, ...rest }: LabelledProps) {
  const id = useId();
  const Input = (isLong ? "textarea" : "input") as "input";
  return (
    <div className="labelled">
      <label htmlFor={id}>{label}</label>
      <Input
        id={id}
        {...(isLong ? { rows: 4 } : {})}
        aria-invalid={error !== undefined}
        aria-describedby={`${id}-note`}
        {...rest}
        {...field?.input}
      />
      <p id={`${id}-note`} className={error ? "note wrong" : "note"} role={error ? "alert" : undefined}>
        {error ?? (field?.pending ? "Checking…" : hint)}
      </p>
    </div>
  );
}

function SubmitButton({ children }: { readonly children: ReactNode }) {
  const { pending } = useFormErrors();
  return (
    <button type="submit" className="main" aria-disabled={pending}>
      {pending ? "One moment…" : children}
    </button>
  );
}
