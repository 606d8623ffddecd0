import {
  createElement,
  type ReactNode,
  Suspense,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
  useTransition,
} from "react";
import { isNotFound } from "./client-error.ts";
import { isDevelopment } from "./development.ts";
import type { PageLanguage } from "./languages/page-language.ts";
import type { App } from "./pages/create-app.ts";
import type { RouterState } from "./pages/page-router.ts";
import { type PageRuntime, RuntimeContext } from "./pages/page-runtime.ts";
import { LocationContext } from "./pages/router.tsx";
import { OnScreen } from "./states/on-screen.tsx";
import { ConnectionBanner } from "./ui/connection-banner.tsx";
import { ErrorPage, LoadingPage, NotFoundPage } from "./ui/default-pages.tsx";
import { PageBoundary } from "./ui/page-boundary.tsx";
import { focusPage } from "./ui/route-focus.ts";
import { Toaster } from "./ui/toaster.tsx";

/** Props of `<AppRoot>`. */
export interface AppRootProps {
  readonly app: App;
  readonly runtime: PageRuntime;
}

/**
 * The whole app on one page: the shown page inside its layout, and beside it the banner and the notices.
 *
 * `startApp()` renders it; a renderer on the server may render the same element to a string.
 */
export function AppRoot({ app, runtime }: AppRootProps) {
  const { router } = runtime;
  const [state, setState] = useState<RouterState>(router.state);
  // A page that does not exist is shown like an address that no page has.
  const shown = useMemo(
    () => (isNotFound(state.error) ? { ...state, page: undefined, error: undefined } : state),
    [state],
  );
  const [isRendering, startTransition] = useTransition();
  const hidden = useSyncExternalStore(runtime.hidden.subscribe, runtime.hidden.current, runtime.hidden.current);
  const isPending = useSyncExternalStore(router.subscribe, router.isPending, () => false);
  useLayoutEffect(() => {
    // In a transition, so that the page that is left stays until the next one has its states.
    const follow = () => startTransition(() => setState(router.state()));
    follow();
    return router.subscribe(follow);
  }, [router]);
  const pending = isPending || isRendering;
  const location = useMemo(() => ({ router, state: shown, pending }), [router, shown, pending]);
  const notFoundTitle = app.notFound?.title ?? "Page not found";
  // Another object when there is reason to try again: another place, another answer, another version of the page.
  // biome-ignore lint/correctness/useExhaustiveDependencies: what has changed is the reason, not read
  const attempt = useMemo(() => ({}), [shown.key, shown.error, shown.page]);
  const errorPage = app.errorPage ?? ErrorPage;
  // In development the code and the states change one after the other: in between a page may fail that is right again.
  const onNews = isDevelopment() ? (listener: () => void) => runtime.states.onAnyChange(listener) : undefined;
  const onRetry = () => {
    runtime.states.forgetFailures();
    router.retry();
  };
  // Code of an older build fails on what a newer server sends, and on files that are no longer there.
  const onError = () => void runtime.outdated.reload();
  const boundary = { attempt, onRetry, onError, onNews };
  return (
    <RuntimeContext value={runtime}>
      <LocationContext value={location}>
        {/* The layout may wait and fail too; banner and notices stand beside all that. */}
        <Suspense fallback={<LoadingPage />}>
          {/* The app's error page may fail as well, where it needs the layout that is not there: then ours is shown. */}
          <PageBoundary {...boundary} errorPage={ErrorPage}>
            <PageBoundary {...boundary} errorPage={errorPage}>
              <OnScreen name="layout">
                <Layout app={app}>
                  <Suspense fallback={<LoadingPage />}>
                    <PageBoundary key={shown.location.route} {...boundary} errorPage={errorPage}>
                      <OnScreen name={shown.key}>
                        {hidden === state ? <LoadingPage /> : <ShownPage app={app} state={shown} />}
                      </OnScreen>
                    </PageBoundary>
                    <Arrival
                      state={shown}
                      language={runtime.language}
                      show={() => runtime.head.show(shown, notFoundTitle)}
                      place={() => router.placeScroll(shown.key)}
                    />
                  </Suspense>
                </Layout>
              </OnScreen>
            </PageBoundary>
          </PageBoundary>
        </Suspense>
        {pending && shown.by !== "start" ? <LoadingPage /> : null}
        <ConnectionBanner />
        <Toaster store={runtime.toasts} />
      </LocationContext>
    </RuntimeContext>
  );
}

function Layout({ app, children }: { readonly app: App; readonly children: ReactNode }) {
  return app.layout ? createElement(app.layout, { children }) : children;
}

function ShownPage({ app, state }: { readonly app: App; readonly state: RouterState }) {
  if (state.error) throw state.error;
  return createElement(state.page?.component ?? app.notFound?.component ?? NotFoundPage);
}

interface ArrivalProps {
  readonly state: RouterState;
  readonly language: PageLanguage;
  readonly show: () => void;
  readonly place: () => void;
}

/** Runs when a page is on screen: title, scroll position, focus, and a word to screen readers. */
function Arrival({ state, language, show, place }: ArrivalProps) {
  const marker = useRef<HTMLSpanElement>(null);
  const placed = useRef("");
  const { key, page, by } = state;
  const shownLanguage = useSyncExternalStore(language.subscribe, language.current, language.current);
  const say = () => {
    if (by !== "start") announce(document.title);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: `place` is another function on each render
  useLayoutEffect(() => {
    // Runs again when a part of the page has waited for something: then the page stays where it is.
    if (placed.current === key) return;
    placed.current = key;
    place();
  }, [key]);
  // Before the effect below, which says the title that this one sets.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the title belongs to a place and its page, not to each state of the router
  useEffect(() => {
    show();
    const { route } = state.location;
    language.arrived(route);
    if (language.tables(route)) return;
    let isCurrent = true;
    void language.load(route).then(() => {
      if (!isCurrent) return;
      show();
      say();
    });
    return () => {
      isCurrent = false;
    };
  }, [state.location, page, shownLanguage]);
  // The language may follow after the page is on screen.
  // biome-ignore lint/correctness/useExhaustiveDependencies: arriving is a change of the path or of the language, not of how it came
  useEffect(say, [state.location.path, shownLanguage]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: arriving is a change of the path, not of how it came
  useEffect(() => {
    if (by === "start") return;
    const container = marker.current?.parentElement;
    if (container) focusPage(container);
    // Another query (a search, a tab) is the same place: the focus stays in the input that changed it.
  }, [state.location.path]);
  return <span ref={marker} hidden />;
}

/** Says a title in a live region of the document. It lies outside of React: it must outlive every page. */
function announce(title: string): void {
  let region = document.getElementById("antiphon-announcer");
  if (!region) {
    region = document.createElement("div");
    region.id = "antiphon-announcer";
    region.className = "antiphon-ui antiphon-hidden";
    region.setAttribute("aria-live", "polite");
    region.setAttribute("role", "status");
    document.body.append(region);
  }
  region.textContent = title;
}
