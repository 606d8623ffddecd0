// Translating and formatting in views, events and commands.
export { currentLanguage, formats, inLanguage, type LazyText, lazy, message, t } from "../i18n/index.ts";
export type { DateStyle, Formats, Moment } from "../protocol/formats.ts";
export type { MessageKey, MessageValues, Translate } from "../protocol/messages.ts";

// Values for every page.
export { collectContext, type ContextProcessor, contextProcessors, type ContextValuesOf } from "./collector.ts";
export { ContextState } from "./context-state.ts";
export { i18nContext, userContext } from "./processors.ts";

// The visitor's language as vars.
export { I18nState } from "./i18n-state.ts";
