// State classes.

export type { EventReference, RouterLocation } from "../protocol/page.ts";
// Called by code that the Vite plugin writes.
export { tagStates } from "./class-info.ts";
// Types of what the browser sees.
export type { ClientView, EventArgs, EventName, FieldName, StateClassShape, VarName, Wire } from "./client-view.ts";
// What a handler may return or yield.
export {
  alert,
  back,
  copyToClipboard,
  type DownloadContent,
  download,
  focus,
  type HandlerEffect,
  log,
  type RedirectOptions,
  redirect,
  reload,
  scrollTo,
  setTitle,
  type ToastOptions,
  toast,
} from "./effects.ts";
export {
  type BackgroundLife,
  type Concurrency,
  type EventDefinition,
  type EventOptions,
  event,
  type Guard,
  type GuardContext,
  type GuardResult,
} from "./event.ts";
export { on } from "./on.ts";
export { plain } from "./tracking/plain.ts";
export { type FieldMessages, fieldErrors, notFound } from "./refusals.ts";
export { type DisconnectReason, type LeaveReason, State } from "./state.ts";
// Observation.
export type { BlockedTrace, EventTrace } from "./trace.ts";
