import type { Effect } from "../protocol/frames.ts";
import { stateErrors } from "./errors.ts";

const EFFECT = Symbol("antiphon.effect");

/** An effect as a handler returns or yields it; the functions of this module make it. */
export type HandlerEffect<E extends Effect = Effect> = E & { readonly [EFFECT]: true };

function make<E extends Effect>(effect: E): HandlerEffect<E> {
  // Not enumerable, so that the mark does not travel.
  return Object.defineProperty(effect, EFFECT, { value: true }) as HandlerEffect<E>;
}

/** True for what the functions of this module made. */
export function isEffect(value: unknown): value is HandlerEffect {
  return typeof value === "object" && value !== null && (value as Partial<HandlerEffect>)[EFFECT] === true;
}

function requireText(effect: string, name: string, value: unknown): string {
  if (typeof value !== "string") {
    throw stateErrors.EFFECT_INVALID(effect, `${name} must be a string. Got ${value === null ? "null" : typeof value}`);
  }
  return value;
}

/** Options of `redirect()`. */
export interface RedirectOptions {
  /** Replace the current entry of the browser's history. */
  readonly replace?: boolean;
  /** Allow another origin: the target must then be a whole http or https URL. */
  readonly external?: boolean;
}

/**
 * Sends the page to another path of the app, or with `external` to another site.
 *
 * A target that came from a user is safe without `external`: only a path that begins with one slash is taken.
 *
 * @throws EFFECT_INVALID for a target that leaves the origin without `external`.
 * @example
 * return redirect("/notes");
 */
export function redirect(
  to: string,
  options: RedirectOptions = {},
): HandlerEffect<Extract<Effect, { effect: "redirect" }>> {
  const { replace = false, external = false } = options;
  requireText("redirect()", "the target", to);
  if (external) {
    if (!/^https?:\/\//i.test(to) || !URL.canParse(to)) {
      throw stateErrors.EFFECT_INVALID("redirect()", `"${to}" is no http or https URL`);
    }
  } else if (!isLocalPath(to)) {
    throw stateErrors.EFFECT_INVALID(
      "redirect()",
      `"${to}" is no path of this app. Expected a path such as "/notes", or { external: true } with a whole URL`,
    );
  }
  return make({ effect: "redirect", to, replace, external });
}

/** True for a path that every browser resolves to the same origin: browsers read a backslash as a slash and drop tabs and line ends. */
function isLocalPath(path: string): boolean {
  if (!path.startsWith("/") || path[1] === "/" || path[1] === "\\") return false;
  for (let index = 0; index < path.length; index++) {
    const code = path.charCodeAt(index);
    if (code < 0x20 || code === 0x7f) return false;
  }
  return true;
}

/** Loads the whole page again. @example return reload(); */
export function reload(): HandlerEffect<Extract<Effect, { effect: "reload" }>> {
  return make({ effect: "reload" });
}

/** Goes one entry back in the browser's history. @example return back(); */
export function back(): HandlerEffect<Extract<Effect, { effect: "back" }>> {
  return make({ effect: "back" });
}

/** Options of a toast. */
export interface ToastOptions {
  readonly title?: string;
  /** Milliseconds on screen; 0 stays until the user closes it. */
  readonly duration?: number;
}

type ToastEffect = HandlerEffect<Extract<Effect, { effect: "toast" }>>;

function toastOf(level: "info" | "success" | "warning" | "error") {
  return (message: string, options: ToastOptions = {}): ToastEffect => {
    requireText(`toast.${level}()`, "the message", message);
    const { title, duration } = options;
    if (duration !== undefined && !(Number.isFinite(duration) && duration >= 0)) {
      throw stateErrors.EFFECT_INVALID(`toast.${level}()`, `duration must be milliseconds. Got ${String(duration)}`);
    }
    return make({
      effect: "toast",
      level,
      message,
      ...(title === undefined ? {} : { title: requireText(`toast.${level}()`, "title", title) }),
      ...(duration === undefined ? {} : { duration }),
    });
  };
}

/**
 * Shows a short notice. For what must be answered use a page's own dialog.
 *
 * @example
 * return toast.success("Saved", { duration: 2000 });
 */
export const toast = {
  info: toastOf("info"),
  success: toastOf("success"),
  warning: toastOf("warning"),
  error: toastOf("error"),
} as const;

/** Shows the browser's own alert box, which blocks the page until it is closed. @example return alert("Stop"); */
export function alert(message: string): HandlerEffect<Extract<Effect, { effect: "alert" }>> {
  return make({ effect: "alert", message: requireText("alert()", "the message", message) });
}

/** A file made by the handler itself. */
export interface DownloadContent {
  readonly filename: string;
  readonly content: string | Uint8Array;
  /** MIME type; `application/octet-stream`, or for a string `text/plain;charset=utf-8`, when absent. */
  readonly mimeType?: string;
}

/** Content above this size (bytes) does not go over the socket: an HTTP view serves it. */
export const DOWNLOAD_LIMIT = 1_000_000;

/**
 * Saves a file: a URL of this app, or content of at most 1 MB that the handler made.
 *
 * Larger files belong in an HTTP view: return its URL here.
 *
 * @throws EFFECT_INVALID for a URL of another origin or content that is too large.
 * @example
 * return download({ filename: "notes.csv", content: "id,title\n", mimeType: "text/csv" });
 */
export function download(
  source: string | DownloadContent,
  filename?: string,
): HandlerEffect<Extract<Effect, { effect: "download" }>> {
  if (typeof source === "string") {
    if (!isLocalPath(source)) throw stateErrors.EFFECT_INVALID("download()", `"${source}" is no path of this app`);
    return make({ effect: "download", url: source, ...(filename === undefined ? {} : { filename }) });
  }
  requireText("download()", "filename", source.filename);
  const bytes = Buffer.from(source.content);
  if (bytes.byteLength > DOWNLOAD_LIMIT) {
    throw stateErrors.EFFECT_INVALID(
      "download()",
      `the content has ${bytes.byteLength} bytes, the limit is ${DOWNLOAD_LIMIT}. Serve it from src/routes.ts and return download("/api/…")`,
    );
  }
  const fallback = typeof source.content === "string" ? "text/plain;charset=utf-8" : "application/octet-stream";
  return make({
    effect: "download",
    filename: source.filename,
    mimeType: source.mimeType ?? fallback,
    content: bytes.toString("base64"),
  });
}

/** Moves the keyboard focus to the element with this id, or else this `name`. @example return focus("title"); */
export function focus(target: string): HandlerEffect<Extract<Effect, { effect: "focus" }>> {
  return make({ effect: "focus", target: requireText("focus()", "the target", target) });
}

/** Scrolls to the element with this id, or to the `"top"` or `"bottom"` of the page. @example return scrollTo("comments"); */
export function scrollTo(
  target: string,
  align: "start" | "center" | "end" = "start",
): HandlerEffect<Extract<Effect, { effect: "scrollTo" }>> {
  return make({ effect: "scrollTo", target: requireText("scrollTo()", "the target", target), align });
}

/** Puts text on the clipboard; browsers allow it only soon after a click. @example return copyToClipboard(link); */
export function copyToClipboard(text: string): HandlerEffect<Extract<Effect, { effect: "copyToClipboard" }>> {
  return make({ effect: "copyToClipboard", text: requireText("copyToClipboard()", "the text", text) });
}

/** Changes the title of the browser's tab until the next navigation; from `onLoad`, before the page's own. @example return setTitle("3 new"); */
export function setTitle(title: string): HandlerEffect<Extract<Effect, { effect: "setTitle" }>> {
  return make({ effect: "setTitle", title: requireText("setTitle()", "the title", title) });
}

/** Writes a line to the browser's console. @example return log("loaded", "debug"); */
export function log(
  message: string,
  level: "debug" | "info" | "warn" | "error" = "info",
): HandlerEffect<Extract<Effect, { effect: "log" }>> {
  return make({ effect: "log", level, message: requireText("log()", "the message", message) });
}
