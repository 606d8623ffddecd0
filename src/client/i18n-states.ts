// Takes the place of "antiphon/i18n" in the browser: the states that it exports, and nothing of the server.

export { languageStub as I18nState } from "./languages/language-stub.ts";
export { contextStub as ContextState } from "./states/context-stub.ts";
