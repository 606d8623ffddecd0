/**
 * Name of a hook of the framework's own states whose vars come from the path or the language of the tab. It runs within the
 * turn that opens a page, before the page's `onLoad`, and at the end of an event that chose a language.
 */
export const onPath: unique symbol = Symbol("onPath");

/** A state with that hook. */
export interface FollowsPath {
  [onPath](): void | Promise<void>;
}

/** Returns whether a state has that hook. */
export function followsPath<S extends object>(state: S): state is S & FollowsPath {
  return onPath in state;
}
