import { ContextVariable } from "../context-variable.ts";
import type { AppRequest } from "./request-types.ts";

/** Values that the app's context processors give for a request. */
export type ContextValues = { readonly [name: string]: unknown };

/** Collects the values of a request. */
export type CollectContext = (request: AppRequest) => Promise<ContextValues>;

const collectors = new ContextVariable<CollectContext>();

/** A collector as one of the values of `runWith()`. */
export const collectorBound = (collect: CollectContext) => collectors.bound(collect);

const collected = new WeakMap<AppRequest, Promise<ContextValues>>();

/** Collects the values of a request, once for each request. */
export function contextOf(request: AppRequest): Promise<ContextValues> {
  const known = collected.get(request);
  if (known) return known;
  const values = collectors.getStore()?.(request) ?? Promise.resolve(Object.freeze({}));
  collected.set(request, values);
  return values;
}
