import { useEffect, useState } from "react";
import { isDevelopment } from "../development.ts";
import { type ConnectionView, useConnection } from "../hooks/use-connection.ts";
import { useFresh } from "../hooks/use-fresh.ts";
import { useTexts } from "../hooks/use-texts.ts";

/** A short loss of the connection, or a short wait, is not worth a word, in milliseconds. */
const QUIET = { reconnecting: 1_000, connecting: 3_000, loading: 3_000 } as const;

interface Notice {
  readonly tone: "busy" | "error" | "news";
  readonly text: string;
  readonly detail?: string | undefined;
  readonly action?: { readonly label: string; readonly run: () => void };
}

/** Tells the user when the page cannot reach its server, was refused or reset, or is older than the server. */
export function ConnectionBanner() {
  const connection = useConnection();
  const wait = waitOf(connection);
  const isLong = useAfter(wait && QUIET[wait], wait ?? connection.status);
  const [isFresh, setFresh] = useState(false);
  // Users who sign in or out expect another page.
  useFresh(({ sameOwner }) => setFresh(sameOwner));
  const t = useTexts();
  const notice = noticeFor({ connection, isLong, onFreshRead: isFresh ? () => setFresh(false) : undefined, t });
  return (
    <div role="status" className="antiphon-ui">
      {notice && (
        <div className="antiphon-banner">
          <span className="antiphon-dot" data-tone={notice.tone} aria-hidden="true" />
          <p>
            {notice.text} {notice.detail && <small>{notice.detail}</small>}
          </p>
          {notice.action && (
            <button type="button" className="antiphon-button" onClick={notice.action.run}>
              {notice.action.label}
            </button>
          )}
        </div>
      )}
    </div>
  );
}

interface NoticeReasons {
  readonly connection: ConnectionView;
  readonly isLong: boolean;
  readonly onFreshRead: (() => void) | undefined;
  readonly t: ReturnType<typeof useTexts>;
}

function noticeFor({ connection, isLong, onFreshRead, t }: NoticeReasons): Notice | undefined {
  const reload = { label: t("Reload"), run: () => location.reload() };
  switch (connection.status) {
    case "refused":
      return {
        tone: "error",
        text: t("This page was disconnected."),
        detail: connection.error?.message,
        action: reload,
      };
    case "reconnecting":
    case "connecting": {
      // A known reason is not a short loss any more.
      if (!isLong && !connection.error) return undefined;
      const text = connection.status === "connecting" ? t("Connecting…") : t("Reconnecting…");
      return {
        tone: "busy",
        text,
        detail: [connection.error?.message, waiting(connection.pending, t)].filter(Boolean).join(" "),
        action: { label: t("Try now"), run: connection.reconnectNow },
      };
    }
    case "online":
      if (onFreshRead) {
        return {
          tone: "news",
          text: t("This page was reset. Check it before you continue."),
          detail: t("The server no longer had its data."),
          action: { label: t("OK"), run: onFreshRead },
        };
      }
      return connection.outdated ? { tone: "news", text: t("A new version is ready."), action: reload } : undefined;
  }
}

function waitOf({ status, loading }: ConnectionView): keyof typeof QUIET | undefined {
  if (status === "reconnecting" || status === "connecting") return status;
  return status === "online" && loading ? "loading" : undefined;
}

function waiting(count: number, t: ReturnType<typeof useTexts>): string | undefined {
  if (count === 0) return undefined;
  // Vite loads the page again when its server is back, and what waits is gone then.
  if (isDevelopment())
    return `${count === 1 ? "1 change waits" : `${count} changes wait`}. A restart of the server loses that.`;
  return t("{{count}} changes wait to be sent.", { count });
}

/** Whether this many milliseconds have passed since `key` changed. */
function useAfter(milliseconds: number | undefined, key: string): boolean {
  const [passed, setPassed] = useState<string | undefined>(undefined);
  useEffect(() => {
    setPassed(undefined);
    if (milliseconds === undefined) return;
    const timer = setTimeout(() => setPassed(key), milliseconds);
    return () => clearTimeout(timer);
  }, [milliseconds, key]);
  return passed === key && milliseconds !== undefined;
}
