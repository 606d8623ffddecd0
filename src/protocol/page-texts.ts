import type { MessageTable } from "./messages.ts";

/** Texts that the framework itself shows on every page: banner, notices and the pages that an app need not write. */
export const PAGE_TEXTS = [
  "A new version is ready.",
  "Close notification",
  "Connecting…",
  "Enter a full date.",
  "Enter a full time.",
  "Enter a number.",
  "Go to the start page",
  "Loading",
  "No entry",
  "Notifications",
  "OK",
  "Page not found",
  "Reconnecting…",
  "Reload",
  "Reload the page",
  "Something went wrong",
  "The address may be mistyped, or the page has moved.",
  "The page could not be loaded",
  "The server no longer had its data.",
  "This page does not exist",
  "This page was disconnected.",
  "This page was reset. Check it before you continue.",
  "Try again",
  "Try now",
  "{{count}} changes wait to be sent.",
] as const;

/** One of the framework's own texts. */
export type PageText = (typeof PAGE_TEXTS)[number];

/** Forms of these texts in English, which no document holds. */
export const ENGLISH_PAGE_TEXTS: MessageTable = {
  language: "en",
  texts: { "{{count}} changes wait to be sent._one": "{{count}} change waits to be sent." },
};
