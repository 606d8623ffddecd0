import { defineErrors } from "../errors.ts";
import { EXPIRY_KEY, SIGN_IN_PREFIX, UNCLAIMED_KEY } from "./reserved-keys.ts";

/** Codes of sessions. */
export const sessionErrors = defineErrors({
  SESSION_NOT_LOADED: {
    message: () =>
      "The session was read before it was loaded, and its storage can't answer at once. Expected it to be loaded ahead, as views, pages and events do unless their bridge is switched off. Elsewhere write: const session = await openSession(key)",
  },
  SESSION_INTERRUPTED: {
    status: 400,
    expose: true,
    message: () => "The session was ended by another request, such as a logout, while this one ran. Sign in again.",
  },
  SESSION_CHANGED_LATE: {
    message: (view: string) =>
      `${view} changed its session after the head of the answer had left, so the change is lost. Change the session before the first byte is sent. After it, only values of a session that the browser has already can be kept, by  await request.session.save()`,
  },
  SESSION_VALUE_INVALID: {
    message: (path: string, got: string, hint: string) =>
      `The session can't keep ${path}. Expected what JSON can say: text, finite numbers, booleans, null, lists and plain objects. Got ${got}.${hint}`,
  },
  SESSION_KEY_INVALID: {
    message: (key: string) =>
      `The session can't keep anything under ${key}. Expected a text that is neither "${EXPIRY_KEY}" nor "${UNCLAIMED_KEY}" and does not begin with "${SIGN_IN_PREFIX}": the framework keeps its own notes there. To sign a user in, call login().`,
  },
  SESSION_TOO_MANY: {
    status: 429,
    expose: true,
    message: () => "Too many new sessions from your address. Try again in a minute.",
  },
  SESSION_TOO_LARGE: {
    status: 413,
    message: (bytes: number, limit: number, key: string, size: number) =>
      `The session would hold ${bytes} bytes of JSON. Expected at most ${limit}. The largest value is "${key}" with ${size}: keep it in a model, and its key in the session.`,
  },
  SESSION_BUSY: {
    status: 503,
    expose: true,
    message: (tries: number) =>
      `Others changed the session at each of ${tries} tries to save it. Nothing was saved: try again.`,
  },
  SESSION_EXPIRY_INVALID: {
    message: (got: string) =>
      `setExpiry() was given ${got}. Expected seconds, a Date, 0 for "until the browser closes", or null for the default.`,
  },
  SESSION_TABLE_MISSING: {
    message: (table: string) =>
      `The database has no table ${table} to keep sessions in. Run: antiphon makemigrations, then: antiphon migrate`,
  },
  SESSION_IN_TRANSACTION: {
    message: () =>
      "The session was saved inside atomic(), but it is no part of a transaction and would wait for its end. Save it after atomic(), or leave it to the end of the view or event.",
  },
  SESSION_COOKIE_INVALID: {
    message: (option: string, expected: string, got: string) =>
      `The session's cookie can't be made: ${option} is wrong. Expected ${expected}. Got ${got}.`,
  },
  SESSION_OUT_OF_REACH: {
    message: () =>
      'This app keeps its sessions in the memory of its server, where no command reaches them and where they end with the server. Expected session.backend "database".',
  },
  SESSION_CLEAR_UNSUPPORTED: {
    message: () =>
      "The storage of sessions can't delete expired ones by itself. Expected it to forget them on its own.",
  },
});
