import { UserState } from "../auth/user-state.ts";
import { ContextState } from "./context-state.ts";
import { I18nState } from "./i18n-state.ts";

/** States that every app has without exporting them; a registry takes them like the exports of one more state module. */
export const builtInStates = { UserState, I18nState, ContextState } as const;
