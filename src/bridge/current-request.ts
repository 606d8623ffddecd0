import { ContextVariable } from "../context-variable.ts";
import { anonymousUser } from "./anonymous-user.ts";
import type { RequestContext } from "./request-context.ts";
import type { AppRequest, RequestSession, RequestUser } from "./request-types.ts";

interface Binding {
  readonly context: RequestContext | undefined;
  readonly request: AppRequest | undefined;
}

const bindings = new ContextVariable<Binding>();

/** Runs work within a request: whatever it calls finds the request without being handed it. */
export function runInRequest<T>(context: RequestContext, work: () => T): T {
  return bindings.run({ context, request: undefined }, work);
}

/** Runs work that belongs to no request, although the code that starts it may belong to one. */
export function runOutsideRequest<T>(work: () => T): T {
  return bindings.getStore() ? bindings.run({ context: undefined, request: undefined }, work) : work();
}

/** The request's own record, for parts of the framework. */
export function currentContext(): RequestContext | undefined {
  return bindings.getStore()?.context;
}

/**
 * The request that the running code belongs to: a view's, an event's, or a page's; undefined outside of all of them.
 *
 * @example
 * const address = currentRequest()?.ip;
 */
export function currentRequest(): AppRequest | undefined {
  const binding = bindings.getStore();
  return binding?.request ?? binding?.context?.view ?? binding?.context;
}

/**
 * Who makes the current request; the anonymous user outside of one.
 *
 * @example
 * const mine = await objects(Note).filter({ user: currentUser() }).rows();
 */
export function currentUser(): RequestUser {
  return currentRequest()?.user ?? anonymousUser;
}

/** The session of the current request; undefined outside of one. */
export function currentSession(): RequestSession | undefined {
  return currentRequest()?.session;
}

/** The language of the current request; "en" outside of one. */
export function currentLanguage(): string {
  return currentRequest()?.language ?? "en";
}

/**
 * Binds a request to the running code until `endEventRequest()`: for tests and for work that a timer starts. A request
 * that is still bound is replaced.
 *
 * Views and events need neither: they are bound before they begin.
 *
 * @example
 * const request = currentRequest();
 * if (request) beginEventRequest(request);
 * try { await work(); } finally { endEventRequest(); }
 */
export function beginEventRequest(request: AppRequest): void {
  bindings.enterWith({ context: undefined, request });
}

/** Ends what `beginEventRequest()` began; without a bound request it does nothing. */
export function endEventRequest(): void {
  if (bindings.getStore()) bindings.enterWith({ context: undefined, request: undefined });
}
