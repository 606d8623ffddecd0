import type { MailMessage } from "./message.ts";

/**
 * What takes mail out of the app. `smtpMail` sends it, `consoleMail` prints it, `fileMail` writes it to files and
 * `memoryMail` keeps it for tests.
 *
 * @example
 * const backend: MailBackend = { send: async (message) => { await deliver(checkMail(message)); } };
 */
export interface MailBackend {
  /** Ends when the mail was handed over, and throws when it could not be. */
  send(message: MailMessage): Promise<void>;
  /** Ends its connections. */
  close?(): Promise<void>;
}
