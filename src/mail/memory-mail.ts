import type { MailBackend } from "./mail-backend.ts";
import { type CheckedMail, checkMail } from "./message.ts";

/** Mail that was to be sent, for tests. */
export interface MemoryMail extends MailBackend {
  /** What was sent, the oldest first. */
  readonly outbox: CheckedMail[];
}

/**
 * Keeps mail instead of sending it.
 *
 * @example
 * const mail = memoryMail();
 * await mail.send({ to: "ada@example.org", subject: "Hello", text: "" });
 * console.log(mail.outbox[0]?.subject);
 */
export function memoryMail(): MemoryMail {
  const outbox: CheckedMail[] = [];
  return {
    outbox,
    async send(message) {
      outbox.push(checkMail(message));
    },
  };
}
