import { currentSession } from "../bridge/current-request.ts";
import { translateForReader } from "../i18n/current-language.ts";
import { type HandlerEffect, redirect } from "../state/effects.ts";
import { type EventDefinition, event } from "../state/event.ts";
import { signIn } from "./account/authenticate.ts";
import { formRefusal, type SentForm, sentFormSchema } from "./auth-form.ts";
import { onwardTarget } from "./guards/login-redirect.ts";
import { currentAuth } from "./identity/auth.ts";
import type { LoginField } from "./options.ts";
import { UserState } from "./user-state.ts";

/** What a state of `sessionAuthState()` is called and does. All of it may be left out. */
export interface SessionAuthConfig {
  /** Var with the typed name, which stays after a refusal; "loginUsername" when absent. */
  readonly usernameVar?: string;
  /** Var with the reason of a refusal; "loginError" when absent. */
  readonly errorVar?: string;
  /** Event for a page's `onLoad`; "onLoadLogin" when absent. */
  readonly onLoadEvent?: string;
  /** Event that gets the values of a form; "submitLoginForm" when absent. */
  readonly submitFormEvent?: string;
  /** Event that signs out; "logout" when absent. */
  readonly logoutEvent?: string;
  /** Name of the input for the name; "username" when absent. */
  readonly formUsernameKey?: string;
  /** Name of the input for the password; "password" when absent. */
  readonly formPasswordKey?: string;
  /** Where a sign-in leads when no other page was asked for; "/" when absent. */
  readonly postLoginRedirect?: string;
  /** Where a sign-out leads; "/login" when absent. */
  readonly postLogoutRedirect?: string;
  /** Where `onLoadEvent` sends a signed-in user; nowhere when absent. */
  readonly redirectWhenAuthenticated?: string;
  /** Fields to sign in with, if fewer than `auth.loginFields`. */
  readonly loginFields?: readonly LoginField[];
  readonly sessionUnavailableMessage?: string;
  readonly invalidCredentialsMessage?: string;
}

type Name<C extends SessionAuthConfig, K extends keyof SessionAuthConfig, Usual extends string> = C[K] extends string
  ? C[K]
  : Usual;
type VarsOf<C extends SessionAuthConfig> = {
  [K in Name<C, "usernameVar", "loginUsername"> | Name<C, "errorVar", "loginError">]: string;
};
type StepsOf<C extends SessionAuthConfig> = {
  [K in Name<C, "onLoadEvent", "onLoadLogin"> | Name<C, "logoutEvent", "logout">]: () => Promise<
    HandlerEffect | undefined
  >;
};
type FormsOf<C extends SessionAuthConfig> = {
  [K in Name<C, "submitFormEvent", "submitLoginForm">]: (form: SentForm) => Promise<HandlerEffect | undefined>;
};

/** What every class of `sessionAuthState()` has. */
export class SessionAuthBase extends UserState {
  /** Signs out. */
  override async logout(): Promise<HandlerEffect | undefined> {
    await super.logout();
    return undefined;
  }
}

/** The class that `sessionAuthState()` makes: its vars and events have the names of the config. */
export interface SessionAuthStateClass<C extends SessionAuthConfig> {
  new (): SessionAuthBase & VarsOf<C> & StepsOf<C> & FormsOf<C>;
  readonly events: typeof UserState.events & { readonly [K in keyof (StepsOf<C> & FormsOf<C>)]: EventDefinition };
  readonly fields: object;
  readonly guard?: (typeof UserState)["guard"];
  readonly bridge?: (typeof UserState)["bridge"];
  readonly fieldsBelongTo: readonly string[];
}

/**
 * Makes a base of a state that signs in and out, with names of your own: for a form that you write by hand.
 *
 * The password is never a var. For the pages of `addAuthPages()` use `AuthState`.
 *
 * @example
 * export class LoginState extends sessionAuthState({ postLoginRedirect: "/notes", redirectWhenAuthenticated: "/notes" }) {}
 */
export function sessionAuthState<const C extends SessionAuthConfig = Record<never, never>>(
  config: C = {} as C,
): SessionAuthStateClass<C> {
  const given: SessionAuthConfig = config;
  const { usernameVar = "loginUsername", errorVar = "loginError", onLoadEvent = "onLoadLogin" } = given;
  const { submitFormEvent = "submitLoginForm", logoutEvent = "logout" } = given;
  const { formUsernameKey = "username", formPasswordKey = "password" } = given;
  const { postLoginRedirect = "/", postLogoutRedirect = "/login", redirectWhenAuthenticated } = given;
  const step = { ...event(), bridge: "user" as const };

  class SessionAuthState extends SessionAuthBase {
    static override events = {
      ...super.events,
      [onLoadEvent]: step,
      [logoutEvent]: step,
      [submitFormEvent]: { ...event({ args: [sentFormSchema] }), bridge: "user" as const },
    };

    constructor() {
      super();
      Object.assign(this, { [usernameVar]: "", [errorVar]: "" });
    }

    override async logout(): Promise<HandlerEffect> {
      await super.logout();
      return redirect(postLogoutRedirect);
    }
  }

  const methods: { readonly [name: string]: (this: SessionAuthState, form: SentForm) => Promise<unknown> } = {
    async [onLoadEvent]() {
      Object.assign(this, { [errorVar]: "" });
      await this.refreshUser();
      return this.isAuthenticated && redirectWhenAuthenticated !== undefined
        ? onward(this, redirectWhenAuthenticated)
        : undefined;
    },
    async [submitFormEvent](form) {
      const username = form[formUsernameKey];
      Object.assign(this, { [usernameVar]: typeof username === "string" ? username.trim() : "", [errorVar]: "" });
      const refused = await refusalOf(given, username, form[formPasswordKey]);
      if (refused !== undefined) {
        Object.assign(this, { [errorVar]: refused });
        return undefined;
      }
      await this.refreshUser();
      return onward(this, postLoginRedirect);
    },
    ...(logoutEvent === "logout" ? {} : { [logoutEvent]: SessionAuthState.prototype.logout }),
  };
  for (const [name, value] of Object.entries(methods)) {
    // A call without a form takes no argument, and a class is checked for that.
    const method = name === submitFormEvent ? value : withoutForm(value);
    Object.defineProperty(SessionAuthState.prototype, name, { value: method, writable: true, configurable: true });
  }
  return SessionAuthState as unknown as SessionAuthStateClass<C>;
}

function withoutForm<T>(method: (this: T, form: SentForm) => Promise<unknown>) {
  return function (this: T) {
    return method.call(this, {});
  };
}

function onward({ router: { path, query } }: UserState, page: string): HandlerEffect | undefined {
  const target = onwardTarget(page, path, query["next"]);
  return target && redirect(target.to, { external: target.external });
}

/** Signs in. Returns why that was refused, in the language of the visitor. */
async function refusalOf(config: SessionAuthConfig, username: unknown, password: unknown): Promise<string | undefined> {
  const { messages } = currentAuth().settings;
  const { loginFields, invalidCredentialsMessage, sessionUnavailableMessage } = config;
  if (!currentSession()) return translateForReader(sessionUnavailableMessage ?? messages.sessionUnavailable);
  const invalid = translateForReader(invalidCredentialsMessage ?? messages.invalidCredentials);
  if (loginFields && !isAllowed(loginFields, username)) return invalid;
  try {
    await signIn({ username, password });
    return undefined;
  } catch (error) {
    const { message } = formRefusal(error, messages);
    return (error as { readonly code?: unknown }).code === "AUTH_CREDENTIALS_INVALID" ? invalid : message;
  }
}

/** An address is not a name that somebody signs in with, and the other way round. */
function isAllowed(fields: readonly LoginField[], typed: unknown): boolean {
  return fields.includes(typeof typed === "string" && typed.includes("@") ? "email" : "username");
}
