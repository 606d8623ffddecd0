import { useMemo } from "react";
import { type AuthPageSettings, authPageSettings } from "../../protocol/auth-pages.ts";
import { useRuntime } from "../pages/page-runtime.ts";

/**
 * Returns the paths of the pages of `antiphon/auth/pages`, and the settings of `auth` that pages need. A page that the app
 * does not have, or that is switched off, has no path.
 *
 * @example
 * const { routes } = useAuthPages();
 * return routes.register && <Link href={routes.register}>Create account</Link>;
 */
export function useAuthPages(): AuthPageSettings {
  const { router } = useRuntime("useAuthPages");
  return useMemo(() => {
    const settings = authPageSettings();
    return { ...settings, routes: router.authRoutes(settings.routes) };
  }, [router]);
}
