import { tabStorage } from "../engine/session-storage.ts";

const STORAGE_KEY = "antiphon:scroll";
/** Entries of the history whose position is kept. */
const MOST_KEPT = 50;
/** How long a page may take to grow to the height that it had, in milliseconds. */
const PATIENCE = 2_000;

interface Position {
  readonly x: number;
  readonly y: number;
}

/** Remembers where each entry of the browser's history was scrolled to; it survives a reload of the tab. */
export class ScrollMemory {
  readonly #positions: Map<string, Position>;
  #stopWaiting: () => void = () => undefined;

  constructor() {
    this.#positions = new Map(tabStorage.getJson<[string, Position][]>(STORAGE_KEY));
  }

  /** Notes the position of the entry that is about to be left. */
  save(key: string): void {
    this.#positions.delete(key);
    this.#positions.set(key, { x: window.scrollX, y: window.scrollY });
    while (this.#positions.size > MOST_KEPT) this.#positions.delete(this.#positions.keys().next().value as string);
    // Without storage positions last as long as the document.
    tabStorage.set(STORAGE_KEY, JSON.stringify([...this.#positions]));
  }

  /** Scrolls to where the entry was left. Waits for content that arrives later, until the user scrolls. */
  restore(key: string): boolean {
    const position = this.#positions.get(key);
    if (!position) return false;
    this.#stopWaiting();
    window.scrollTo(position.x, position.y);
    if (Math.abs(window.scrollY - position.y) > 1) this.#waitForHeight(position);
    return true;
  }

  /** Scrolls to the element that the fragment names, else to the top. */
  scrollToTarget(hash: string): void {
    this.#stopWaiting();
    const id = decodeFragment(hash.replace(/^#/, ""));
    const target = id === "" ? null : document.getElementById(id);
    if (target) target.scrollIntoView();
    else window.scrollTo(0, 0);
  }

  #waitForHeight(position: Position): void {
    if (typeof ResizeObserver === "undefined") return;
    const observer = new ResizeObserver(() => {
      window.scrollTo(position.x, position.y);
      if (Math.abs(window.scrollY - position.y) <= 1) this.#stopWaiting();
    });
    const timer = setTimeout(() => this.#stopWaiting(), PATIENCE);
    const stop = () => this.#stopWaiting();
    const signals = ["wheel", "touchstart", "keydown", "pointerdown"] as const;
    for (const signal of signals) window.addEventListener(signal, stop, { passive: true });
    this.#stopWaiting = () => {
      observer.disconnect();
      clearTimeout(timer);
      for (const signal of signals) window.removeEventListener(signal, stop);
      this.#stopWaiting = () => undefined;
    };
    observer.observe(document.body);
  }
}

function decodeFragment(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
