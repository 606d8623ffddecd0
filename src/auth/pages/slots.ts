import type { ComponentType, ReactNode } from "react";
import type { AuthPageName, AuthPageSettings } from "../../protocol/auth-pages.ts";
import type { MessageValues, Translate } from "../../protocol/messages.ts";
import type { ClientView } from "../../state/client-view.ts";
import type { AuthState } from "../auth-state.ts";
import type { AuthText } from "./auth-texts.ts";

/** `AuthState`, or a class that extends it. */
export type AuthStateClass = typeof AuthState;

/** What the parts of a canned page are given. */
export interface AuthPageContext<C extends AuthStateClass = AuthStateClass> {
  readonly page: AuthPageName;
  /** The vars and events of the page's state. */
  readonly state: ClientView<C>;
  /** Settings of `auth`, and the paths of the other pages. */
  readonly settings: AuthPageSettings;
  /** Translates a text of the app. */
  readonly t: Translate;
  /** Returns a text of the canned pages in the visitor's language, with the app's `auth.messages`. */
  text(name: AuthText, values?: MessageValues): string;
  /** Returns what is wrong with an input; undefined if nothing is. */
  errorOf(field: string): string | undefined;
}

/** A text of a page, which is translated; or a function that returns it as it is shown. */
export type TextSlot<C extends AuthStateClass> = string | ((auth: AuthPageContext<C>) => string);

/** Renders a part of a page. `Default` is the usual one. */
export type PartSlot<C extends AuthStateClass> = (auth: AuthPageContext<C>, Default: ComponentType) => ReactNode;

/** Names of the texts and parts that all pages have. */
const texts = ["brandText", "headingText", "submitLabel"] as const;
const parts = ["brandIcon", "heading", "errorDisplay", "submitButton", "render"] as const;

/** Names of the texts and parts of each page. */
export const slotNames = {
  login: {
    texts: [...texts, "signupLinkText", "forgotLinkText"],
    parts: [...parts, "identifierField", "passwordField", "rememberField", "formFields", "formBody", "footerLinks"],
  },
  register: {
    texts: [...texts, "signinLinkText"],
    parts: [
      ...parts,
      "usernameField",
      "emailField",
      "passwordField",
      "confirmPasswordField",
      "formFields",
      "formBody",
      "footerLinks",
    ],
  },
  passwordReset: {
    texts: [...texts, "backLinkText"],
    parts: [...parts, "instructions", "emailField", "requestForm", "successView", "backLink", "body"],
  },
  passwordResetConfirm: {
    texts: [...texts, "backLinkText"],
    parts: [
      ...parts,
      "passwordField",
      "confirmPasswordField",
      "confirmForm",
      "successView",
      "loadingView",
      "invalidView",
      "backLink",
      "body",
    ],
  },
  passwordChange: {
    texts: [...texts],
    parts: [
      ...parts,
      "oldPasswordField",
      "passwordField",
      "confirmPasswordField",
      "formFields",
      "formBody",
      "successView",
      "body",
    ],
  },
  verifyEmail: {
    texts: [...texts, "resendText", "backLinkText"],
    parts: [...parts, "instructions", "codeField", "verifyForm", "linkForm", "resend", "emptyView", "backLink", "body"],
  },
} as const satisfies {
  readonly [name in AuthPageName]: { readonly texts: readonly string[]; readonly parts: readonly string[] };
};

/** Texts and parts of a canned page that take the place of the usual ones, and its state. */
export type PageSlots<N extends AuthPageName, C extends AuthStateClass = AuthStateClass> = {
  readonly [K in (typeof slotNames)[N]["texts"][number]]?: TextSlot<C>;
} & {
  readonly [K in (typeof slotNames)[N]["parts"][number]]?: PartSlot<C>;
} & {
  /** A class that extends `AuthState`, in place of it. */
  readonly state?: C;
};

/** The same for code that serves every page. */
export interface AnySlots {
  readonly state?: AuthStateClass;
  readonly [name: string]: unknown;
}
