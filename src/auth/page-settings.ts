import type { AuthPageName, AuthPageSettings } from "../protocol/auth-pages.ts";
import type { PageKeys } from "../protocol/messages.ts";
import type { PageTable } from "../protocol/page.ts";
import { AppPart, currentApp } from "../running-app.ts";
import type { ResolvedSignIn } from "./options.ts";
import { type AuthText, authTexts, authTitles, textsOfPage } from "./pages/auth-texts.ts";

/** Settings of pages, and the texts that an app has replaced. */
export type PageSettingsSource = ResolvedSignIn & {
  readonly messages: { readonly [name: string]: string };
};

/** Returns what pages may know of the settings. */
export function pageSettings(source: PageSettingsSource): AuthPageSettings {
  const { enabled, signupEnabled, passwordResetEnabled, messages } = source;
  const { loginUrl, signupUrl, verifyEmailUrl, passwordResetUrl, passwordResetConfirmUrl, passwordChangeUrl } = source;
  const { emailVerification, loginFields, usernameMinLength, passwordMinLength } = source;
  const { brandText, brandIcon, pageClasses } = source;
  const own = Object.entries(messages).filter(([name]) => Object.hasOwn(authTexts, name));
  return {
    routes: {
      ...(enabled ? { login: loginUrl, passwordChange: passwordChangeUrl } : {}),
      ...(enabled && signupEnabled ? { register: signupUrl } : {}),
      ...(enabled && signupEnabled && emailVerification ? { verifyEmail: verifyEmailUrl } : {}),
      ...(enabled && passwordResetEnabled
        ? { passwordReset: passwordResetUrl, passwordResetConfirm: passwordResetConfirmUrl }
        : {}),
    },
    loginFields,
    emailRequired: source.emailRequired || emailVerification,
    usernameMinLength,
    passwordMinLength,
    messages: Object.fromEntries(own),
    ...(brandText === undefined ? {} : { brandText }),
    ...(brandIcon === undefined ? {} : { brandIcon }),
    pageClasses,
  };
}

/** Where the texts of the canned pages are added. */
interface AuthTextsOptions {
  readonly table: () => PageTable;
  readonly settings: AuthPageSettings;
}

/**
 * Adds the texts of the canned pages to the keys of their routes, with the texts that the app has put in place of them. Gives
 * the same object for the same keys and pages: the version of all messages is computed once for each.
 */
export function withAuthTexts(
  find: () => Promise<PageKeys>,
  { table: current, settings }: AuthTextsOptions,
): () => Promise<PageKeys> {
  let known: { readonly keys: PageKeys; readonly table: PageTable; readonly all: PageKeys } | undefined;
  return async () => {
    const [keys, table] = [await find(), current()];
    if (known?.keys !== keys || known.table !== table) known = { keys, table, all: merged(keys, table, settings) };
    return known.all;
  };
}

function merged(keys: PageKeys, table: PageTable, settings: AuthPageSettings): PageKeys {
  const added = table.entries.flatMap(({ page: { auth, route } }) =>
    auth ? [[route, [...(keys.pages[route] ?? []), ...textsOf(auth.name, settings)]] as const] : [],
  );
  return added.length === 0 ? keys : { ...keys, pages: { ...keys.pages, ...Object.fromEntries(added) } };
}

function textsOf(page: AuthPageName, { messages, brandText }: AuthPageSettings): readonly string[] {
  const text = (name: AuthText) => messages[name] ?? authTexts[name];
  return [...textsOfPage(page).map(text), authTitles[page], ...(brandText === undefined ? [] : [brandText])];
}

/** The pages that an app shows with the framework's own `AuthState`. */
export const offeredPart = new AppPart<ReadonlySet<AuthPageName>>("offered pages of AuthState");

/** Returns the pages of an app that use the framework's own `AuthState`. */
export function offeredPages(table: PageTable, ownState: object): ReadonlySet<AuthPageName> {
  const names = table.entries.flatMap(({ page: { auth } }) =>
    auth && (auth.state ?? ownState) === ownState ? [auth.name] : [],
  );
  return new Set(names);
}

/** Whether the running app shows a page with the framework's own `AuthState`. */
export function isOffered(page: AuthPageName): boolean {
  return currentApp()?.get(offeredPart)?.has(page) === true;
}
