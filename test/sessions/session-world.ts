import {
  type SessionBackend,
  SessionManager,
  type SessionManagerOptions,
  sessionCookie,
} from "../../dist/sessions/index.js";

/** Some sessions with what a test must see of them from outside. */
export interface SessionWorld {
  readonly sessions: SessionManager;
  readonly backend: SessionBackend;
  readonly clock: { now: number };
  /** Statements that ran so far, of every process; a store has none. */
  readonly queries: string[];
  readonly warnings: object[];
  /** Ids of ended sessions as the first process was told of them. */
  readonly ended: string[];
  /** Another process with the same storage: its own connection, its own memory. */
  another(options?: Partial<SessionManagerOptions>): Promise<SessionManager>;
  /** Ids that are stored, expired ones included. */
  stored(): Promise<string[]>;
  /** Puts a text into the storage, as something else than a session manager would. */
  plant(id: string, data: string): Promise<void>;
  close(): Promise<void>;
}

/** What a kind of storage brings to a world. */
export interface SessionStorage {
  readonly queries: string[];
  backend(now: () => number): Promise<SessionBackend>;
  stored(): Promise<string[]>;
  plant(id: string, data: string): Promise<void>;
  close(): Promise<void>;
}

/** Opens a fresh storage. */
export type OpenStorage = (() => Promise<SessionStorage>) & { readonly label: string };

/** The beginning of every test's time: not now, so that nothing passes by looking at the real clock. */
const BEGINNING = Date.UTC(2031, 0, 1);

export async function sessionWorld(
  open: OpenStorage,
  options: Partial<SessionManagerOptions> = {},
): Promise<SessionWorld> {
  const storage = await open();
  const clock = { now: BEGINNING };
  const now = () => clock.now;
  const warnings: object[] = [];
  const manager = async (more: Partial<SessionManagerOptions> = {}) =>
    new SessionManager({
      backend: await storage.backend(now),
      cookie: sessionCookie(),
      now,
      logger: { warn: (details) => warnings.push(details) },
      ...options,
      ...more,
    });
  const backend = await storage.backend(now);
  const sessions = await manager({ backend });
  const ended: string[] = [];
  sessions.onEnded((id) => ended.push(id));
  return {
    sessions,
    backend,
    clock,
    queries: storage.queries,
    warnings,
    ended,
    another: manager,
    stored: storage.stored,
    plant: storage.plant,
    close: storage.close,
  };
}
