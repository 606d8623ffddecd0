import { Checkbox, Stack, Text } from "@mantine/core";
import { useState } from "react";
import type { AnySlots } from "../slots.ts";
import { AuthPageView, type PageDesign, useLinkWithNext } from "./auth-page-view.tsx";
import { AuthForm, LabeledField, PageHeading, PasswordField, SubmitButton, TextLink } from "./blocks.tsx";
import { Part, usePageParts, useTextSlot } from "./page-context.ts";

function Heading() {
  const { auth } = usePageParts("heading");
  return <PageHeading usual={auth.text("loginHeading")} />;
}

function IdentifierField() {
  const { auth } = usePageParts("identifierField");
  const { loginFields } = auth.settings;
  const isAddress = loginFields.every((field) => field === "email");
  const label = loginFields.length > 1 ? "loginEitherLabel" : isAddress ? "loginEmailLabel" : "loginUsernameLabel";
  return (
    <LabeledField
      name="username"
      label={auth.text(label)}
      type={isAddress ? "email" : "text"}
      autoComplete={isAddress ? "email" : "username"}
      autoCapitalize="none"
      required
    />
  );
}

function LoginPasswordField() {
  const { auth } = usePageParts("passwordField");
  return (
    <PasswordField name="password" label={auth.text("loginPasswordLabel")} autoComplete="current-password" required />
  );
}

function RememberField() {
  const { auth } = usePageParts("rememberField");
  const [isTicked, setTicked] = useState(true);
  return (
    <>
      <Checkbox
        label={auth.text("loginRememberLabel")}
        checked={isTicked}
        onChange={({ currentTarget }) => setTicked(currentTarget.checked)}
      />
      {/* A box without a tick is not sent, and without a value the server does not know that there is a box. */}
      <input type="hidden" name="remember" value={isTicked ? "on" : ""} />
    </>
  );
}

function FormFields() {
  return (
    <>
      <Part name="identifierField" />
      <Part name="passwordField" />
      <Part name="rememberField" />
    </>
  );
}

function Submit() {
  const { auth } = usePageParts("submitButton");
  return <SubmitButton>{useTextSlot("submitLabel", auth.text("loginSubmit"))}</SubmitButton>;
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
  const signup = useTextSlot("signupLinkText", auth.text("loginSignupLink"));
  const forgot = useTextSlot("forgotLinkText", auth.text("loginForgotLink"));
  const { register, passwordReset } = auth.settings.routes;
  if (register === undefined && passwordReset === undefined) return null;
  return (
    <Stack gap="xs" align="center">
      {passwordReset === undefined ? null : <TextLink href={passwordReset}>{forgot}</TextLink>}
      {register === undefined ? null : (
        <Text size="sm" component="p" ta="center">
          {auth.text("loginSignupPrompt")} <TextLink href={withNext(register)}>{signup}</TextLink>
        </Text>
      )}
    </Stack>
  );
}

const DESIGN: PageDesign = {
  name: "login",
  event: "submitLoginForm",
  refusal: ({ loginError }) => [loginError, ""],
  parts: {
    heading: Heading,
    identifierField: IdentifierField,
    passwordField: LoginPasswordField,
    rememberField: RememberField,
    formFields: FormFields,
    submitButton: Submit,
    formBody: FormBody,
    footerLinks: FooterLinks,
  },
  order: ["heading", "formBody", "footerLinks"],
};

/** The login page. */
export function View({ slots }: { readonly slots: AnySlots }) {
  return <AuthPageView design={DESIGN} slots={slots} />;
}
