import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { MailBackend } from "./mail-backend.ts";
import { checkMail } from "./message.ts";
import { nodemailerMessage } from "./smtp-message.ts";

/**
 * Writes each mail to a file of its own, which mail programs can open, and sends none.
 *
 * @example
 * const backend = fileMail({ folder: ".antiphon/mail" });
 */
export function fileMail(options: {
  readonly folder: string;
  /** Milliseconds since 1970, for tests. */
  readonly now?: () => number;
}): MailBackend {
  const { folder, now = Date.now } = options;
  return {
    async send(message) {
      const checked = checkMail(message);
      const { createTransport } = await import("nodemailer");
      const transport = createTransport({ streamTransport: true, buffer: true, newline: "unix" });
      const { message: written } = await transport.sendMail(nodemailerMessage(checked));
      // The moment first, so that a listing is in the order of sending.
      const name = `${new Date(now()).toISOString().replaceAll(":", "-")}-${randomBytes(4).toString("hex")}.eml`;
      await mkdir(folder, { recursive: true });
      // A mail may hold a link that opens an account: for nobody else on this machine.
      await writeFile(join(folder, name), written as Buffer, { flag: "wx", mode: 0o600 });
    },
  };
}
