import { bindAuth } from "../../auth/identity/auth.ts";
import { createIdentity } from "../../auth/identity/identity.ts";
import { databaseCounters } from "../../auth/throttle/database-counters.ts";
import type { Identity, RequestContext } from "../../bridge/request-context.ts";
import type { Mode, ResolvedConfig } from "../../config/resolve-config.ts";
import type { Database } from "../../models/database/database.ts";
import { bindSessions } from "../../sessions/current-sessions.ts";
import { DatabaseSessions } from "../../sessions/database-sessions.ts";
import { StoreSessions } from "../../sessions/store-sessions.ts";
import { MemoryStore } from "../../stores/memory-store.ts";
import type { Logger } from "../logger.ts";
import { appSessions } from "./app-sessions.ts";
import { authSettings } from "./auth-settings.ts";

/** What an app's identity works with. */
export interface IdentitySurroundings {
  readonly logger: Logger;
  readonly mode: Mode;
  /** Chooses the language of a request. */
  readonly language: (context: RequestContext) => string;
}

/** Makes what knows the sessions and users of an app, for the database that it has by now. */
export class AppIdentity {
  readonly #config: ResolvedConfig;
  readonly #secret: string;
  readonly #logger: Logger;
  readonly #mode: Mode;
  readonly #language: (context: RequestContext) => string;
  /** Sessions in memory outlive a reload of the app's code. */
  readonly #store = new MemoryStore();

  constructor(config: ResolvedConfig, secret: string, { logger, mode, language }: IdentitySurroundings) {
    this.#config = config;
    this.#secret = secret;
    this.#logger = logger;
    this.#mode = mode;
    this.#language = language;
  }

  make(database: Database | undefined): Identity {
    const { session } = this.#config;
    const inDatabase = database !== undefined && session.backend !== "memory";
    const backend = inDatabase ? new DatabaseSessions(database) : new StoreSessions(this.#store);
    const sessions = appSessions(session, backend, this.#logger);
    if (!database) return createIdentity({ sessions, auth: undefined, language: this.#language });
    bindSessions(database, sessions);
    const surroundings = { mode: this.#mode, logger: this.#logger };
    const auth = bindAuth(database, authSettings(this.#config, this.#secret, databaseCounters(database), surroundings));
    return createIdentity({ sessions, auth, language: this.#language });
  }
}
