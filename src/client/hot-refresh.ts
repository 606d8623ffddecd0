import { appUrl } from "./app-url.ts";

interface RefreshRuntime {
  validateRefreshBoundaryAndEnqueueUpdate(id: string, before: object, after: object): string | undefined;
}

interface RefreshWindow {
  __registerBeforePerformReactRefresh?: (hook: () => void) => void;
}

let isHooked = false;
let waiting: (() => void)[] = [];

/**
 * Lets React Refresh put new versions of components in place of mounted ones. Resolves when it has.
 *
 * Only a module whose exports are all components starts a refresh by itself; `src/app.tsx` exports an app. Without the
 * refresh, React would take the new components for other ones and mount them afresh, with empty state.
 */
export async function refreshComponents(): Promise<void> {
  const page = window as RefreshWindow;
  if (!page.__registerBeforePerformReactRefresh) return;
  let runtime: RefreshRuntime;
  try {
    // Whole, because Vite adds a query to a path, and that would be a second runtime which knows no component.
    const url = new URL(appUrl("/@react-refresh"), location.href).href;
    runtime = (await import(/* @vite-ignore */ url)) as RefreshRuntime;
  } catch {
    return;
  }
  if (!isHooked) {
    isHooked = true;
    page.__registerBeforePerformReactRefresh(() => {
      const resume = waiting;
      waiting = [];
      // The hook runs just before the refresh; a task later it is done.
      setTimeout(() => {
        for (const go of resume) go();
      });
    });
  }
  const refreshed = new Promise<void>((resolve) => waiting.push(resolve));
  const component = { Page: AnyComponent };
  runtime.validateRefreshBoundaryAndEnqueueUpdate("antiphon", component, component);
  await refreshed;
}

function AnyComponent(): null {
  return null;
}
