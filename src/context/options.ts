import { type RulesOf, type ValueRule, withDefault } from "../setting.ts";

/** Settings of values for every page. */
export interface ContextConfig {
  /**
   * Functions of the request whose values every page can read: `(request) => ({ theme: "dark" })`, also async. Of values with
   * the same name the last one counts. None when absent.
   */
  readonly contextProcessors?: readonly ((request: never) => object | Promise<object>)[];
}

const functions: ValueRule = {
  expected: "a list of functions, such as [userContext, (request) => ({ path: request.path })]",
  accepts: (value) => Array.isArray(value) && value.every((item) => typeof item === "function"),
};

/** Rules and defaults of {@link ContextConfig}. */
export const contextOptions = {
  contextProcessors: withDefault(functions, [] as readonly ((request: never) => object | Promise<object>)[]),
} satisfies RulesOf<ContextConfig>;
