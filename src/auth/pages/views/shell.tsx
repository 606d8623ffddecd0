import "./styles.ts";
import { MantineProvider, Paper } from "@mantine/core";
import { useI18n } from "antiphon/react";
import { type ReactNode, useState } from "react";
import { Part, usePageParts, useTextSlot } from "./page-context.ts";
import { usePageScheme } from "./page-scheme.ts";
import { cssVariables, SHELL_CSS, theme } from "./theme.ts";

/** Props of parts that surround others. */
export interface SurroundingProps {
  readonly children: ReactNode;
}

/** Carries Mantine's variables, in the colour scheme and the direction of the page around. */
export function MantineGround({ children }: SurroundingProps) {
  const scheme = usePageScheme();
  const { direction } = useI18n();
  const [root, setRoot] = useState<HTMLElement | null>(null);
  return (
    <div ref={setRoot} className="antiphon-auth" dir={direction} data-mantine-color-scheme={scheme}>
      <style href="antiphon-auth" precedence="antiphon">
        {SHELL_CSS}
      </style>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={cssVariables}
        cssVariablesSelector=".antiphon-auth"
        deduplicateCssVariables={false}
        withGlobalClasses={false}
        forceColorScheme={scheme}
        getRootElement={() => root ?? undefined}
      >
        {children}
      </MantineProvider>
    </div>
  );
}

/** The ground of a page: its brand, and the card below it. */
export function AuthPageShell({ children }: SurroundingProps) {
  const { auth } = usePageParts("AuthPageShell");
  const own = auth.settings.pageClasses[auth.page];
  return (
    <main className={own === undefined ? "antiphon-auth-page" : `antiphon-auth-page ${own}`}>
      <Brand />
      {children}
    </main>
  );
}

function Brand() {
  const { auth, slots } = usePageParts("brandIcon");
  const { brandText, brandIcon } = auth.settings;
  const text = useTextSlot("brandText", brandText === undefined ? "" : auth.t(brandText));
  if (text === "" && brandIcon === undefined && slots["brandIcon"] === undefined) return null;
  return (
    <p className="antiphon-auth-brand">
      <Part name="brandIcon" />
      {text === "" ? null : <span>{text}</span>}
    </p>
  );
}

/** The picture of the settings; nothing without one. */
export function BrandIcon() {
  const { auth } = usePageParts("BrandIcon");
  const { brandIcon } = auth.settings;
  return brandIcon === undefined ? null : <img src={brandIcon} alt="" />;
}

/** The card that holds the page. */
export function AuthCard({ children }: SurroundingProps) {
  return (
    <Paper className="antiphon-auth-card" withBorder shadow="sm" radius="lg" p={{ base: "lg", xs: "xl" }}>
      {children}
    </Paper>
  );
}
