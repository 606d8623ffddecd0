import type { Engine, StateSnapshot } from "../engine/engine-types.ts";
import { loadedBuild } from "../engine/environment.ts";
import { tabStorage } from "../engine/session-storage.ts";
import { TypedText } from "../fields/typed-text.ts";
import type { StubInfo } from "../states/state-stub.ts";

const KEY = "antiphon.outdated";

/** Most builds that are remembered. */
const MOST = 50;

/** The parts of the browser that `OutdatedPage` uses. */
export interface PageReload {
  /** The build that the page was loaded from. */
  readonly build: string;
  /** Survives a reload of the tab. */
  readonly storage: Pick<typeof tabStorage, "getJson" | "set">;
  readonly reload: () => void;
}

/** Codes of calls that a newer server no longer knows. */
const UNKNOWN: ReadonlySet<string> = new Set(["STATE_UNKNOWN", "EVENT_UNKNOWN"]);

/**
 * Reloads a page of an older build when it does not fit the server's build: it reads a var that no longer exists, calls an
 * event that is gone, or crashes on what the server sends. A page that still fits goes on, and the banner offers the reload.
 *
 * Each build reloads itself once per tab at most: where the reload brings the same build again (a cached document, servers
 * of different builds behind one address) the page does not loop.
 */
export class OutdatedPage {
  readonly #engine: Engine;
  readonly #page: PageReload;
  readonly #typed: TypedText;
  #isReloading = false;

  /** `isTied` says of which controls the text belongs to something that the loaded page may not show any more. */
  constructor(engine: Engine, isTied: (control: Element) => boolean, page: PageReload = browserReload()) {
    this.#engine = engine;
    this.#typed = new TypedText(engine, isTied);
    this.#page = page;
  }

  /** Gives back what was typed before the last reload, and notes from now on what is typed. Returns what ends that. */
  start(): () => void {
    const stops = [
      this.#typed.start(),
      this.#engine.onConnection(() => {
        // The server speaks another protocol.
        if (this.#engine.connection().status === "refused") this.reload();
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  /** Whether a state that the server sent lacks what this page's code reads; then the page is being reloaded. */
  lacks(info: StubInfo, snapshot: StateSnapshot): boolean {
    if (!this.#engine.connection().outdated) return false;
    // What a guard withholds is empty.
    if (Object.keys(snapshot).length === 0) return false;
    const isWhole = [...info.vars, ...info.computed].every((name) => Object.hasOwn(snapshot, name));
    return !isWhole && this.reload();
  }

  /** A call failed. */
  failed(code: string): void {
    if (UNKNOWN.has(code)) this.reload();
  }

  /** Reloads the page if it is outdated and has not tried that before. Returns whether it does. */
  reload(): boolean {
    if (this.#isReloading) return true;
    if (!this.#engine.connection().outdated || !this.#mayReload()) return false;
    this.#isReloading = true;
    this.#typed.keep();
    // After the work of now, such as a render.
    setTimeout(this.#page.reload);
    return true;
  }

  #mayReload(): boolean {
    const { build, storage } = this.#page;
    const tried = storage.getJson<string[]>(KEY) ?? [];
    // Without storage the page could reload again and again.
    return !tried.includes(build) && storage.set(KEY, JSON.stringify([...tried, build].slice(-MOST)));
  }
}

function browserReload(): PageReload {
  return {
    get build() {
      return loadedBuild();
    },
    storage: tabStorage,
    reload: () => location.reload(),
  };
}
