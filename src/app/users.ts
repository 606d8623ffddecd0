import { bindAuth } from "../auth/identity/auth.ts";
import { createIdentity } from "../auth/identity/identity.ts";
import { USER_ID } from "../auth/identity/session-keys.ts";
import { databaseCounters } from "../auth/throttle/database-counters.ts";
import type { Identity, RequestContext } from "../bridge/request-context.ts";
import type { Translator } from "../i18n/translator.ts";
import type { Database } from "../models/database/database.ts";
import { bindSessions } from "../sessions/current-sessions.ts";
import { DatabaseSessions } from "../sessions/database-sessions.ts";
import { sessionCookie } from "../sessions/session-cookie.ts";
import { SessionManager } from "../sessions/session-manager.ts";
import { StoreSessions } from "../sessions/store-sessions.ts";
import type { MemoryStore } from "../stores/memory-store.ts";
import type { AppOptions } from "./app-options.ts";
import { authSettings } from "./auth-settings.ts";

/** Parts that sessions and users are made from, beside the database. */
export interface UserParts extends Pick<AppOptions, "config" | "mode" | "logger" | "purpose"> {
  readonly secret: string;
  readonly translator: Translator;
  /** Sessions of an app that keeps them in memory. */
  readonly store: MemoryStore;
}

/** Makes the sessions and users of an app for a database, and lets code that runs with the database find them. */
export function openUsers(database: Database | undefined, parts: UserParts): Identity {
  const { config, mode, logger, purpose, secret, store, translator } = parts;
  const { session } = config;
  const inDatabase = database !== undefined && session.backend !== "memory";
  const sessions = new SessionManager({
    backend: inDatabase ? new DatabaseSessions(database) : new StoreSessions(store),
    cookie: sessionCookie({ ...session, basePath: config.basePath }),
    saveEveryRequest: session.saveEveryRequest,
    newPerMinute: session.newPerMinute,
    userKey: USER_ID,
    logger,
  });
  const language = (context: RequestContext) => translator.negotiate(context).language;
  if (!database) return createIdentity({ sessions, auth: undefined, language });
  const isOwn = inDatabase || purpose === "server";
  bindSessions(database, isOwn ? sessions : "out of reach");
  const surroundings = purpose === "server" ? { mode, logger } : {};
  const auth = bindAuth(database, authSettings(config, secret, databaseCounters(database), surroundings));
  return createIdentity({ sessions, auth, language });
}
