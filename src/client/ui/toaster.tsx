import { useEffect, useState, useSyncExternalStore } from "react";
import { useTexts } from "../hooks/use-texts.ts";
import type { Toast, ToastStore } from "../toast-store.ts";

/** Shows notices. Errors are announced at once, others when the screen reader is quiet. */
export function Toaster({ store }: { readonly store: ToastStore }) {
  const toasts = useSyncExternalStore(store.subscribe, store.list, store.list);
  const [isHeld, setIsHeld] = useState(false);
  const t = useTexts();
  const hold = () => setIsHeld(true);
  const release = () => setIsHeld(false);
  return (
    <section
      className="antiphon-ui antiphon-toasts"
      aria-label={t("Notifications")}
      onPointerEnter={hold}
      onPointerLeave={release}
      onFocus={hold}
      onBlur={release}
    >
      {/* The live regions stay in the document: one that appears together with its text is not announced. */}
      <div className="antiphon-hidden" role="status" aria-live="polite">
        {spoken(toasts, false)}
      </div>
      <div className="antiphon-hidden" role="alert" aria-live="assertive">
        {spoken(toasts, true)}
      </div>
      {toasts.map((toast) => (
        <ToastCard
          key={toast.id}
          toast={toast}
          isHeld={isHeld}
          close={() => store.dismiss(toast.id)}
          release={release}
        />
      ))}
    </section>
  );
}

function spoken(toasts: readonly Toast[], areErrors: boolean): string {
  const texts = toasts.filter((toast) => (toast.level === "error") === areErrors);
  return texts.map((toast) => (toast.title ? `${toast.title}: ${toast.message}` : toast.message)).join(". ");
}

interface ToastCardProps {
  readonly toast: Toast;
  readonly isHeld: boolean;
  readonly close: () => void;
  readonly release: () => void;
}

function ToastCard({ toast, isHeld, close, release }: ToastCardProps) {
  const t = useTexts();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new `close` on each render must not start the time again, a new toast must
  useEffect(() => {
    if (toast.duration === 0 || isHeld) return;
    const timer = setTimeout(close, toast.duration);
    return () => clearTimeout(timer);
  }, [toast.duration, toast.id, isHeld]);
  const closeByHand = () => {
    close();
    // The element that had the pointer or the focus is gone, so no event says that it left.
    release();
  };
  return (
    <div className="antiphon-toast" data-level={toast.level}>
      <LevelIcon level={toast.level} />
      <div>
        {toast.title && <p className="antiphon-toast-title">{toast.title}</p>}
        <p>
          {toast.message}
          {toast.count > 1 && ` (×${toast.count})`}
        </p>
      </div>
      <button type="button" className="antiphon-close" aria-label={t("Close notification")} onClick={closeByHand}>
        ×
      </button>
    </div>
  );
}

const ICONS = {
  info: "M10 9v5M10 6v.01",
  success: "M6.5 10.5l2.5 2.5 5-5.5",
  warning: "M10 6v5M10 14v.01",
  error: "M7 7l6 6M13 7l-6 6",
} as const;

function LevelIcon({ level }: { readonly level: Toast["level"] }) {
  return (
    <svg
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      aria-hidden="true"
    >
      <circle cx="10" cy="10" r="8" />
      <path d={ICONS[level]} strokeLinejoin="round" />
    </svg>
  );
}
