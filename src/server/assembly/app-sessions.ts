import { USER_ID } from "../../auth/identity/session-keys.ts";
import type { ResolvedConfig } from "../../config/resolve-config.ts";
import type { SessionBackend } from "../../sessions/session-backend.ts";
import type { SessionLogger } from "../../sessions/session-cache.ts";
import { sessionCookie } from "../../sessions/session-cookie.ts";
import { SessionManager } from "../../sessions/session-manager.ts";

/** An app's sessions as its settings want them, in a server and in a command alike. */
export function appSessions(
  settings: ResolvedConfig["session"],
  backend: SessionBackend,
  logger: SessionLogger,
): SessionManager {
  return new SessionManager({
    backend,
    cookie: sessionCookie(settings),
    saveEveryRequest: settings.saveEveryRequest,
    newPerMinute: settings.newPerMinute,
    userKey: USER_ID,
    logger,
  });
}
