import type { MessageTable } from "./messages.ts";

/** Texts that the framework itself shows on every page: banner, notices and the pages that an app need not write. */
export const PAGE_TEXTS = [
  '"{{text}}" matches no single entry. Choose one from the list.',
  "A new version is ready.",
  "Choose…",
  "Close notification",
  "Connecting…",
  "Empty",
  "Enter a full date.",
  "Enter a full time.",
  "Enter a number.",
  "Field",
  "Go to the start page",
  "Loading",
  "No",
  "No entry",
  "None",
  "Nothing found.",
  "Notifications",
  "OK",
  "Page not found",
  "Reconnecting…",
  "Reload",
  "Reload the page",
  "Remove {{name}}",
  "Save my changes",
  "Save your changes on top of theirs, or use their version?",
  "Something went wrong",
  "The address may be mistyped, or the page has moved.",
  "The page could not be loaded",
  "The server no longer had its data.",
  "Their changes stay either way: {{fields}}",
  "Their version",
  "This page does not exist",
  "This page was disconnected.",
  "This page was reset. Check it before you continue.",
  "Try again",
  "Try now",
  "Use their version",
  "Yes",
  "You have unsaved changes. Leave without saving them?",
  "Your version",
  "{{count}} changes wait to be sent.",
] as const;

/** One of the framework's own texts. */
export type PageText = (typeof PAGE_TEXTS)[number];

/** Forms of these texts in English, which no document holds. */
export const ENGLISH_PAGE_TEXTS: MessageTable = {
  language: "en",
  texts: { "{{count}} changes wait to be sent._one": "{{count}} change waits to be sent." },
};
