import { Stack } from "@mantine/core";
import { AuthState } from "antiphon/auth";
import { useAuthPages, useI18n, useRouter, useServerState } from "antiphon/react";
import { type ComponentType, useCallback, useMemo, useState } from "react";
import type { AuthPageName } from "../../../protocol/auth-pages.ts";
import type { ClientView } from "../../../state/client-view.ts";
import { authTexts } from "../auth-texts.ts";
import type { AnySlots, AuthPageContext, AuthStateClass } from "../slots.ts";
import { ErrorDisplay } from "./blocks.tsx";
import { type PageParts, PagePartsContext, Part, usePageParts } from "./page-context.ts";
import { AuthCard, AuthPageShell, BrandIcon, MantineGround } from "./shell.tsx";

/** What tells one canned page from the others. */
export interface PageDesign {
  readonly name: AuthPageName;
  /** Event that gets the form's values. */
  readonly event:
    | "submitLoginForm"
    | "handleRegistration"
    | "submitVerifyEmail"
    | "submitPasswordChange"
    | "submitPasswordResetRequest"
    | "submitPasswordResetConfirm";
  /** Reads why the form was refused, and which input it is about. */
  readonly refusal: (state: ClientView<AuthStateClass>) => readonly [message: string, field: string];
  /** The usual parts; `body` stands below the heading. */
  readonly parts: { readonly [part: string]: ComponentType };
  /** Names of the parts below the heading. */
  readonly order: readonly string[];
}

/** A canned page: its parts in their usual order, each of which the author may have replaced. */
export function AuthPageView({ design, slots }: { readonly design: PageDesign; readonly slots: AnySlots }) {
  const stateClass = slots.state ?? (AuthState as AuthStateClass);
  const state = useServerState(stateClass);
  const settings = useAuthPages();
  const { t } = useI18n();
  const [answers, setAnswers] = useState(0);
  const [fields, setFields] = useState<readonly string[]>([]);
  const showField = useCallback((name: string) => {
    setFields((shown) => [...shown, name]);
    return () => setFields((shown) => shown.filter((other) => other !== name));
  }, []);
  const { event, name, refusal, parts, order } = design;
  const [error, errorField] = refusal(state);
  const auth = useMemo<AuthPageContext>(
    () => ({
      page: name,
      state,
      settings,
      t,
      text: (key, values) => t(settings.messages[key] ?? authTexts[key], values),
      errorOf: (field) => (error !== "" && field === errorField ? error : undefined),
    }),
    [name, state, settings, t, error, errorField],
  );
  const page: PageParts = {
    auth,
    stateClass,
    slots,
    order,
    usual: { brandIcon: BrandIcon, errorDisplay: ErrorDisplay, render: UsualPage, ...parts },
    submit: async (values) => {
      await state[event](values as never);
      setAnswers((count) => count + 1);
    },
    error,
    answers,
    showField,
    hasField: (field) => fields.includes(field),
    errorField,
  };
  return (
    <PagePartsContext value={page}>
      <MantineGround>
        <Part name="render" />
      </MantineGround>
    </PagePartsContext>
  );
}

function UsualPage() {
  const { order } = usePageParts("render");
  return (
    <AuthPageShell>
      <AuthCard>
        <Stack gap="lg">
          {order.map((name) => (
            <Part key={name} name={name} />
          ))}
        </Stack>
      </AuthCard>
    </AuthPageShell>
  );
}

/** Adds the page that the visitor asked for to a link to another of these pages. */
export function useLinkWithNext(): (path: string) => string {
  const { next } = useRouter().query;
  return (path) => (next === undefined ? path : `${path}?next=${encodeURIComponent(next)}`);
}
