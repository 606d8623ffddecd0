import { defineErrors } from "../errors.ts";

/** What goes wrong between an event and the hooks, sessions and users of the HTTP side. */
export const bridgeErrors = defineErrors({
  BRIDGE_REFUSED: {
    status: 403,
    expose: true,
    message: (status: number) => `The app's own hooks refused this request with status ${status}.`,
  },
  BRIDGE_REDIRECT_UNSAFE: {
    status: 500,
    message: (to: string) =>
      `A hook redirected an event to ${JSON.stringify(to)}. Expected a path of this app, such as "/login".`,
  },
  BRIDGE_UNAVAILABLE: {
    status: 503,
    expose: true,
    message: () => "It cannot be found out at the moment who you are. Nothing was changed: try again.",
  },
  BRIDGE_TICKET_INVALID: {
    status: 403,
    expose: true,
    message: () => "This cookie ticket does not count: it was used, is too old, or belongs to another tab or browser.",
  },
  BRIDGE_PERMISSIONS_NOT_A_LIST: {
    message: (got: string) =>
      `hasPerms() was given a value of type ${got}. Expected a list: hasPerms(["notes.add_note"]).`,
  },
  BRIDGE_MESSAGE_INVALID: {
    message: (level: string, got: string) =>
      `messages.${level}() was given a value of type ${got}. Expected a text: messages.${level}("Saved").`,
  },
  BRIDGE_NOT_BOUND: {
    status: 500,
    message: (name: string) =>
      `request.${name} was read where no request is. Read it in a view, an event or a page's guard, and see that eventBridge is not switched off.`,
  },
  AUTH_READ_IN_GETTER: {
    message: (getter: string, what: string) =>
      `The getter ${getter} read ${what}. Expected vars only, because a getter runs again when a var has changed, and also where no request is. Read a var of UserState instead (this.state(UserState).isStaff), or one that an event or onConnect has written.`,
  },
  CSRF_REFUSED: {
    status: 403,
    expose: true,
    message: () => "This request was refused, because it does not seem to come from a page of this app.",
  },
  CSRF_ORIGIN_INVALID: {
    message: (given: string) =>
      `trustedOrigins holds ${JSON.stringify(given)}. Expected an origin with its scheme, such as "https://shop.example" or "https://*.example.com".`,
  },
  FORWARDED_PROXY_INVALID: {
    message: (reason: string) =>
      `trustProxy holds what is no address (${reason}). Expected addresses or ranges: trustProxy: ["10.0.0.0/8", "::1"].`,
  },
});
