// Settings.
export {
  type AntiphonConfig,
  type DatabaseConfig,
  defineConfig,
  type LimitsConfig,
  type RunningServer,
} from "./config/define-config.ts";

// Commands.
export { type CallOptions, type CommandInput, callCommand } from "./cli/call-command.ts";
export { type Command, type CommandContext, type CommandOption, defineCommand } from "./cli/command.ts";
export { CommandError } from "./cli/command-error.ts";

// The server.
export type { Routes, RoutesPlugin } from "./server/backend.ts";
export { createServer, type ServerOptions } from "./server/create-server.ts";
export type { ServerStats } from "./server/health.ts";
export type { AntiphonServer, AppCounts } from "./server/server-parts.ts";

// Effects that a handler returns.
export {
  alert,
  back,
  copyToClipboard,
  download,
  focus,
  log,
  redirect,
  reload,
  scrollTo,
  setTitle,
  toast,
} from "./state/effects.ts";

// Errors.
export { AntiphonError } from "./errors.ts";
