import { defineErrors } from "../errors.ts";

/** Codes of guards, and of states that know who is signed in. */
export const guardErrors = defineErrors({
  AUTH_FORBIDDEN: {
    status: 403,
    expose: true,
    message: () => "You do not have permission to perform this action.",
  },
  AUTH_GUARD_INVALID: {
    message: (guard: string, reason: string, example: string) => `${guard} was given ${reason}. Write: ${example}`,
  },
  AUTH_REDIRECT_LOOP: {
    message: (page: string, to: string) =>
      `The page ${page} sends who is signed in to ${to}, which is the page itself. Expected another one. Write redirectAuthenticatedUser: "/" under auth in antiphon.config.ts, or anonymousRequired({ redirectUrl: "/" }).`,
  },
  AUTH_SESSION_UNBOUND: {
    message: (state: string, member: string) =>
      `No session is bound here, so ${state}.${member} can't be used. Expected an event or a hook of the state while it runs, with its bridge not switched off: in its class leave out  static bridge = "none".`,
  },
});
