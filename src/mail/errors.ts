import { defineErrors } from "../errors.ts";

/** Codes of mail. */
export const mailErrors = defineErrors({
  MAIL_ADDRESS_INVALID: {
    status: 400,
    message: (field: string, got: string) =>
      `A mail's ${field} is no address: ${got}. Expected one such as "ada@example.org" or "Ada <ada@example.org>"; several of them stand in a list.`,
  },
  MAIL_RECIPIENT_MISSING: {
    message: () =>
      `A mail has nobody to go to. Expected at least one address in to, cc or bcc. Write to: "ada@example.org"`,
  },
  MAIL_HEADER_INVALID: {
    status: 400,
    message: (field: string, reason: string) =>
      `A mail's ${field} can't be sent: ${reason}. Expected one line of text; take line breaks out of what somebody typed.`,
  },
  MAIL_SMTP_INVALID: {
    message: (reason: string) =>
      `The mail server's settings can't be used: ${reason}. Expected smtpMail({ host: "mail.example.org", user, password }) or smtpMail({ url: "smtps://user:password@mail.example.org" }).`,
  },
  MAIL_NOT_OPEN: {
    message: () =>
      `sendMail() was called where no app runs. Expected a view, an event, a hook or a command. Elsewhere write: withMail(new MailQueue({ backend, logger }), work)`,
  },
  MAIL_SERVER_MISSING: {
    status: 502,
    message: () =>
      `The mail was not sent, and not printed: this server has no mail server, and mails may hold links that open an account. Add the line  mail: { url: "smtps://user:password@mail.example.com" },  to antiphon.config.ts, or set ANTIPHON_MAIL__URL.`,
  },
  MAIL_SEND_FAILED: {
    status: 502,
    message: (reason: string) => `A mail could not be sent: ${reason}.`,
  },
});
