import { statSync } from "node:fs";
import { type FSWatcher, isCSSRequest, type Plugin } from "vite";
import { isStateModule } from "./app-files.ts";

/** Editors write a file in several steps; one reload follows them all. In milliseconds. */
const QUIET = 10;

/**
 * Runs a reload after changes: one at a time, one for all changes that come together, and again after a failure.
 *
 * Vite's own reload of server modules never recovers from a syntax error: it forgets the entry. This one cannot, since
 * it always evaluates the entry anew.
 */
export class ReloadLoop {
  readonly #reload: (files: readonly string[]) => Promise<boolean>;
  /** Files that have changed since the last reload began. */
  #files = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #pending: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;
  #running: Promise<void> = Promise.resolve();
  #closed = false;
  /** Whether the last reload failed: then any change may be the cure. */
  failed = false;
  /** Runs after a successful reload, when waiting pages may go on. */
  onSuccess: () => Promise<void> = async () => {};

  constructor(reload: (files: readonly string[]) => Promise<boolean>) {
    this.#reload = reload;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Asks for a reload because of a file. */
  request(file: string): void {
    if (this.#closed) return;
    this.#files.add(file);
    if (!this.#pending) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#pending = { promise, resolve };
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#run(), QUIET);
  }

  /** Resolves when no reload waits or runs. */
  async settled(): Promise<void> {
    while (this.#pending) await this.#pending.promise;
    await this.#running;
  }

  /** Stops; a running reload is awaited. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#pending?.resolve();
    this.#pending = undefined;
    await this.#running;
  }

  #run(): void {
    const pending = this.#pending;
    this.#pending = undefined;
    const previous = this.#running;
    this.#running = (async () => {
      await previous;
      const files = [...this.#files];
      this.#files = new Set();
      // The reload before has waited, and taken these files with its own.
      if (files.length === 0) return;
      this.failed = !(await this.#reload(files));
    })();
    const done = this.#running;
    void done.then(pending?.resolve).then(() => (this.failed ? undefined : this.onSuccess()));
  }
}

/** Asks for a reload whenever a module of the server's graph changes, or a file comes or goes that the entry lists. */
export function reloadOnChange(root: string, loop: ReloadLoop): Plugin {
  const isListed = (file: string) =>
    file.startsWith(`${root}/src/`) &&
    (isStateModule(file) || /\/src\/(?:app|routes|models(?:\/index)?)\.\w+$/.test(file));
  /** What was last seen of each file: an editor that writes in several steps, or saves unchanged text, is not a change. */
  const seen = new Map<string, string>();
  return {
    name: "antiphon:reload",
    configureServer: (vite) => repeatSwallowedChanges(vite.watcher, () => loop.closed),
    async hotUpdate({ file, type, modules, read }) {
      if (this.environment.config.consumer !== "server") return;
      if (type === "update") {
        const text = await read();
        if (seen.get(file) === text && !loop.failed) return [];
        seen.set(file, text);
      } else {
        seen.delete(file);
      }
      const concerned = modules.length > 0 && !isCSSRequest(file);
      const listed = type !== "update" && isListed(file);
      if (concerned || listed || (loop.failed && file.startsWith(`${root}/src/`))) loop.request(file);
      return [];
    },
  };
}

/** For so long after one change of a file the watcher drops further ones. In milliseconds. */
const SWALLOWED = 50;

/**
 * Reports a change again when the file was written once more while the watcher was deaf to it.
 *
 * A formatter that runs on save does that; without this the page would show the unformatted, or broken, version.
 */
function repeatSwallowedChanges(watcher: FSWatcher, closed: () => boolean): void {
  const writtenAt = (file: string) => {
    const found = statSync(file, { throwIfNoEntry: false });
    // Two writes may have one time.
    return found && `${found.mtimeMs} ${found.size}`;
  };
  watcher.on("change", (file: string) => {
    const seen = writtenAt(file);
    const check = () => {
      const now = writtenAt(file);
      if (now === undefined || now === seen || closed()) return;
      // The watcher itself emits both, and some listen to one of them only.
      watcher.emit("change", file);
      watcher.emit("all", "change", file);
    };
    setTimeout(check, SWALLOWED + QUIET).unref();
  });
}
