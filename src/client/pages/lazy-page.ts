import { type ComponentType, createElement, type ReactElement, use } from "react";
import { clientError } from "../client-error.ts";
import { clientErrors } from "../errors.ts";
import { describeValue } from "../states/state-stub.ts";

/** A page whose code is loaded when it is first needed. */
export interface LazyPage {
  (): ReactElement;
  /** Loads the code now; later calls give the same promise, after a failure a new one. */
  preload(): Promise<unknown>;
  /** Whether the code is there. */
  isLoaded(): boolean;
  /** Text that stays the same when the file that calls `lazyPage()` is evaluated again. */
  readonly source: string;
  displayName?: string;
}

/**
 * Makes a page whose code is its own file in the build; a link to it loads it on hover.
 *
 * The module's default export is the page, or the export that `name` says.
 *
 * @throws CLIENT_PAGE_LOAD_FAILED (while rendering) when the file cannot be loaded, CLIENT_PAGE_EXPORT_MISSING when it
 * holds no such component.
 * @example
 * app.addPage(lazyPage(() => import("./notes.tsx"), "Notes"), { route: "/notes" });
 */
export function lazyPage(load: () => Promise<unknown>, name = "default"): LazyPage {
  let promise: Promise<ComponentType> | undefined;
  let component: ComponentType | undefined;

  async function loadOnce(): Promise<ComponentType> {
    let module: unknown;
    try {
      module = await load();
    } catch (cause) {
      // Forgotten, so that the next try asks the network again.
      promise = undefined;
      const error = clientErrors.CLIENT_PAGE_LOAD_FAILED(name === "default" ? load.toString() : name);
      throw clientError(error.code, error.message, { attribution: "network", cause });
    }
    const found = (module as { readonly [key: string]: unknown })[name];
    if (typeof found !== "function" && (typeof found !== "object" || found === null)) {
      throw clientErrors.CLIENT_PAGE_EXPORT_MISSING(name, describeValue(found));
    }
    component = found as ComponentType;
    return component;
  }

  function preload(): Promise<ComponentType> {
    if (promise === undefined) {
      promise = loadOnce();
      // A preload on hover that fails is no error yet: rendering the page reports it.
      promise.catch(() => undefined);
    }
    return promise;
  }

  const page = () => createElement(component ?? use(preload()));
  return Object.assign(page, {
    preload,
    isLoaded: () => component !== undefined,
    source: `${name} ${load.toString()}`,
    displayName: name === "default" ? "LazyPage" : name,
  });
}

/** Whether a component was made by `lazyPage()`. */
export function isLazyPage(component: unknown): component is LazyPage {
  return typeof component === "function" && "preload" in component && "source" in component;
}
