import { UserState } from "./user-state.ts";

/** States that every app has without exporting them; a registry takes them like the exports of one more state module. */
export const builtInStates = { UserState } as const;
