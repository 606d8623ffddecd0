import { Anchor, Stack, Text } from "@mantine/core";
import type { AnySlots } from "../slots.ts";
import { AuthPageView, type PageDesign } from "./auth-page-view.tsx";
import {
  AuthForm,
  ErrorCallout,
  LabeledField,
  PageHeading,
  SubmitButton,
  SuccessCallout,
  TextLink,
} from "./blocks.tsx";
import { Part, usePageParts, useTextSlot } from "./page-context.ts";

function Heading() {
  const { auth } = usePageParts("heading");
  return <PageHeading usual={auth.text("verifyHeading")} />;
}

function Instructions() {
  const { auth } = usePageParts("instructions");
  const { verifyEmail: email, verifyLinkValid } = auth.state;
  return (
    <Text size="sm" component="p" c="dimmed">
      {auth.text(verifyLinkValid ? "verifyLinkInstructions" : "verifyInstructions", { email })}
    </Text>
  );
}

function CodeField() {
  const { auth } = usePageParts("codeField");
  return (
    <LabeledField
      name="code"
      label={auth.text("verifyCodeLabel")}
      autoComplete="one-time-code"
      inputMode="numeric"
      pattern="\s*(?:\d\s*){6}"
      maxLength={20}
      required
    />
  );
}

function Submit() {
  const { auth } = usePageParts("submitButton");
  return <SubmitButton>{useTextSlot("submitLabel", auth.text("verifySubmit"))}</SubmitButton>;
}

function VerifyForm() {
  return (
    <AuthForm>
      <Stack gap="md">
        <Part name="errorDisplay" />
        <Part name="codeField" />
        <Part name="submitButton" />
      </Stack>
    </AuthForm>
  );
}

/** The link of the mail leads here: nothing happens before the visitor confirms. */
function LinkForm() {
  return (
    <AuthForm>
      <Stack gap="md">
        <Part name="errorDisplay" />
        <Part name="submitButton" />
      </Stack>
    </AuthForm>
  );
}

function Resend() {
  const { auth } = usePageParts("resend");
  const text = useTextSlot("resendText", auth.text("verifyResend"));
  const { verifyResent, resendVerifyEmail } = auth.state;
  return (
    <Stack gap="xs" align="center">
      {verifyResent ? <SuccessCallout>{auth.text("verifyResent")}</SuccessCallout> : null}
      <Anchor component="button" type="button" size="sm" underline="always" onClick={() => resendVerifyEmail()}>
        {text}
      </Anchor>
    </Stack>
  );
}

function EmptyView() {
  const { auth } = usePageParts("emptyView");
  const { verifyError } = auth.state;
  return <ErrorCallout>{verifyError === "" ? auth.text("verifyNothing") : verifyError}</ErrorCallout>;
}

function Body() {
  const { verifyEmail, verifyLinkValid } = usePageParts("body").auth.state;
  if (verifyEmail === "") return <Part name="emptyView" />;
  return (
    <Stack gap="md">
      <Part name="instructions" />
      <Part name={verifyLinkValid ? "linkForm" : "verifyForm"} />
      <Part name="resend" />
    </Stack>
  );
}

function BackLink() {
  const { auth } = usePageParts("backLink");
  const text = useTextSlot("backLinkText", auth.text("verifyBackLink"));
  const { register } = auth.settings.routes;
  if (register === undefined) return null;
  return (
    <Text size="sm" component="p" ta="center">
      <TextLink href={register}>{text}</TextLink>
    </Text>
  );
}

const DESIGN: PageDesign = {
  name: "verifyEmail",
  event: "submitVerifyEmail",
  refusal: ({ verifyError }) => [verifyError, ""],
  parts: {
    heading: Heading,
    instructions: Instructions,
    codeField: CodeField,
    submitButton: Submit,
    verifyForm: VerifyForm,
    linkForm: LinkForm,
    resend: Resend,
    emptyView: EmptyView,
    body: Body,
    backLink: BackLink,
  },
  order: ["heading", "body", "backLink"],
};

/** The page for the code that proves an address. */
export function View({ slots }: { readonly slots: AnySlots }) {
  return <AuthPageView design={DESIGN} slots={slots} />;
}
