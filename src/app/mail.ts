import { resolve } from "node:path";
import type { ResolvedConfig } from "../config/resolve-config.ts";
import { consoleMail } from "../mail/console-mail.ts";
import { mailErrors } from "../mail/errors.ts";
import { fileMail } from "../mail/file-mail.ts";
import type { MailBackend } from "../mail/mail-backend.ts";
import { type MailLogger, MailQueue } from "../mail/mail-queue.ts";
import { type MemoryMail, memoryMail } from "../mail/memory-mail.ts";
import { smtpMail } from "../mail/smtp-mail.ts";

/** How an app's mails leave. */
export interface AppMail {
  /** Sends in the background. */
  readonly queue: MailQueue;
  /** What was to be sent, where mails are kept in memory. */
  readonly memory: MemoryMail | undefined;
}

/**
 * Makes what sends an app's mails by its settings.
 *
 * @throws MAIL_SMTP_INVALID, MAIL_ADDRESS_INVALID
 */
export function createAppMail(options: {
  /** The app's folder. */
  readonly root: string;
  readonly mail: ResolvedConfig["mail"];
  readonly logger: MailLogger;
  /** Whether the mails are those of a server in production, whose output others may read: none is printed there. */
  readonly isPublic?: boolean;
}): AppMail {
  const { root, mail, logger, isPublic = false } = options;
  const memory = mail.backend === "memory" ? memoryMail() : undefined;
  const backend = memory ?? (isPublic && mail.backend === "console" ? missingServer : backendOf(mail, root));
  return { queue: new MailQueue({ backend, logger, from: mail.from }), memory };
}

/** A log that holds links to new passwords would let everybody who reads it into every account. */
const missingServer: MailBackend = {
  send: () => Promise.reject(mailErrors.MAIL_SERVER_MISSING()),
};

function backendOf({ backend, from: _, folder, ...smtp }: ResolvedConfig["mail"], root: string): MailBackend {
  switch (backend) {
    case "smtp":
      return smtpMail(smtp);
    case "file":
      return fileMail({ folder: resolve(root, folder) });
    default:
      return consoleMail();
  }
}
