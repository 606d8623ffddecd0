/**
 * Style of what the framework shows by itself. Every name begins with `antiphon-`.
 *
 * In no layer, and buttons and links begin with `all: revert`: an app's rule for every `button` must not reach these. An
 * app changes them on purpose, with a selector of two classes: `.antiphon-ui.antiphon-toasts { … }`.
 */
const CSS = `
.antiphon-ui {
  --antiphon-surface: #ffffff; --antiphon-text: #1c2024; --antiphon-quiet: #60646c; --antiphon-line: #e0e1e6;
  --antiphon-accent: #2563eb; --antiphon-success: #15803d; --antiphon-warning: #b45309; --antiphon-error: #c62a2f;
  --antiphon-shadow: 0 1px 2px rgb(0 0 0 / 6%), 0 8px 24px rgb(0 0 0 / 12%);
  font: 400 14px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; color: var(--antiphon-text);
  box-sizing: border-box; text-align: start;
}
/* The page's colour scheme, which is not always the system's: an app may have a light design alone, or a switch. */
@supports (color: light-dark(#000, #fff)) {
  .antiphon-ui {
    --antiphon-surface: light-dark(#ffffff, #1f2226); --antiphon-text: light-dark(#1c2024, #edeef0);
    --antiphon-quiet: light-dark(#60646c, #a4a9b2); --antiphon-line: light-dark(#e0e1e6, #363a3f);
    --antiphon-accent: light-dark(#2563eb, #7aa7ff); --antiphon-success: light-dark(#15803d, #4ade80);
    --antiphon-warning: light-dark(#b45309, #fbbf24); --antiphon-error: light-dark(#c62a2f, #ff9592);
    --antiphon-shadow: 0 1px 2px light-dark(rgb(0 0 0 / 6%), rgb(0 0 0 / 40%)),
      0 8px 24px light-dark(rgb(0 0 0 / 12%), rgb(0 0 0 / 50%));
  }
}
.antiphon-ui *, .antiphon-ui *::before { box-sizing: border-box; }
.antiphon-ui p { unicode-bidi: plaintext; }
.antiphon-hidden {
  position: absolute; inline-size: 1px; block-size: 1px; margin: -1px; padding: 0; overflow: hidden;
  clip-path: inset(50%); white-space: nowrap; border: 0;
}
.antiphon-button {
  all: revert; font: inherit; font-weight: 500; color: inherit; background: transparent; cursor: pointer;
  display: inline-flex; align-items: center; box-sizing: border-box; text-decoration: none;
  border: 1px solid var(--antiphon-line); border-radius: 8px; padding: 4px 12px; min-block-size: 32px;
}
.antiphon-button:hover { border-color: var(--antiphon-quiet); }
.antiphon-button:focus-visible { outline: 2px solid var(--antiphon-accent); outline-offset: 2px; }
.antiphon-page {
  min-block-size: 60vh; display: grid; place-content: center; justify-items: center; gap: 12px;
  padding: 32px 24px; text-align: center;
  /* The page lies on the app's own ground, which may be light while the system is dark. */
  color: inherit; --antiphon-quiet: color-mix(in srgb, currentColor 65%, transparent);
  --antiphon-line: color-mix(in srgb, currentColor 22%, transparent);
}
.antiphon-page h1 { font-size: 22px; line-height: 1.25; font-weight: 600; margin: 0; text-wrap: balance; }
.antiphon-page p { margin: 0; max-inline-size: 56ch; color: var(--antiphon-quiet); overflow-wrap: anywhere; }
.antiphon-page code { font: 12px/1.4 ui-monospace, SFMono-Regular, Menlo, monospace; color: var(--antiphon-quiet); }
.antiphon-actions { display: flex; flex-wrap: wrap; gap: 8px; justify-content: center; margin-block-start: 8px; }
.antiphon-loading {
  position: fixed; inset-block-start: 0; inset-inline: 0; block-size: 2px; z-index: 2147483000; overflow: hidden;
  pointer-events: none; opacity: 0; animation: antiphon-appear 200ms 400ms forwards;
}
.antiphon-loading::before {
  content: ""; position: absolute; inset: 0; inline-size: 40%; background: var(--antiphon-accent); border-radius: 2px;
  animation: antiphon-slide 1.2s ease-in-out infinite;
}
.antiphon-banner {
  position: fixed; inset-block-end: 16px; inset-inline: 0; margin-inline: auto; inline-size: fit-content; z-index: 2147483001;
  max-inline-size: calc(100vw - 32px); display: flex; align-items: center; gap: 12px; padding-block: 8px;
  padding-inline: 16px 8px; min-block-size: 48px;
  background: var(--antiphon-surface); border: 1px solid var(--antiphon-line); border-radius: 12px;
  box-shadow: var(--antiphon-shadow); animation: antiphon-rise 180ms ease-out;
}
.antiphon-banner p { margin: 0; }
.antiphon-banner small { font-size: inherit; color: var(--antiphon-quiet); }
.antiphon-dot { inline-size: 8px; block-size: 8px; border-radius: 50%; background: var(--antiphon-warning); flex: none; }
.antiphon-dot[data-tone="error"] { background: var(--antiphon-error); }
.antiphon-dot[data-tone="news"] { background: var(--antiphon-accent); }
.antiphon-dot[data-tone="busy"] { animation: antiphon-pulse 1.6s ease-in-out infinite; }
.antiphon-toasts {
  position: fixed; inset-block-end: 16px; inset-inline-end: 16px; z-index: 2147483002; display: grid; gap: 8px;
  inline-size: min(360px, calc(100vw - 32px)); pointer-events: none;
}
/* Above the banner, which lies at the end of the page too. */
.antiphon-ui:has(> .antiphon-banner) ~ .antiphon-toasts { inset-block-end: 80px; }
.antiphon-toast {
  pointer-events: auto; display: grid; grid-template-columns: auto 1fr auto; gap: 2px 10px; align-items: start;
  padding: 12px; background: var(--antiphon-surface); border: 1px solid var(--antiphon-line); border-radius: 12px;
  box-shadow: var(--antiphon-shadow); animation: antiphon-rise 180ms ease-out;
}
.antiphon-toast svg { inline-size: 18px; block-size: 18px; margin-block-start: 1px; color: var(--antiphon-accent); }
.antiphon-toast[data-level="success"] svg { color: var(--antiphon-success); }
.antiphon-toast[data-level="warning"] svg { color: var(--antiphon-warning); }
.antiphon-toast[data-level="error"] svg { color: var(--antiphon-error); }
.antiphon-toast p { margin: 0; overflow-wrap: anywhere; }
.antiphon-toast .antiphon-toast-title { font-weight: 600; }
.antiphon-close {
  all: revert; box-sizing: border-box; inline-size: 24px; block-size: 24px; margin: -3px; padding: 0; border: 0; border-radius: 6px; background: transparent;
  color: var(--antiphon-quiet); font: 18px/1 system-ui, sans-serif; cursor: pointer;
}
.antiphon-close:hover { color: var(--antiphon-text); }
.antiphon-close:focus-visible { outline: 2px solid var(--antiphon-accent); }
@keyframes antiphon-appear { to { opacity: 1; } }
@keyframes antiphon-slide { from { translate: -120% 0; } to { translate: 300% 0; } }
@keyframes antiphon-pulse { 50% { opacity: 0.35; } }
@keyframes antiphon-rise { from { opacity: 0; translate: 0 8px; } }
@media (prefers-reduced-motion: reduce) {
  .antiphon-banner, .antiphon-toast, .antiphon-dot { animation: none !important; }
  .antiphon-loading::before { animation: none; inline-size: 100%; opacity: 0.5; }
}
`;

let isAdopted = false;

/**
 * Adds the framework's own style to the document, once.
 *
 * Through the CSS object model: a content security policy without inline styles does not forbid that.
 */
export function adoptStyles(): void {
  if (isAdopted || typeof CSSStyleSheet === "undefined" || !("adoptedStyleSheets" in document)) return;
  isAdopted = true;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(CSS);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}
