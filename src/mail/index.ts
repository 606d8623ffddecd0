export { consoleMail } from "./console-mail.ts";
export { sendMail, withMail } from "./current-mail.ts";
export { fileMail } from "./file-mail.ts";
export type { MailBackend } from "./mail-backend.ts";
export { type MailLogger, MailQueue, type MailQueueOptions } from "./mail-queue.ts";
export { type MemoryMail, memoryMail } from "./memory-mail.ts";
export {
  type CheckedMail,
  checkMail,
  type MailAddress,
  type MailAddressInput,
  type MailAttachment,
  type MailMessage,
  parseAddress,
} from "./message.ts";
export { type SmtpOptions, smtpMail } from "./smtp-mail.ts";
