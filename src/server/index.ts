/** The server: one HTTP server for pages, socket and HTTP views. */

export type { Routes, RoutesPlugin } from "./backend.ts";
export { createServer, type ServerOptions } from "./create-server.ts";
export type { ServerStats } from "./health.ts";
export { createLogger, type Logger, type LogOptions } from "./logger.ts";
export type { AntiphonServer, AppCounts } from "./server-parts.ts";
