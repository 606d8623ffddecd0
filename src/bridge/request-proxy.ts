import type { IncomingHttpHeaders } from "node:http";
import { anonymousUser } from "./anonymous-user.ts";
import { type ContextValues, contextOf } from "./context-values.ts";
import { requestFor } from "./current-request.ts";
import { bridgeErrors } from "./errors.ts";
import type { RequestMessages } from "./messages.ts";
import { markStandIn } from "./request-stand-ins.ts";
import type { AppRequest, RequestSession, RequestUser } from "./request-types.ts";

/** The current request as an importable value, with what the user is most often asked for. */
export interface RequestProxy extends Omit<AppRequest, "session" | "messages"> {
  /** Undefined where no request is bound. */
  readonly session: RequestSession | undefined;
  /** Undefined where no request is bound. */
  readonly messages: RequestMessages | undefined;
  /** Whether a request is bound. */
  readonly isBound: boolean;
  readonly username: string;
  readonly isAuthenticated: boolean;
  readonly email: string;
  /**
   * Values of the app's context processors, which run when it is first read, once for each request.
   *
   * @example
   * const { theme } = await this.request.context;
   */
  readonly context: Promise<ContextValues>;
}

/** What is read where no request is: an anonymous visitor of the start page. */
const UNBOUND: Omit<RequestProxy, "isBound" | "user" | "username" | "isAuthenticated" | "email" | "context"> = {
  kind: "event",
  method: "GET",
  path: "/",
  url: "/",
  query: Object.freeze(Object.create(null) as Record<string, string>),
  headers: Object.freeze({}),
  cookies: Object.freeze(Object.create(null) as Record<string, string>),
  ip: "",
  host: "",
  protocol: "http",
  session: undefined,
  messages: undefined,
  language: "en",
};

const anyCased = new WeakMap<object, IncomingHttpHeaders>();

/** The same headers, found by their names in whatever case. */
function anyCase(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const known = anyCased.get(headers);
  if (known) return known;
  const lower = (name: string | symbol) => (typeof name === "string" ? name.toLowerCase() : name);
  const made = new Proxy(headers, {
    get: (target, name) => Reflect.get(target, lower(name)) as unknown,
    has: (target, name) => Reflect.has(target, lower(name)),
  });
  anyCased.set(headers, made);
  return made;
}

const OF_USER = new Set(["username", "isAuthenticated", "email"]);

/**
 * The request that the running code belongs to, wherever it is imported: views, events and page guards read the same
 * names. Outside of them it is an anonymous visitor's; what only a request of the app's own hooks has is an error there.
 *
 * @throws BRIDGE_NOT_BOUND for a name that no request has, where none is bound; AUTH_READ_IN_GETTER in a getter of a state
 * @example
 * import { request } from "antiphon";
 * const theme = request.session?.get("theme", "light");
 */
export const request: RequestProxy = markStandIn(
  new Proxy(Object.freeze({}) as RequestProxy, {
    get(_, name) {
      const bound = requestFor(typeof name === "string" ? `request.${name}` : "request");
      if (name === "isBound") return bound !== undefined;
      if (typeof name === "string" && OF_USER.has(name))
        return (bound?.user ?? anonymousUser)[name as keyof RequestUser];
      if (name === "context") return bound ? contextOf(bound) : Promise.resolve({});
      if (bound && name === "headers") return anyCase(bound.headers);
      if (bound) {
        const value = Reflect.get(bound, name) as unknown;
        return typeof value === "function" ? value.bind(bound) : value;
      }
      if (name === "user") return anonymousUser;
      if (typeof name === "symbol") return undefined;
      if (name in UNBOUND) return UNBOUND[name as keyof typeof UNBOUND];
      // What looks whether it is a promise, or how it reads as text, gets no error.
      if (name === "then" || name === "toJSON" || name in Object.prototype) return undefined;
      throw bridgeErrors.BRIDGE_NOT_BOUND(name);
    },
  }),
);
