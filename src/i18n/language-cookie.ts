import { YEAR_SECONDS } from "../protocol/durations.ts";
import { LANGUAGE_COOKIE } from "../protocol/endpoints.ts";

/**
 * Returns the `Set-Cookie` line that remembers a language. Scripts may read it: open pages follow it, and it opens nothing.
 */
export function languageCookie(language: string, path = "/"): string {
  return `${LANGUAGE_COOKIE}=${language}; Path=${path}; Max-Age=${YEAR_SECONDS}; SameSite=Lax`;
}
