import { LRUCache } from "lru-cache";
import type { RequestUser } from "../../bridge/request-types.ts";
import type { Change } from "../../models/database/change-feed.ts";
import type { Database } from "../../models/database/database.ts";
import { Freshness, type Stamp } from "../../models/database/freshness.ts";
import { type ModelClass, modelDefinition } from "../../models/schema/model.ts";
import { type Names, readGroups, readPermissions } from "../users/rights.ts";
import {
  isInTransaction,
  isSameUser,
  outside,
  type StoredUser,
  seesUncommitted,
  UserReader,
} from "../users/stored-user.ts";
import { AuthHashes } from "./auth-hash.ts";

/** Users that are kept unless told otherwise; one takes about a kilobyte. */
const KEPT = 10_000;

/** A user as he was read, with what was found out about him since. Another object means that something has changed. */
export class UserEntry {
  readonly user: StoredUser;
  readonly hashes: AuthHashes;
  stamp: Stamp;
  /** Set when the row was written: it is read again before it counts. */
  stale = false;
  /** What views and events see of him. */
  shown: RequestUser | undefined;
  permissions: Promise<Names> | undefined;
  groups: Promise<Names> | undefined;

  constructor(user: StoredUser, secrets: readonly string[], stamp: Stamp) {
    this.user = user;
    this.hashes = new AuthHashes(user, secrets);
    this.stamp = stamp;
  }
}

/** What an identity cache works with. */
export interface IdentityCacheOptions {
  readonly database: Database;
  readonly model: ModelClass;
  readonly secrets: readonly string[];
  /** Most users that are kept; 10,000 when absent. */
  readonly size?: number;
  readonly now?: () => number;
}

/**
 * Users, their permissions and groups of one database, read once.
 *
 * What this process writes takes effect at once, by the database's feed of changes; of other processes' writes
 * `Freshness` tells.
 */
export class IdentityCache {
  readonly #database: Database;
  readonly #model: ModelClass;
  readonly #secrets: readonly string[];
  readonly #reader: UserReader;
  readonly #freshness: Freshness;
  readonly #entries: LRUCache<string, UserEntry>;
  readonly #loading = new Map<string, Promise<UserEntry | null>>();
  readonly #listeners = new Set<(userId: string) => void>();
  /** Counts what was written: a reading that began before a write must not be kept after it. */
  #writes = 0;

  constructor({ database, model, secrets, size = KEPT, now }: IdentityCacheOptions) {
    this.#database = database;
    this.#model = model;
    this.#secrets = secrets;
    this.#entries = new LRUCache({ max: size });
    this.#reader = new UserReader(database, model);
    this.#freshness = new Freshness(database, now === undefined ? {} : { now });
    listen(database, this);
  }

  /** The user; null when there is none, undefined when he must be loaded first. */
  now(id: number | string): UserEntry | null | undefined {
    const key = String(id);
    const known = this.#fresh(key);
    if (known) return known;
    const stamp = this.#freshness.stamp();
    const keep = !seesUncommitted(this.#database);
    const user = this.#reader.now(id);
    return user && this.#entry(key, user, stamp, keep);
  }

  /** The user, read if he is not known; null when there is none. */
  async load(id: number | string): Promise<UserEntry | null> {
    const known = this.now(id);
    if (known !== undefined) return known;
    const key = String(id);
    const running = this.#loading.get(key);
    if (running) return running;
    const loading = this.#load(key, id);
    this.#loading.set(key, loading);
    try {
      return await loading;
    } finally {
      if (this.#loading.get(key) === loading) this.#loading.delete(key);
    }
  }

  /** The user, read anew whatever is known; null when there is none. */
  reload(id: number | string): Promise<UserEntry | null> {
    return this.#load(String(id), id);
  }

  /**
   * Returns the user as the running code sees them, its own unfinished transaction included. They are read from the
   * database, and what was read is not kept. Outside of a transaction it is the kept object if nothing has changed.
   */
  async read(id: number | string): Promise<UserEntry | null> {
    const user = await this.#reader.inside(id);
    const known = isInTransaction(this.#database) ? undefined : this.#fresh(String(id));
    if (user && known && isSameUser(known.user, user)) return known;
    return user && new UserEntry(user, this.#secrets, this.#freshness.stamp());
  }

  /** What a user may do by the user table, read once for each entry. */
  permissions(entry: UserEntry): Promise<Names> {
    return this.#names(entry, "permissions", readPermissions);
  }

  /** Names of a user's groups, read once for each entry. */
  groups(entry: UserEntry): Promise<Names> {
    return this.#names(entry, "groups", readGroups);
  }

  /** Tells of users about whom something has changed, by the text of their key; the answer ends it. */
  onChange(listener: (userId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes in what was committed. */
  hear(changes: readonly Change[]): void {
    const user = modelDefinition(this.#model).name;
    for (const { model, action, ids } of changes) {
      // What is new belongs to nobody yet, but a superuser has every permission.
      if (model === "Permission" || (model === "Group" && action !== "create")) this.#forget("many", false);
      else if (model === user && action !== "create") this.#forget(ids, action === "update");
    }
  }

  #forget(ids: Change["ids"], rowOnly: boolean): void {
    this.#writes++;
    const keys = ids === "many" ? [...this.#entries.keys()] : ids.map(String);
    if (ids === "many") this.#loading.clear();
    for (const key of keys) {
      this.#loading.delete(key);
      const entry = this.#entries.peek(key);
      if (entry && rowOnly) entry.stale = true;
      else this.#entries.delete(key);
    }
    for (const key of keys) for (const listener of this.#listeners) listener(key);
  }

  #fresh(key: string): UserEntry | undefined {
    const entry = this.#entries.get(key);
    return entry && !entry.stale && this.#freshness.isFresh(entry.stamp) ? entry : undefined;
  }

  async #load(key: string, id: number | string): Promise<UserEntry | null> {
    const stamp = this.#freshness.stamp();
    const writes = this.#writes;
    const user = await this.#reader.load(id);
    return user && this.#entry(key, user, stamp, writes === this.#writes);
  }

  #entry(key: string, user: StoredUser, stamp: Stamp, keep: boolean): UserEntry {
    const known = this.#entries.peek(key);
    // A row that was written is compared; permissions that another process may have changed are not worth that.
    const untouched = known && (known.permissions ?? known.groups) === undefined;
    const same = known && keep && isSameUser(known.user, user);
    if (same && (untouched || this.#freshness.isFresh(known.stamp))) {
      // Permissions that were read count no longer than from their own reading.
      if (untouched) known.stamp = stamp;
      known.stale = false;
      return known;
    }
    const entry = new UserEntry(user, this.#secrets, stamp);
    if (keep) this.#entries.set(key, entry);
    return entry;
  }

  #names(
    entry: UserEntry,
    kind: "permissions" | "groups",
    read: (database: Database, model: ModelClass, user: StoredUser) => Promise<Names>,
  ): Promise<Names> {
    const known = entry[kind];
    if (known) return known;
    const database = this.#database;
    // What a transaction sees before it is committed must not outlive it.
    if (isInTransaction(database)) return read(database, this.#model, entry.user);
    const reading = outside(database, () => read(database, this.#model, entry.user));
    if (seesUncommitted(database)) return reading;
    entry[kind] = reading;
    reading.catch(() => {
      if (entry[kind] === reading) entry[kind] = undefined;
    });
    return reading;
  }
}

/** A cache that nobody uses any more, as after a reload, ends its subscription by itself. */
function listen(database: Database, cache: IdentityCache): void {
  const weak = new WeakRef(cache);
  const stop = database.changes.subscribe((changes) => {
    const alive = weak.deref();
    if (alive) alive.hear(changes);
    else stop();
  });
}
