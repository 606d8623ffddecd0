// By the names of the package: in the browser the first is a module of stubs.
import { AuthState } from "antiphon/auth";
import type { PageComponent } from "antiphon/react";
import { type ComponentType, createElement, use } from "react";
import type { AuthPageName } from "../../protocol/auth-pages.ts";
import { authPageErrors } from "./errors.ts";
import { type AnySlots, slotNames } from "./slots.ts";

/** A page of this folder: its code is loaded when it is first shown. */
export type CannedPage = PageComponent & {
  /** The state class of the page, in the browser its stub. */
  readonly authState: object;
};

/** A module with the view of a page. */
export interface ViewModule {
  readonly View: ComponentType<{ readonly slots: AnySlots }>;
}

/** What a page is made from. */
interface CannedPageOptions {
  readonly name: AuthPageName;
  /** The function that the author called, for errors. */
  readonly call: string;
  readonly slots: AnySlots;
  readonly load: () => Promise<ViewModule>;
}

let count = 0;

/** Makes a page whose code, and that of Mantine, is a file of its own in the build. @throws AUTH_PAGE_SLOT_UNKNOWN */
export function cannedPage({ name, call, slots, load }: CannedPageOptions): CannedPage {
  const { texts, parts } = slotNames[name];
  const known: readonly string[] = ["state", ...texts, ...parts];
  const unknown = Object.keys(slots).find((slot) => !known.includes(slot));
  if (unknown !== undefined) throw authPageErrors.AUTH_PAGE_SLOT_UNKNOWN(call, unknown, known);
  let view: ViewModule["View"] | undefined;
  let loading: Promise<ViewModule["View"]> | undefined;
  const loadOnce = async () => {
    try {
      view = (await load()).View;
      return view;
    } catch (error) {
      // The next try asks the network again.
      loading = undefined;
      throw error;
    }
  };
  const preload = () => {
    if (!loading) {
      loading = loadOnce();
      // One that fails before the page is shown is no error yet.
      loading.catch(() => undefined);
    }
    return loading;
  };
  const page = () => createElement(view ?? use(preload()), { slots });
  return Object.assign(page, {
    preload,
    isLoaded: () => view !== undefined,
    // Another text for each page: after a reload of the author's module the parts may be others.
    source: `${name} ${++count}`,
    displayName: name,
    authState: slots.state ?? AuthState,
  });
}
