import { setImmediate as nextTurn } from "node:timers/promises";
import type { Session, SessionManager } from "../../dist/sessions/index.js";

/** A browser that keeps a session's cookie, and nothing else. */
export class Browser {
  readonly #sessions: SessionManager;
  #cookie: string | undefined;
  /** The readable cookie by which open tabs notice a change. */
  identity: string | undefined;

  constructor(sessions: SessionManager, cookie?: string) {
    this.#sessions = sessions;
    this.#cookie = cookie;
  }

  get cookie(): string | undefined {
    return this.#cookie;
  }

  /** One request: the session is opened, loaded, used and saved, and the answer's cookies are kept. */
  async visit(
    work: (session: Session) => unknown = () => {},
    { on = this.#sessions, status = 200 }: { on?: SessionManager; status?: number } = {},
  ): Promise<readonly string[]> {
    // A request comes in a turn of its own, in which the process looks anew at what others have written.
    await nextTurn();
    const session = on.open(this.#cookie);
    await on.prepare(session);
    await work(session);
    return this.take(await on.save(session, status));
  }

  /** Reads one value in a request of its own. */
  async read(key: string, on?: SessionManager): Promise<unknown> {
    let value: unknown;
    await this.visit((session) => (value = session.get(key)), on ? { on } : {});
    return value;
  }

  take(lines: readonly string[]): readonly string[] {
    for (const line of lines) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      const kept = /Max-Age=0/.test(line) ? undefined : value;
      if (name === this.#sessions.cookie.name) this.#cookie = kept;
      else if (name === "antiphon_identity") this.identity = kept;
    }
    return lines;
  }
}
