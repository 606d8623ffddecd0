import { Stack, Text } from "@mantine/core";
import type { AnySlots } from "../slots.ts";
import { AuthPageView, type PageDesign, useLinkWithNext } from "./auth-page-view.tsx";
import { AuthForm, LabeledField, PageHeading, PasswordField, SubmitButton, TextLink } from "./blocks.tsx";
import { Part, usePageParts, useTextSlot } from "./page-context.ts";

function Heading() {
  const { auth } = usePageParts("heading");
  return <PageHeading usual={auth.text("registerHeading")} />;
}

function UsernameField() {
  const { auth } = usePageParts("usernameField");
  return (
    <LabeledField
      name="username"
      label={auth.text("registerUsernameLabel")}
      autoComplete="username"
      autoCapitalize="none"
      minLength={auth.settings.usernameMinLength}
      maxLength={150}
      required
    />
  );
}

function EmailField() {
  const { auth } = usePageParts("emailField");
  const { emailRequired } = auth.settings;
  return (
    <LabeledField
      name="email"
      type="email"
      label={auth.text(emailRequired ? "registerEmailLabel" : "registerEmailOptionalLabel")}
      autoComplete="email"
      maxLength={254}
      required={emailRequired}
    />
  );
}

function NewPasswordField() {
  const { auth } = usePageParts("passwordField");
  return (
    <PasswordField
      name="password"
      label={auth.text("registerPasswordLabel")}
      autoComplete="new-password"
      minLength={auth.settings.passwordMinLength}
      required
    />
  );
}

function ConfirmPasswordField() {
  const { auth } = usePageParts("confirmPasswordField");
  return (
    <PasswordField
      name="confirm_password"
      label={auth.text("registerConfirmPasswordLabel")}
      autoComplete="new-password"
      required
    />
  );
}

function FormFields() {
  return (
    <>
      <Part name="usernameField" />
      <Part name="emailField" />
      <Part name="passwordField" />
      <Part name="confirmPasswordField" />
    </>
  );
}

function Submit() {
  const { auth } = usePageParts("submitButton");
  return <SubmitButton>{useTextSlot("submitLabel", auth.text("registerSubmit"))}</SubmitButton>;
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

function FooterLinks() {
  const { auth } = usePageParts("footerLinks");
  const withNext = useLinkWithNext();
  const signin = useTextSlot("signinLinkText", auth.text("registerSigninLink"));
  const { login } = auth.settings.routes;
  if (login === undefined) return null;
  return (
    <Text size="sm" component="p" ta="center">
      {auth.text("registerSigninPrompt")} <TextLink href={withNext(login)}>{signin}</TextLink>
    </Text>
  );
}

const DESIGN: PageDesign = {
  name: "register",
  event: "handleRegistration",
  refusal: ({ registrationError, registrationErrorField }) => [registrationError, registrationErrorField],
  parts: {
    heading: Heading,
    usernameField: UsernameField,
    emailField: EmailField,
    passwordField: NewPasswordField,
    confirmPasswordField: ConfirmPasswordField,
    formFields: FormFields,
    submitButton: Submit,
    formBody: FormBody,
    footerLinks: FooterLinks,
  },
  order: ["heading", "formBody", "footerLinks"],
};

/** The sign-up page. */
export function View({ slots }: { readonly slots: AnySlots }) {
  return <AuthPageView design={DESIGN} slots={slots} />;
}
