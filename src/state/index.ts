// State classes.
export { type DisconnectReason, State } from "./state.ts";
export { type Concurrency, event, type EventDefinition, type EventOptions, type Guard, type GuardContext, type GuardResult } from "./event.ts";
export { on } from "./on.ts";
export { plain } from "./plain.ts";
export type { EventReference, RouterLocation } from "../protocol/page.ts";

// What a handler may return or yield.
export {
  alert,
  back,
  copyToClipboard,
  download,
  type DownloadContent,
  focus,
  type HandlerEffect,
  log,
  redirect,
  type RedirectOptions,
  reload,
  scrollTo,
  setTitle,
  toast,
  type ToastOptions,
} from "./effects.ts";

// Types of what the browser sees.
export type { ClientView, EventArgs, EventName, FieldName, StateClassShape, VarName, Wire } from "./client-view.ts";

// Observation.
export type { BlockedTrace, EventTrace } from "./trace.ts";

// Called by code that the Vite plugin writes.
export { tagStates } from "./class-info.ts";
