import { currentContext, requestFor } from "./current-request.ts";
import { bridgeErrors } from "./errors.ts";
import type { RequestSession } from "./request-types.ts";

/** How serious a message is. */
export type MessageLevel = "info" | "success" | "warning" | "error";

/** A message for the next page. */
export interface FlashMessage {
  readonly level: MessageLevel;
  readonly message: string;
  readonly title?: string;
  /** Milliseconds on screen; 0 stays until it is closed. */
  readonly duration?: number;
}

/** What a message may have besides its text. */
export type MessageOptions = Pick<FlashMessage, "title" | "duration">;

/**
 * Messages for the next page that this browser opens, whichever side writes them: kept in the session, shown once as notices.
 *
 * For the page that is on screen return `toast.success()` from the event. For a page that comes after a redirect use this.
 *
 * @example
 * app.post("/save", async (request, reply) => {
 *   request.messages.success(t("Saved"));
 *   return reply.redirect("/notes");
 * });
 */
export interface RequestMessages {
  /** @throws BRIDGE_MESSAGE_INVALID for what is no text */
  info(message: string, options?: MessageOptions): void;
  success(message: string, options?: MessageOptions): void;
  warning(message: string, options?: MessageOptions): void;
  error(message: string, options?: MessageOptions): void;
  /** Returns the waiting messages and removes them: for a view that shows them itself. */
  take(): readonly FlashMessage[];
  /** Number of waiting messages. */
  readonly count: number;
}

/** Key of the session. */
const KEY = "_messages";
const LEVELS: ReadonlySet<unknown> = new Set<MessageLevel>(["info", "success", "warning", "error"]);
/** A loop that writes messages must not fill the session: the newest stay. */
const MOST = 20;
const LONGEST = 2_000;

/** The messages of a session. */
export class SessionMessages implements RequestMessages {
  readonly #session: RequestSession;

  constructor(session: RequestSession) {
    this.#session = session;
  }

  info(message: string, options?: MessageOptions): void {
    this.#add("info", message, options);
  }

  success(message: string, options?: MessageOptions): void {
    this.#add("success", message, options);
  }

  warning(message: string, options?: MessageOptions): void {
    this.#add("warning", message, options);
  }

  error(message: string, options?: MessageOptions): void {
    this.#add("error", message, options);
  }

  take(): readonly FlashMessage[] {
    const waiting = this.#read();
    if (this.#session.has(KEY)) this.#session.delete(KEY);
    return waiting;
  }

  get count(): number {
    return this.#read().length;
  }

  #add(level: MessageLevel, message: string, { title, duration }: MessageOptions = {}): void {
    for (const text of [message, title ?? ""]) {
      if (typeof text !== "string") throw bridgeErrors.BRIDGE_MESSAGE_INVALID(level, typeof text);
    }
    const added: FlashMessage = {
      level,
      message: message.slice(0, LONGEST),
      ...(title === undefined ? {} : { title: title.slice(0, LONGEST) }),
      ...(duration === undefined ? {} : { duration }),
    };
    this.#session.set(KEY, [...this.#read(), added].slice(-MOST));
  }

  /** What comes back from the storage is checked: an older release, or the app itself, may have written it. */
  #read(): readonly FlashMessage[] {
    const stored: unknown = this.#session.get(KEY);
    return Array.isArray(stored) ? stored.filter(isMessage) : [];
  }
}

function isMessage(value: unknown): value is FlashMessage {
  if (typeof value !== "object" || value === null) return false;
  const { level, message, title, duration } = value as { readonly [name: string]: unknown };
  const isTimed = duration === undefined || (typeof duration === "number" && duration >= 0);
  return LEVELS.has(level) && typeof message === "string" && ["undefined", "string"].includes(typeof title) && isTimed;
}

/**
 * The messages for the next page of the browser whose request runs; undefined outside of one.
 *
 * @example
 * currentMessages()?.success("The import has ended.");
 */
export function currentMessages(): RequestMessages | undefined {
  const session = requestFor("currentMessages()")?.session;
  return session && new SessionMessages(session);
}

/** Takes the messages for the page that the running turn opens. */
export function takeMessages(): readonly FlashMessage[] {
  const context = currentContext();
  return context ? new SessionMessages(context.session).take() : [];
}
