import { defineCommand } from "../command.ts";
import { counted } from "../counted.ts";

/** `antiphon clearsessions`. */
export const clearsessionsCommand = defineCommand({
  name: "clearsessions",
  summary: "Delete sessions that have expired",
  description:
    "Expired sessions are worth nothing and only take room: run it once a day. Counts of tries whose time is over go with\nthem.",
  needs: "database",
  async run({ terminal, database }) {
    const { currentSessions } = await import("../../sessions/current-sessions.ts");
    const { databaseCounters } = await import("../../auth/throttle/database-counters.ts");
    const sessions = await currentSessions().clearExpired();
    await databaseCounters(database).clearExpired();
    terminal.line(`${counted(sessions, "expired session")} deleted.`);
    return 0;
  },
});
