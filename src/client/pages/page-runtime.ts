import { createContext, useContext } from "react";
import type { PageLanguages } from "../../protocol/messages.ts";
import { isNotFound } from "../client-error.ts";
import type { Engine } from "../engine/engine-types.ts";
import { clientErrors } from "../errors.ts";
import { FieldRegistry } from "../fields/field-registry.ts";
import { PageLanguage } from "../languages/page-language.ts";
import type { BuiltInStates } from "../states/built-in-states.ts";
import { describeValue, type StubInfo, stubInfo } from "../states/state-stub.ts";
import { ToastStore } from "../toast-store.ts";
import { HiddenPage } from "./hidden-page.ts";
import { LeaveGuards } from "./leave-guards.ts";
import { OutdatedPage } from "./outdated-page.ts";
import { createPageHead, type PageHead } from "./page-head.ts";
import type { PageRouter } from "./page-router.ts";
import { PageStates } from "./page-states.ts";

/** All that the hooks of one page share. */
export interface PageRuntime {
  readonly engine: Engine;
  readonly router: PageRouter;
  readonly head: PageHead;
  readonly states: PageStates;
  readonly fields: FieldRegistry;
  readonly toasts: ToastStore;
  readonly outdated: OutdatedPage;
  readonly hidden: HiddenPage;
  readonly leaving: LeaveGuards;
  readonly language: PageLanguage;
  /** Stubs of the framework's states. */
  readonly builtIn: BuiltInStates | undefined;
  /** Names of a state: from its stub, or on the server from its class. */
  readonly describe: (state: object) => StubInfo | undefined;
}

/** What a runtime is made from. */
export interface PageRuntimeOptions {
  readonly engine: Engine;
  readonly router: PageRouter;
  /** What the document says about languages; undefined for an app in English alone. */
  readonly languages?: PageLanguages | undefined;
  /** Stubs of the framework's states. */
  readonly states?: BuiltInStates | undefined;
  /** Only a renderer on the server needs it: it knows the classes, the browser only stubs. */
  readonly describe?: (state: object) => StubInfo | undefined;
}

/** Puts together what the hooks of one page share. */
export function createPageRuntime(options: PageRuntimeOptions): PageRuntime {
  const fields = new FieldRegistry((state) => options.engine.snapshot(state));
  options.engine.onFresh((fresh) => fields.beginEpoch(fresh));
  let wasOnline = false;
  options.engine.onConnection(() => {
    const { status, pending } = options.engine.connection();
    const isBack = status === "online" && !wasOnline;
    wasOnline = status === "online";
    if (isBack || (wasOnline && pending === 0)) fields.sendFailed(isBack);
  });
  const language = new PageLanguage({
    engine: options.engine,
    state: stubInfo(options.states?.I18nState)?.id,
    languages: options.languages,
    route: () => options.router.state().location.route,
  });
  const outdated = new OutdatedPage(options.engine, (control) => fields.isTied(control));
  const toasts = new ToastStore();
  const states = new PageStates(options.engine, {
    succeeded: (event) => toasts.dismissOf(event),
    beforeCall: () => {
      fields.sendAll();
      const showOnPage = options.router.refusal();
      return (error) => {
        outdated.failed(error.code);
        if (isNotFound(error)) showOnPage(error);
      };
    },
  });
  return {
    engine: options.engine,
    router: options.router,
    language,
    head: createPageHead(options.router.state().page, language),
    states,
    fields,
    toasts,
    outdated,
    hidden: new HiddenPage(options.engine, options.router, states),
    leaving: new LeaveGuards(),
    builtIn: options.states,
    describe: (state) => stubInfo(state) ?? options.describe?.(state),
  };
}

/** Carries the runtime to the hooks. */
export const RuntimeContext = createContext<PageRuntime | undefined>(undefined);

/** The page's runtime. Throws CLIENT_OUTSIDE_APP for a component that is not under the app. */
export function useRuntime(hook: string): PageRuntime {
  const runtime = useContext(RuntimeContext);
  if (!runtime) throw clientErrors.CLIENT_OUTSIDE_APP(hook);
  return runtime;
}

/** The names of a state. Throws CLIENT_NOT_A_STATE for what is none. */
export function describeState(runtime: PageRuntime, hook: string, state: object): StubInfo {
  const info = runtime.describe(state);
  if (!info) throw clientErrors.CLIENT_NOT_A_STATE(`${hook}()`, describeValue(state));
  return info;
}
