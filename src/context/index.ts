// Translating and formatting in views, events and commands.
export { currentLanguage, formats, inLanguage, type LazyText, lazy, message, t } from "../i18n/index.ts";
export type { DateStyle, Formats, Moment } from "../protocol/formats.ts";
export type { MessageKey, MessageValues, Translate } from "../protocol/messages.ts";

// The visitor's language as vars.
export { I18nState } from "./i18n-state.ts";
