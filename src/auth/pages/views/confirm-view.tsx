import { Group, Loader, Stack, Text } from "@mantine/core";
import type { AnySlots } from "../slots.ts";
import { AuthPageView, type PageDesign } from "./auth-page-view.tsx";
import { BackLink } from "./back-link.tsx";
import { AuthForm, ErrorCallout, PageHeading, PasswordField, SubmitButton, SuccessCallout } from "./blocks.tsx";
import { Part, usePageParts, useTextSlot } from "./page-context.ts";

function Heading() {
  const { auth } = usePageParts("heading");
  return <PageHeading usual={auth.text("resetConfirmHeading")} />;
}

function NewPasswordField() {
  const { auth } = usePageParts("passwordField");
  return (
    <PasswordField
      name="new_password"
      label={auth.text("resetConfirmPasswordLabel")}
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
      label={auth.text("resetConfirmConfirmLabel")}
      autoComplete="new-password"
      required
    />
  );
}

function Submit() {
  const { auth } = usePageParts("submitButton");
  return <SubmitButton>{useTextSlot("submitLabel", auth.text("resetConfirmSubmit"))}</SubmitButton>;
}

function ConfirmForm() {
  return (
    <AuthForm>
      <Stack gap="md">
        <Part name="errorDisplay" />
        <Part name="passwordField" />
        <Part name="confirmPasswordField" />
        <Part name="submitButton" />
      </Stack>
    </AuthForm>
  );
}

function SuccessView() {
  const { auth } = usePageParts("successView");
  return <SuccessCallout>{auth.text("resetSuccess")}</SuccessCallout>;
}

function InvalidView() {
  const { auth } = usePageParts("invalidView");
  return <ErrorCallout>{auth.text("resetInvalidLink")}</ErrorCallout>;
}

function LoadingView() {
  const { auth } = usePageParts("loadingView");
  return (
    <Group gap="sm" justify="center" role="status">
      <Loader size="sm" aria-hidden />
      <Text size="sm">{auth.text("resetConfirmLoading")}</Text>
    </Group>
  );
}

function Body() {
  const { resetSuccess, resetLinkValid, resetConfirmLoaded } = usePageParts("body").auth.state;
  if (resetSuccess) return <Part name="successView" />;
  if (resetLinkValid) return <Part name="confirmForm" />;
  return <Part name={resetConfirmLoaded ? "invalidView" : "loadingView"} />;
}

const DESIGN: PageDesign = {
  name: "passwordResetConfirm",
  event: "submitPasswordResetConfirm",
  refusal: ({ resetError, resetErrorField }) => [resetError, resetErrorField],
  parts: {
    heading: Heading,
    passwordField: NewPasswordField,
    confirmPasswordField: ConfirmPasswordField,
    submitButton: Submit,
    confirmForm: ConfirmForm,
    successView: SuccessView,
    invalidView: InvalidView,
    loadingView: LoadingView,
    body: Body,
    backLink: BackLink,
  },
  order: ["heading", "body", "backLink"],
};

/** The page behind the link of a reset mail. */
export function View({ slots }: { readonly slots: AnySlots }) {
  return <AuthPageView design={DESIGN} slots={slots} />;
}
