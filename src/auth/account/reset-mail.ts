import { escapeHtml } from "../../escape-html.ts";
import type { MailMessage } from "../../mail/message.ts";
import type { ResetMailTemplates, ResetMailValues } from "../options.ts";

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
