import { AppPart, currentApp } from "../running-app.ts";
import type { AppRequest } from "./request-types.ts";

/** Values that the app's context processors give for a request. */
export type ContextValues = { readonly [name: string]: unknown };

/** Collects the values of a request. */
export type CollectContext = (request: AppRequest) => Promise<ContextValues>;

/** The app's own function that collects the values of a request. */
export const collectPart = new AppPart<CollectContext>("context values");

const collected = new WeakMap<AppRequest, Promise<ContextValues>>();

/** Collects the values of a request, once for each request. */
export function contextOf(request: AppRequest): Promise<ContextValues> {
  const known = collected.get(request);
  if (known) return known;
  const values = currentApp()?.get(collectPart)?.(request) ?? Promise.resolve(Object.freeze({}));
  collected.set(request, values);
  return values;
}
