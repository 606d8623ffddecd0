import { loadConfig } from "../../config/load-config.ts";
import { defineCommand } from "../command.ts";
import { CommandError } from "../command-error.ts";
import { counted } from "../counted.ts";

/** `antiphon clearsessions`. */
export const clearsessionsCommand = defineCommand({
  name: "clearsessions",
  summary: "Delete sessions that have expired",
  description:
    "Expired sessions are worth nothing and only take room: run it once a day. Counts of tries whose time is over go with\nthem.",
  needs: "database",
  async run({ root, terminal, database }) {
    const { config } = await loadConfig({ root });
    if (config.session?.backend === "memory") {
      throw new CommandError(
        'This app keeps its sessions in the memory of its server, where no command reaches them and where they end with the server. Expected session.backend "database".',
      );
    }
    const { DatabaseSessions } = await import("../../sessions/database-sessions.ts");
    const { databaseCounters } = await import("../../auth/database-counters.ts");
    const sessions = await new DatabaseSessions(database).clearExpired(Date.now());
    await databaseCounters(database).clearExpired();
    terminal.line(`${counted(sessions, "expired session")} deleted.`);
    return 0;
  },
});
