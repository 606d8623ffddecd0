import { Stack } from "@mantine/core";
import type { AnySlots } from "../slots.ts";
import { AuthPageView, type PageDesign } from "./auth-page-view.tsx";
import { AuthForm, PageHeading, PasswordField, SubmitButton, SuccessCallout } from "./blocks.tsx";
import { Part, usePageParts, useTextSlot } from "./page-context.ts";

function Heading() {
  const { auth } = usePageParts("heading");
  return <PageHeading usual={auth.text("passwordChangeHeading")} />;
}

function OldPasswordField() {
  const { auth } = usePageParts("oldPasswordField");
  const label = auth.text("passwordChangeOldLabel");
  return <PasswordField name="old_password" label={label} autoComplete="current-password" required />;
}

function NewPasswordField() {
  const { auth } = usePageParts("passwordField");
  return (
    <PasswordField
      name="new_password"
      label={auth.text("passwordChangeNewLabel")}
      autoComplete="new-password"
      minLength={auth.settings.passwordMinLength}
      required
    />
  );
}

function ConfirmPasswordField() {
  const { auth } = usePageParts("confirmPasswordField");
  const label = auth.text("passwordChangeConfirmLabel");
  return <PasswordField name="confirm_password" label={label} autoComplete="new-password" required />;
}

function FormFields() {
  const { auth } = usePageParts("formFields");
  return (
    <>
      {/* Password managers want to know whose password it is. */}
      <input hidden readOnly name="username" autoComplete="username" value={auth.state.username} />
      <Part name="oldPasswordField" />
      <Part name="passwordField" />
      <Part name="confirmPasswordField" />
    </>
  );
}

function Submit() {
  const { auth } = usePageParts("submitButton");
  return <SubmitButton>{useTextSlot("submitLabel", auth.text("passwordChangeSubmit"))}</SubmitButton>;
}

function FormBody() {
  return (
    <AuthForm>
      <Stack gap="md">
        <Part name="errorDisplay" />
        <Part name="formFields" />
        <Part name="submitButton" />
      </Stack>
    </AuthForm>
  );
}

function SuccessView() {
  const { auth } = usePageParts("successView");
  return <SuccessCallout>{auth.text("passwordChangeSuccess")}</SuccessCallout>;
}

function Body() {
  const { passwordChangeSuccess } = usePageParts("body").auth.state;
  return <Part name={passwordChangeSuccess ? "successView" : "formBody"} />;
}

const DESIGN: PageDesign = {
  name: "passwordChange",
  event: "submitPasswordChange",
  refusal: ({ passwordChangeError, passwordChangeErrorField }) => [passwordChangeError, passwordChangeErrorField],
  parts: {
    heading: Heading,
    oldPasswordField: OldPasswordField,
    passwordField: NewPasswordField,
    confirmPasswordField: ConfirmPasswordField,
    formFields: FormFields,
    submitButton: Submit,
    formBody: FormBody,
    successView: SuccessView,
    body: Body,
  },
  order: ["heading", "body"],
};

/** The page to change the password. */
export function View({ slots }: { readonly slots: AnySlots }) {
  return <AuthPageView design={DESIGN} slots={slots} />;
}
