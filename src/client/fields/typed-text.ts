import type { Engine } from "../engine/engine-types.ts";
import { tabStorage } from "../engine/session-storage.ts";
import { BUTTONS, type Control, isControl, isTickable } from "./controls.ts";

const KEY = "antiphon.typed";

/** Milliseconds for which a loaded page waits for the controls whose text it kept. */
const GIVE_BACK_WITHIN = 10_000;

/** Types of inputs whose content is secret or cannot be set. */
const LEFT_OUT: ReadonlySet<string> = new Set(["password", "file", "hidden", ...BUTTONS]);

interface Kept {
  /** Finds the control in the page that is loaded then. */
  readonly control: string;
  readonly value: string;
  readonly checked?: boolean;
}

interface KeptText {
  readonly path?: string;
  readonly owner?: string;
  readonly kept?: readonly Kept[];
}

/**
 * Keeps the text that the user has typed over a reload that the page makes by itself. It is put back once the server has
 * said whose page it is, and only for the same user: the browser may have got another user's cookies meanwhile.
 */
export class TypedText {
  readonly #engine: Engine;
  readonly #isTied: (control: Element) => boolean;
  readonly #touched = new Set<Control>();

  constructor(engine: Engine, isTied: (control: Element) => boolean) {
    this.#engine = engine;
    this.#isTied = isTied;
  }

  /** Gives back what was kept, and notes what is typed from now on. Returns what ends that. */
  start(): () => void {
    const onInput = ({ target, isTrusted }: Event) => {
      if (isTrusted && isKept(target)) this.#touched.add(target);
    };
    document.addEventListener("input", onInput, true);
    // What one user has typed is not carried over as the next user's.
    const stopFresh = this.#engine.onFresh(({ sameOwner }) => {
      if (!sameOwner) this.#touched.clear();
    });
    const stop = this.#giveBack();
    return () => {
      stopFresh();
      document.removeEventListener("input", onInput, true);
      stop();
    };
  }

  /** Keeps what is typed until the page has been loaded again. */
  keep(): void {
    const kept = [...this.#touched].flatMap((control): Kept[] => {
      const name = control.isConnected && !this.#isTied(control) ? nameOf(control) : undefined;
      if (name === undefined) return [];
      const checked = isTickable(control) ? { checked: control.checked } : {};
      return [{ control: name, value: control.value, ...checked }];
    });
    if (kept.length === 0) return;
    tabStorage.set(KEY, JSON.stringify({ path: location.pathname, owner: this.#engine.owner(), kept }));
  }

  #giveBack(): () => void {
    const { path, owner, kept = [] } = tabStorage.getJson<KeptText>(KEY) ?? {};
    tabStorage.remove(KEY);
    if (path !== location.pathname || kept.length === 0) return () => {};
    let end = () => {};
    const isKnown = () => this.#engine.connection().status === "online";
    const whenKnown = () => {
      if (!isKnown()) return;
      stop();
      if (this.#engine.owner() === owner) end = this.#fillIn(kept);
    };
    const stop = this.#engine.onConnection(whenKnown);
    whenKnown();
    return () => {
      stop();
      end();
    };
  }

  #fillIn(kept: readonly Kept[]): () => void {
    let left = [...kept];
    const look = () => {
      const controls = [...document.querySelectorAll("input, textarea, select")].filter(isKept);
      left = left.filter((each) => {
        const found = controls.find((control) => nameOf(control) === each.control);
        // What the user has typed since is newer.
        if (found && !this.#touched.has(found)) fill(found, each);
        return !found;
      });
      if (left.length === 0) end();
    };
    const observer = new MutationObserver(look);
    observer.observe(document, { childList: true, subtree: true });
    const timer = setTimeout(() => end(), GIVE_BACK_WITHIN);
    const end = () => {
      observer.disconnect();
      clearTimeout(timer);
    };
    look();
    return end;
  }
}

function isKept(value: unknown): value is Control {
  return isControl(value) && !LEFT_OUT.has(value.type);
}

/** The same for the same control of a page that is loaded again: its id, or its name and its place among those of one name. */
function nameOf(control: Control): string | undefined {
  const kind = `${control.tagName} ${control.type}`;
  if (control.id) return `${kind} #${control.id}`;
  if (!control.name) return undefined;
  const alike = [...document.getElementsByName(control.name)];
  return `${kind} ${control.name} ${alike.indexOf(control)}`;
}

/** Sets the content as typing does, so that React and bound fields are notified. */
function fill(control: Control, { value, checked }: Kept): void {
  if (isTickable(control)) {
    if (control.checked !== checked) control.click();
    return;
  }
  if (control.value === value) return;
  const { set } = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(control), "value") ?? {};
  set?.call(control, value);
  control.dispatchEvent(new Event("input", { bubbles: true }));
  control.dispatchEvent(new Event("change", { bubbles: true }));
}
