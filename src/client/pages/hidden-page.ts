import type { Engine } from "../engine/engine-types.ts";
import type { PageRouter, RouterState } from "./page-router.ts";
import type { PageStates } from "./page-states.ts";

/** Milliseconds after which a page is shown although the server has said nothing more about it. */
const AT_MOST = 2_000;

/**
 * Hides a guarded page whose user has signed out: its states are empty by then, and in most cases a redirect follows.
 *
 * The page is shown again when its guard lets the next user in: then the server sends its guarded states whole.
 */
export class HiddenPage {
  readonly #router: PageRouter;
  readonly #states: PageStates;
  readonly #listeners = new Set<() => void>();
  #stop: (() => void) | undefined;
  #hidden: RouterState | undefined;

  constructor(engine: Engine, router: PageRouter, states: PageStates) {
    this.#router = router;
    this.#states = states;
    engine.onFresh(({ sameOwner }) => {
      if (!sameOwner && router.state().page?.guard !== undefined) this.#hide();
    });
  }

  /** The router's state whose page is hidden. Another state of the router is shown. */
  readonly current = (): RouterState | undefined => this.#hidden;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #hide(): void {
    this.#stop?.();
    const timer = setTimeout(() => this.#show(), AT_MOST);
    const stop = () => clearTimeout(timer);
    this.#stop = stop;
    this.#set(this.#router.state());
    // Later: the frame that emptied the states is being applied, and sends them whole as well.
    queueMicrotask(() => {
      // Shown again already, or hidden once more.
      if (this.#stop !== stop) return;
      const stopStates = this.#states.onAnyChange((change) => {
        if (change && "full" in change) this.#show();
      });
      this.#stop = () => {
        clearTimeout(timer);
        stopStates();
      };
    });
  }

  #show(): void {
    // A page that is being left stays hidden until the next one is there.
    if (this.#router.isPending()) return;
    this.#stop?.();
    this.#stop = undefined;
    this.#set(undefined);
  }

  #set(hidden: RouterState | undefined): void {
    this.#hidden = hidden;
    for (const listener of [...this.#listeners]) listener();
  }
}
