// Settings.
export { type AntiphonConfig, defineConfig, type LimitsConfig } from "./config/define-config.ts";
export type { DatabaseConfig } from "./models/options.ts";
export type { RunningServer } from "./server/options.ts";

// Commands.
export { type CallOptions, type CommandInput, callCommand } from "./cli/call-command.ts";
export { type Command, type CommandContext, type CommandOption, defineCommand } from "./cli/command.ts";
export { CommandError } from "./cli/command-error.ts";

// The server.
export type { RequestProperties, Routes, RoutesPlugin } from "./server/http/backend.ts";
export {
  type FetchApp,
  type ForeignOptions,
  fetchHandler,
  type NodeHandler,
  nodeHandler,
} from "./server/http/foreign-handler.ts";
export { createServer, type ServerOptions } from "./server/assembly/create-server.ts";
export type { ServerStats } from "./server/http/health.ts";
export { createLogger, type Logger, type LogOptions } from "./server/logger.ts";
export type { AntiphonServer, AppCounts } from "./server/assembly/server-parts.ts";

// The request that code belongs to, in views, events and page guards alike.
export { anonymousUser } from "./bridge/anonymous-user.ts";
export {
  beginEventRequest,
  currentRequest,
  currentSession,
  currentUser,
  endEventRequest,
} from "./bridge/current-request.ts";
export {
  currentMessages,
  type FlashMessage,
  type MessageLevel,
  type MessageOptions,
  type RequestMessages,
} from "./bridge/messages.ts";
export { openSession } from "./sessions/current-sessions.ts";
export { type NextOptions, safeNext } from "./bridge/safe-next.ts";
export { type RequestProxy, request } from "./bridge/request-proxy.ts";
export type { AppRequest, RequestKind, RequestSession, RequestUser } from "./bridge/request-types.ts";

// Languages.
export { currentLanguage, t } from "./i18n/current-language.ts";

// Values for every page and handler.
export {
  collectContext,
  type ContextProcessor,
  contextProcessors,
  type ContextValuesOf,
} from "./context/collector.ts";
export { i18nContext, userContext } from "./context/processors.ts";

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

// Errors that a handler or a view throws.
export { type FieldMessages, fieldErrors, notFound } from "./state/refusals.ts";

// Mail.
export { sendMail } from "./mail/current-mail.ts";
export type { CheckedMail, MailAddress, MailAddressInput, MailAttachment, MailMessage } from "./mail/message.ts";

// Errors.
export { AntiphonError } from "./errors.ts";
