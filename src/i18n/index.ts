// Translating and formatting in views, events and commands.
export { currentLanguage, formats, inLanguage, t } from "./current-language.ts";
export { type LazyText, lazy, message } from "./lazy-text.ts";
