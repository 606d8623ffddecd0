/// <reference types="@fastify/cookie" preserve="true" />
import type { RequestMessages } from "../../bridge/messages.ts";
import type { RequestKind, RequestSession, RequestUser } from "../../bridge/request-types.ts";

/** What every request of `src/routes.ts` has besides Fastify's own properties: the same session and user as in events. */
export interface RequestProperties {
  /** What the browser's session holds; saved when the view has ended well. */
  readonly session: RequestSession;
  /** Messages for the next page that the browser opens. */
  readonly messages: RequestMessages;
  /** Who makes the request; an anonymous user when nobody has signed in. */
  readonly user: RequestUser;
  /** The URL without its query. */
  readonly path: string;
  readonly language: string;
  /** "event" when a hook runs for an event of an open page. */
  readonly kind: RequestKind;
}

declare module "fastify" {
  // The cookies are declared by @fastify/cookie.
  interface FastifyRequest extends RequestProperties {}

  interface FastifyContextConfig {
    /**
     * Takes requests from pages of any site, with their cookies: for a route that tells its callers in another way, such
     * as a signature. Set it as `{ config: { csrfExempt: true } }`.
     */
    csrfExempt?: boolean;
    /**
     * `false` lets everybody pass where `loginRequired()` guards the views of a whole plugin. Set it as
     * `{ config: { loginRequired: false } }`.
     */
    loginRequired?: boolean;
  }
}
