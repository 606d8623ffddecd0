// Translating and formatting in views, events and commands.
export { currentLanguage, formats, inLanguage, t } from "./current-language.ts";
export { type LazyText, lazy } from "./lazy-text.ts";
export { message } from "../protocol/messages.ts";
