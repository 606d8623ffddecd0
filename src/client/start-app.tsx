import { createRoot, type Root } from "react-dom/client";
import { authPageSettings, placePages } from "../protocol/auth-pages.ts";
import type { PageLanguages } from "../protocol/messages.ts";
import { AppRoot } from "./app.tsx";
import { clientError, isNotFound } from "./client-error.ts";
import { reportDiagnostic } from "./diagnostics.ts";
import { EffectQueue } from "./effect-queue.ts";
import type { Engine } from "./engine/engine-types.ts";
import { createEngine } from "./engine.ts";
import { clientErrors } from "./errors.ts";
import { listenFresh } from "./hooks/use-fresh.ts";
import { refreshComponents } from "./hot-refresh.ts";
import { documentLanguages, rememberTimeZone } from "./languages/page-language.ts";
import { type App, type ClientPage, isApp } from "./pages/create-app.ts";
import { isLazyPage } from "./pages/lazy-page.ts";
import { PageRouter } from "./pages/page-router.ts";
import { createPageRuntime, type PageRuntime } from "./pages/page-runtime.ts";
import { reportFailure } from "./report-failure.ts";
import type { BuiltInStates } from "./states/built-in-states.ts";
import { describeValue } from "./states/state-stub.ts";
import { adoptStyles } from "./ui/styles.ts";

/** Options of `startApp()`. */
export interface StartAppOptions {
  /** Takes the place of the engine that speaks with the server; for tests. */
  readonly engine?: Engine;
  /** CSS selector of the element to render into; `#root` when absent. */
  readonly root?: string;
  /** Stubs of the framework's states; without them `useUser()` and `useContextValues()` throw CLIENT_STATES_MISSING. */
  readonly states?: BuiltInStates;
}

/** Codes of the languages that a path may begin with; undefined if paths name none. */
function prefixesOf(given: PageLanguages | undefined): readonly string[] | undefined {
  const codes = Object.keys(given?.languages ?? {});
  return given?.urlPrefix && codes.length > 1 ? codes : undefined;
}

/** Codes of the errors that a document tells, by the name of their meta tag. */
const REFUSALS = [
  ["antiphon-refused", "PAGE_REFUSED"],
  ["antiphon-missing", "NOT_FOUND"],
] as const;

interface RunningApp {
  app: App;
  readonly runtime: PageRuntime;
  readonly root: Root;
}

let running: RunningApp | undefined;

/**
 * Connects to the server and renders the app. The generated entry calls it; an app calls it only in tests.
 *
 * Returns what ends it: the components are unmounted and the connection is closed.
 *
 * @throws CLIENT_NOT_AN_APP, CLIENT_ROOT_MISSING, CLIENT_STARTED_TWICE.
 * @example
 * const stop = startApp(app);
 */
export function startApp(app: App, options: StartAppOptions = {}): () => void {
  if (!isApp(app)) throw clientErrors.CLIENT_NOT_AN_APP(describeValue(app));
  if (running) throw clientErrors.CLIENT_STARTED_TWICE();
  const selector = options.root ?? "#root";
  const container = document.querySelector(selector);
  if (!container) throw clientErrors.CLIENT_ROOT_MISSING(selector);
  adoptStyles();
  rememberTimeZone();
  const engine = options.engine ?? createEngine();
  const languages = documentLanguages();
  const router = new PageRouter({
    pages: placePages(app.pages, authPageSettings()),
    languages: prefixesOf(languages),
    url: location.href,
    navigate: (path) => {
      // Beside the server's own work for the page, which takes longer.
      runtime.language.prepare(router.routeOf(path), path);
      return runtime.head.navigate(() => engine.navigate(path));
    },
    beforeLeave: () => runtime.fields.sendAll(),
    mayLeave: () => runtime.leaving.mayLeave(),
  });
  const runtime = createPageRuntime({ engine, router, languages, states: options.states });
  const stops = [router.start(), listen(runtime), runtime.outdated.start(), runtime.language.start()];
  // The document itself was refused: nothing of the page is shown, not even until the socket says so too.
  for (const [name, code] of REFUSALS) {
    const refusal = document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content;
    if (refusal !== undefined) router.refuse(clientError(code, refusal, { attribution: "app" }));
  }
  const root = createRoot(container);
  root.render(<AppRoot app={app} runtime={runtime} />);
  running = { app, runtime, root };
  return () => {
    running = undefined;
    root.unmount();
    for (const stop of stops) stop();
    engine.close();
  };
}

/**
 * Puts a new version of the app in place of the running one: new pages, the same connection, and mounted components
 * keep their state where React Refresh allows it. The generated entry calls it in development.
 *
 * @throws CLIENT_NOT_AN_APP.
 */
export async function replaceApp(app: App): Promise<void> {
  if (!isApp(app)) throw clientErrors.CLIENT_NOT_AN_APP(describeValue(app));
  if (!running) return;
  await refreshComponents();
  const { runtime, root, app: before } = running;
  const pages = placePages(app.pages, authPageSettings()).map((page) => keepLoaded(page, before));
  running.app = app;
  root.render(<AppRoot app={app} runtime={runtime} />);
  runtime.router.setPages(pages);
}

/**
 * Fetches the messages of the shown page again. The generated entry calls it in development, when a catalogue or a module of
 * the page has changed.
 */
export function renewMessages(): void {
  running?.runtime.language.renew();
}

/** A page that is loaded lazily from the same file is the same component: its own file refreshes by itself. */
function keepLoaded(page: ClientPage, before: App): ClientPage {
  const { component } = page;
  if (!isLazyPage(component)) return page;
  const same = before.pages.find((other) => isLazyPage(other.component) && other.component.source === component.source);
  return same ? { ...page, component: same.component } : page;
}

/** Connects what the engine and the browser report with what shows it. Returns what ends that. */
function listen(runtime: PageRuntime): () => void {
  const { engine, router, head, toasts, fields, states } = runtime;
  const effects = new EffectQueue({
    push: (to) => router.redirect(to, "push"),
    replace: (to) => router.redirect(to, "replace"),
    back: router.back,
    toast: toasts.add.bind(toasts),
    setTitle: head.setTitle,
  });
  const stopFresh = listenFresh(engine, (fresh) => running?.app.onFresh?.(fresh));
  const stopReopen = engine.onReopen(() => router.reopened());
  const stopOtherUser = engine.onFresh(() => router.reopened());
  const stopEffects = engine.onEffects((arrived) => effects.add(arrived));
  const stopProblems = engine.onProblem((error, page) => {
    // Explains the sign-out after a reload.
    if (error.code === "CLIENT_COOKIES_DROPPED") reportFailure(toasts, error);
    else if (!isNotFound(error)) reportDiagnostic(error);
    if (page !== undefined) router.refuse(error, page);
  });
  // The browser itself knows which failed call nobody awaited or caught.
  const onUnhandled = (event: PromiseRejectionEvent) => {
    if (!states.isRejection(event.reason)) return;
    event.preventDefault();
    reportFailure(toasts, event.reason, { source: states.eventOf(event.reason) });
  };
  const onLeave = () => fields.sendAll();
  // The browser asks in its own words.
  const onUnload = (event: BeforeUnloadEvent) => {
    if (runtime.leaving.isUnsaved()) event.preventDefault();
  };
  addEventListener("unhandledrejection", onUnhandled);
  addEventListener("pagehide", onLeave);
  addEventListener("beforeunload", onUnload);
  return () => {
    stopFresh();
    stopReopen();
    stopOtherUser();
    stopEffects();
    stopProblems();
    removeEventListener("unhandledrejection", onUnhandled);
    removeEventListener("pagehide", onLeave);
    removeEventListener("beforeunload", onUnload);
  };
}
