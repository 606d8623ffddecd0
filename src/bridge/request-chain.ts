import type { RequestContext } from "./request-context.ts";

/** What became of work that was run behind the app's hooks. */
export type ChainOutcome<T> =
  | { readonly kind: "done"; readonly value: T }
  /** A hook answered in the work's place. */
  | { readonly kind: "redirect"; readonly to: string }
  | { readonly kind: "refused"; readonly status: number };

/** Runs work behind the hooks that an app has registered for its HTTP views, as if it were one of them. */
export interface RequestChain {
  /** True for an app that has no hooks: then there is nothing to pass. */
  readonly isEmpty: boolean;
  /**
   * Runs the work once every hook has let the request pass; the hooks of the answer run after it. What the hooks set as
   * cookies is put into the context.
   *
   * @throws what the work throws
   */
  run<T>(context: RequestContext, work: () => T | Promise<T>): Promise<ChainOutcome<T>>;
}
