import type { Connection } from "./connection.ts";
import type { EngineStatus } from "./engine-status.ts";
import type { ClientError } from "./engine-types.ts";
import type { Environment } from "./environment.ts";
import type { Mirror } from "./mirror.ts";
import type { PageEpoch } from "./page-epoch.ts";
import type { Pending } from "./pending.ts";

/** The parts of an engine that its stages share. */
export interface EngineParts {
  readonly environment: Environment;
  readonly mirror: Mirror;
  readonly pending: Pending;
  readonly epoch: PageEpoch;
  readonly status: EngineStatus;
  /** Returns the connection, which is created last. */
  connection(): Connection;
  /** Reports an error that belongs to no call; `page` is the page that it concerns. */
  report(error: ClientError, page?: string): void;
}
