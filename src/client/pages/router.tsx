import { createContext, useContext, useMemo } from "react";
import type { RouterLocation } from "../../protocol/page.ts";
import { clientErrors } from "../errors.ts";
import type { PageRouter, RouterState } from "./page-router.ts";

/** What is on screen: the router's state as React has rendered it. */
export interface ShownLocation {
  readonly router: PageRouter;
  readonly state: RouterState;
  readonly pending: boolean;
}

/** Carries the shown location to the hooks. */
export const LocationContext = createContext<ShownLocation | undefined>(undefined);

/** What `useRouter()` gives. */
export interface RouterView extends RouterLocation {
  /** The fragment of the URL, with its `#`; empty without one. */
  readonly hash: string;
  /** Goes to another page, or to any URL of the site or beyond. */
  readonly push: (href: string) => void;
  /** Like `push`, in place of the present entry of the history. */
  readonly replace: (href: string) => void;
  readonly back: () => void;
  /** Whether another page is on its way. */
  readonly pending: boolean;
}

/**
 * Tells where the page is, and goes elsewhere.
 *
 * Values are those of the page on screen: they change together with it, when the next page is ready.
 *
 * @throws CLIENT_OUTSIDE_APP.
 * @example
 * const { params, push } = useRouter();
 * return <button onClick={() => push("/notes")}>Close note {params.id}</button>;
 */
export function useRouter(): RouterView {
  const shown = useContext(LocationContext);
  if (!shown) throw clientErrors.CLIENT_OUTSIDE_APP("useRouter");
  return useMemo(() => {
    const { router, state, pending } = shown;
    return {
      ...state.location,
      hash: state.hash,
      push: router.push,
      replace: router.replace,
      back: router.back,
      pending,
    };
  }, [shown]);
}
