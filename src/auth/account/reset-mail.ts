import { escapeHtml } from "../../escape-html.ts";
import type { MailMessage } from "../../mail/message.ts";

/** What the templates of a reset mail are given. */
export interface ResetMailValues {
  /** Where the new password is set. */
  readonly url: string;
  readonly username: string;
  /** Minutes that the link is good for. */
  readonly minutes: number;
}

/** What a reset mail says. They run in the request that asks for it, so its language is known to them. */
export interface ResetMailTemplates {
  /** One line; line breaks become spaces. */
  readonly subject: (values: ResetMailValues) => string;
  readonly text: (values: ResetMailValues) => string;
  /** It escapes what it writes. */
  readonly html: (values: ResetMailValues) => string;
}

const IGNORE = "If you did not request this, you can ignore this email.";

/** The usual reset mail. */
export const resetMailTemplates: ResetMailTemplates = {
  subject: () => "Password reset",
  text: ({ url }) => `Use the link below to reset your password:\n\n${url}\n\n${IGNORE}`,
  html: ({ url }) =>
    `<p>Use the link below to reset your password:</p>\n<p><a href="${escapeHtml(url)}">${escapeHtml(url)}</a></p>\n<p>${IGNORE}</p>\n`,
};

/** Writes a reset mail to an address. */
export function writeResetMail(to: string, values: ResetMailValues, templates: ResetMailTemplates): MailMessage {
  const subject = templates.subject(values).split(/\s+/).join(" ").trim();
  return { to: { address: to }, subject, text: templates.text(values), html: templates.html(values) };
}
