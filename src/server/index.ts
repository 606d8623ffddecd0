/** The server: one HTTP server for pages, socket and HTTP views. */

export type { Routes, RoutesPlugin } from "./http/backend.ts";
export { createServer, type ServerOptions } from "./assembly/create-server.ts";
export type { ServerStats } from "./http/health.ts";
export { createLogger, type Logger, type LogOptions } from "./logger.ts";
export type { AntiphonServer, AppCounts } from "./assembly/server-parts.ts";
