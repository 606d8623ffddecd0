import type { PageText } from "../../protocol/page-texts.ts";
import { isDevelopment } from "../development.ts";
import type { ClientError } from "../engine/engine-types.ts";
import { useTexts } from "../hooks/use-texts.ts";
import type { ErrorPageProps } from "../pages/create-app.ts";
import { Link } from "./link.tsx";

/** Shown for a path that no page has, unless the app sets its own. */
export function NotFoundPage() {
  const t = useTexts();
  return (
    <main className="antiphon-ui antiphon-page">
      <h1>{t("This page does not exist")}</h1>
      <p>{t("The address may be mistyped, or the page has moved.")}</p>
      <div className="antiphon-actions">
        <Link href="/" className="antiphon-button">
          {t("Go to the start page")}
        </Link>
      </div>
    </main>
  );
}

/** Shown in place of a page that failed, unless the app sets its own. */
export function ErrorPage({ error, retry }: ErrorPageProps) {
  const t = useTexts();
  return (
    <main className="antiphon-ui antiphon-page" role="alert">
      <h1>{t(headingOf(error))}</h1>
      {/* What a component threw may hold anything; a sentence of the server is made to be shown. */}
      {(isDevelopment() || error.code !== "CLIENT_PAGE_CRASHED") && <p>{error.message}</p>}
      <code>{error.ref === undefined ? error.code : `${error.code} · ${error.ref}`}</code>
      <div className="antiphon-actions">
        <button type="button" className="antiphon-button" onClick={retry}>
          {t("Try again")}
        </button>
        <button type="button" className="antiphon-button" onClick={() => location.reload()}>
          {t("Reload the page")}
        </button>
      </div>
    </main>
  );
}

function headingOf(error: ClientError): PageText {
  if (error.code === "PAGE_REFUSED") return "No entry";
  return error.attribution === "network" ? "The page could not be loaded" : "Something went wrong";
}

/** Shown while a page's code or state is on its way: nothing for a moment, then a thin line that moves nothing. */
export function LoadingPage() {
  const t = useTexts();
  return <div className="antiphon-ui antiphon-loading" role="progressbar" aria-label={t("Loading")} />;
}
