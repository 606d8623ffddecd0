import type { ResolvedConfig } from "../config/resolve-config.ts";
import type { MailLogger } from "../mail/mail-queue.ts";
import type { Database } from "../models/database/database.ts";
import type { DatabaseLogger } from "../models/database/open-transactions.ts";
import type { SessionLogger } from "../sessions/session-cache.ts";
import type { Mode } from "../setting.ts";

/** Log of an app's parts. */
export type AppLogger = DatabaseLogger & SessionLogger & MailLogger;

/** Options of `new App()`. */
export interface AppOptions {
  /** The app's folder. */
  readonly root: string;
  readonly config: ResolvedConfig;
  readonly mode: Mode;
  readonly logger: AppLogger;
  /**
   * A server's statements and transactions end in time, and its sessions may be in memory. A command may take as long as it
   * needs, cannot reach sessions in a server's memory, and uses mail and translator of the app that calls it, if there is one.
   */
  readonly purpose: "server" | "command";
  /** Called with every statement before it runs: for tests that count them. */
  readonly onQuery?: (sql: string, parameters: readonly unknown[]) => void;
  /** Called with the database before any code of the app uses it: for tests, which make its tables. */
  readonly prepareDatabase?: (database: Database) => Promise<void>;
}
