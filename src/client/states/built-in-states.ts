import { clientErrors } from "../errors.ts";

/** Stubs of the states that every app has. The generated entry makes them and passes them to `startApp()`. */
export interface BuiltInStates {
  readonly UserState: object;
  readonly I18nState: object;
  readonly ContextState: object;
}

/** Returns the stub of a state that a hook reads. Throws CLIENT_STATES_MISSING if `startApp()` was called without it. */
export function builtInState(states: BuiltInStates | undefined, name: keyof BuiltInStates, hook: string): object {
  if (!states) throw clientErrors.CLIENT_STATES_MISSING(hook, name);
  return states[name];
}
