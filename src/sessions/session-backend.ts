/** A session as its storage keeps it. */
export interface StoredSession {
  /** JSON text of an object: the values by key. */
  readonly data: string;
  /** 1 when the session is made; one more with every change. */
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** What became of a write: `stale` when another has come before it, `gone` when the session is no longer there. */
export type SessionWrite = "saved" | "stale" | "gone";

/**
 * Where sessions are kept. A session is named by its id, which is a hash of its key; the key itself is stored nowhere.
 *
 * Every write is one indivisible step: processes that share the storage need no other lock.
 */
export interface SessionBackend {
  /** The same object for all that reach the same storage by the same connections. */
  readonly storage: object;
  /** Whether `readNow` answers; then nothing ever needs to be loaded ahead. */
  readonly readsAtOnce: boolean;
  /** Reads without waiting; undefined from a storage that cannot. */
  readNow(id: string): StoredSession | "none" | undefined;
  load(id: string): Promise<StoredSession | undefined>;
  /** Makes a session with version 1; false when the id is taken. */
  create(id: string, session: StoredSession): Promise<boolean>;
  /** Writes a session whose stored version is `version`; the new one is one more. */
  update(id: string, session: StoredSession, version: number): Promise<SessionWrite>;
  /** Puts a session under another id: the old one goes and the new one comes in one transaction, or neither. */
  replace(oldId: string, newId: string, session: StoredSession, version: number): Promise<SessionWrite | "taken">;
  /** Takes a session away; with a version only if it still has that. Tells whether it did. */
  delete(id: string, version?: number): Promise<boolean>;
  /** Deletes what has expired and tells how many that were; absent from a storage that cannot. */
  clearExpired?(now: number): Promise<number>;
  /** A mark of the present moment, taken before something is read. */
  stamp(): unknown;
  /** Whether what was read after the mark was taken still counts. */
  isFresh(stamp: unknown): boolean;
  /** Tells of sessions that others in this process have deleted or changed without the session manager. */
  onForeignChange?(listener: (change: ForeignChange) => void): () => void;
}

/** What somebody has done to stored sessions. */
export interface ForeignChange {
  /** "many" when it is not known which. */
  readonly ids: readonly string[] | "many";
  readonly deleted: boolean;
}
