import type { Effect } from "../../protocol/frames.ts";

/** The effect that sends the browser to another URL. */
export type RedirectEffect = Extract<Effect, { effect: "redirect" }>;

/**
 * Answers a page's guard with another place to go. For a handler on the server, use `redirect` of "antiphon".
 *
 * `replace` (default true in a guard) leaves no entry for the refused page in the history; `external` allows another site.
 *
 * @example
 * app.addPage(Settings, { route: "/settings", guard: () => (closed ? redirect("/") : true) });
 */
export function redirect(to: string, options: { replace?: boolean; external?: boolean } = {}): RedirectEffect {
  return { effect: "redirect", to, replace: options.replace ?? true, external: options.external ?? false };
}
