import { type BoundValue, ContextVariable } from "../context-variable.ts";
import { activeReader } from "../getter-reads.ts";
import { anonymousUser } from "./anonymous-user.ts";
import { appView } from "./app-view.ts";
import { bridgeErrors } from "./errors.ts";
import type { RequestContext } from "./request-context.ts";
import { isStandIn } from "./request-stand-ins.ts";
import type { AppRequest, RequestSession, RequestUser } from "./request-types.ts";

interface Binding {
  readonly context: RequestContext | undefined;
  readonly request: AppRequest | undefined;
  /** What was bound before `beginEventRequest()`; null for nothing, undefined for what it has not begun. */
  readonly before?: Binding | null;
}

const bindings = new ContextVariable<Binding>();

/** Runs work within a request: whatever it calls finds the request without being handed it. */
export function runInRequest<T>(context: RequestContext, work: () => T): T {
  return bindings.run({ context, request: undefined }, work);
}

/** The same as one of the values of `runWith()`. */
export function requestBound(context: RequestContext): BoundValue {
  return bindings.bound({ context, request: undefined });
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
 * @throws AUTH_READ_IN_GETTER in a getter of a state, as all of these
 * @example
 * const address = currentRequest()?.ip;
 */
export function currentRequest(): AppRequest | undefined {
  return requestFor("currentRequest()");
}

/** Refuses a getter of a state that reads what does not make it run again. @throws AUTH_READ_IN_GETTER */
export function assertNoGetter(what: string): void {
  const reader = activeReader();
  if (reader) throw bridgeErrors.AUTH_READ_IN_GETTER(reader.path, what);
}

/** The current request for whoever calls it by this name. @throws AUTH_READ_IN_GETTER */
export function requestFor(name: string): AppRequest | undefined {
  assertNoGetter(name);
  const binding = bindings.getStore();
  if (binding?.request) return binding.request;
  const context = binding?.context;
  return context?.view ? appView(context.view, () => context.query) : context;
}

/**
 * Who makes the current request; the anonymous user outside of one.
 *
 * @example
 * const mine = await objects(Note).filter({ user: currentUser() }).rows();
 */
export function currentUser(): RequestUser {
  return requestFor("currentUser()")?.user ?? anonymousUser;
}

/** The session of the current request; undefined outside of one. */
export function currentSession(): RequestSession | undefined {
  return requestFor("currentSession()")?.session;
}

/**
 * Binds a request to the running code until `endEventRequest()`: for tests and for work that a timer starts. A request
 * that another call has bound is replaced.
 *
 * Views and events need neither: they are bound before they begin.
 *
 * @example
 * const request = currentRequest();
 * if (request) beginEventRequest(request);
 * try { await work(); } finally { endEventRequest(); }
 */
export function beginEventRequest(request: AppRequest): void {
  const bound = bindings.getStore();
  const before = bound?.before === undefined ? (bound ?? null) : bound.before;
  // The imported `request` would look for itself.
  const meant = isStandIn(request) ? currentRequest() : request;
  bindings.enterWith({ context: undefined, request: meant, before });
}

/** Ends what `beginEventRequest()` began: what was bound before is bound again. Otherwise it does nothing. */
export function endEventRequest(): void {
  const before = bindings.getStore()?.before;
  if (before !== undefined) bindings.enterWith(before ?? { context: undefined, request: undefined });
}
