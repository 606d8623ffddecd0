import type { RequestSession } from "../bridge/request-types.ts";
import { currentDatabase } from "../models/database/context.ts";
import type { Database } from "../models/database/database.ts";
import { AppPart } from "../running-app.ts";
import { DatabaseSessions } from "./database-sessions.ts";
import { sessionErrors } from "./errors.ts";
import { sessionCookie } from "./session-cookie.ts";
import { SessionManager } from "./session-manager.ts";

/** The sessions of an app; "out of reach" if they are in the memory of another process. */
const sessionsPart = new AppPart<SessionManager | "out of reach">("sessions");

/** Sets the sessions of the app that a database belongs to; "out of reach" if they are in the memory of another process. */
export function bindSessions(database: Database, sessions: SessionManager | "out of reach"): void {
  database.app.put(sessionsPart, sessions);
}

/**
 * Returns the sessions of the running code's app; those in its database's own table if it has set none.
 *
 * @throws DATABASE_NOT_OPEN, SESSION_OUT_OF_REACH
 */
export function currentSessions(): SessionManager {
  const database = currentDatabase();
  let sessions = database.app.get(sessionsPart);
  if (!sessions) {
    sessions = new SessionManager({ backend: new DatabaseSessions(database), cookie: sessionCookie() });
    bindSessions(database, sessions);
  }
  if (sessions === "out of reach") throw sessionErrors.SESSION_OUT_OF_REACH();
  return sessions;
}

/**
 * Opens the session of a key outside of the browser's own requests: in a command, a job, or an event of somebody else.
 * Undefined when the key opens nothing. Nothing is saved before `save()` is called, and what was ended meanwhile, by a
 * logout for example, stays ended.
 *
 * The key is what `session.key` is in a request. Whoever has it is that visitor: keep it where a password might be kept.
 *
 * @throws DATABASE_NOT_OPEN where no database is open, SESSION_OUT_OF_REACH in a command when sessions are in a server's memory
 * @example
 * const session = await openSession(job.sessionKey);
 * session?.set("report", "ready");
 * await session?.save(); // SESSION_INTERRUPTED when the visitor signed out meanwhile
 */
export async function openSession(key: string): Promise<RequestSession | undefined> {
  return await currentSessions().find(key);
}
