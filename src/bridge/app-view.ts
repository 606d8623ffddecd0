import type { AppRequest } from "./request-types.ts";

const shown = new WeakMap<AppRequest, AppRequest>();

/**
 * The framework's request of an HTTP view as everybody else sees it: its parser may leave lists in the query, and schemas
 * numbers, where the request of an event has the last text of each name.
 */
export function appView(view: AppRequest, query: () => AppRequest["query"]): AppRequest {
  const found = shown.get(view);
  if (found) return found;
  if (Object.values(view.query).every((value) => typeof value === "string")) return view;
  const made = new Proxy(view, {
    get: (target, name) => (name === "query" ? query() : (Reflect.get(target, name, target) as unknown)),
  });
  shown.set(view, made);
  return made;
}
