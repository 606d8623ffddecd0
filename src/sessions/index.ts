export { DatabaseSessions } from "./database-sessions.ts";
export { Session } from "./session.ts";
export type { SessionBackend, SessionWrite, StoredSession } from "./session-backend.ts";
export type { SessionLogger } from "./session-cache.ts";
export { type SessionCookie, type SessionCookieOptions, sessionCookie } from "./session-cookie.ts";
export { isSessionKey, sessionIdOf } from "./session-key.ts";
export { SessionManager, type SessionManagerOptions } from "./session-manager.ts";
export { SESSION_TABLE, SessionRecord } from "./session-record.ts";
export { StoreSessions } from "./store-sessions.ts";
