import { LANGUAGE_COOKIE } from "../protocol/endpoints.ts";

/** Seconds in a year. */
const YEAR = 31_536_000;

/**
 * Returns the `Set-Cookie` line that remembers a language. Scripts may read it: open pages follow it, and it opens nothing.
 */
export function languageCookie(language: string, path = "/"): string {
  return `${LANGUAGE_COOKIE}=${language}; Path=${path}; Max-Age=${YEAR}; SameSite=Lax`;
}
