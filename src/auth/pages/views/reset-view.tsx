import { Stack, Text } from "@mantine/core";
import type { AnySlots } from "../slots.ts";
import { AuthPageView, type PageDesign } from "./auth-page-view.tsx";
import { BackLink } from "./back-link.tsx";
import { AuthForm, LabeledField, PageHeading, SubmitButton, SuccessCallout } from "./blocks.tsx";
import { Part, usePageParts, useTextSlot } from "./page-context.ts";

function Heading() {
  const { auth } = usePageParts("heading");
  return <PageHeading usual={auth.text("resetHeading")} />;
}

function Instructions() {
  const { auth } = usePageParts("instructions");
  return (
    <Text size="sm" component="p" c="dimmed">
      {auth.text("resetInstructions")}
    </Text>
  );
}

function EmailField() {
  const { auth } = usePageParts("emailField");
  return (
    <LabeledField
      name="email"
      type="email"
      label={auth.text("resetEmailLabel")}
      autoComplete="email"
      maxLength={254}
      required
    />
  );
}

function Submit() {
  const { auth } = usePageParts("submitButton");
  return <SubmitButton>{useTextSlot("submitLabel", auth.text("resetSubmit"))}</SubmitButton>;
}

function RequestForm() {
  return (
    <AuthForm>
      <Stack gap="md">
        <Part name="instructions" />
        <Part name="errorDisplay" />
        <Part name="emailField" />
        <Part name="submitButton" />
      </Stack>
    </AuthForm>
  );
}

function SuccessView() {
  const { auth } = usePageParts("successView");
  return <SuccessCallout>{auth.text("resetEmailSent")}</SuccessCallout>;
}

function Body() {
  const { auth } = usePageParts("body");
  return <Part name={auth.state.resetEmailSent ? "successView" : "requestForm"} />;
}

const DESIGN: PageDesign = {
  name: "passwordReset",
  event: "submitPasswordResetRequest",
  refusal: ({ resetError, resetErrorField }) => [resetError, resetErrorField],
  parts: {
    heading: Heading,
    instructions: Instructions,
    emailField: EmailField,
    submitButton: Submit,
    requestForm: RequestForm,
    successView: SuccessView,
    body: Body,
    backLink: BackLink,
  },
  order: ["heading", "body", "backLink"],
};

/** The page to request a new password. */
export function View({ slots }: { readonly slots: AnySlots }) {
  return <AuthPageView design={DESIGN} slots={slots} />;
}
