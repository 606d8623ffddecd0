import { escapeHtml } from "../../escape-html.ts";
import { translateForReader } from "../../i18n/current-language.ts";
import type { MailMessage } from "../../mail/message.ts";
import type { ResetMailTemplates, ResetMailValues } from "../options.ts";

const INTRODUCTION = "Use the link below to reset your password:";
const IGNORE = "If you did not request this, you can ignore this email.";

/** The usual reset mail. */
export const resetMailTemplates: ResetMailTemplates = {
  subject: () => translateForReader("Password reset"),
  text: ({ url }) => `${translateForReader(INTRODUCTION)}\n\n${url}\n\n${translateForReader(IGNORE)}`,
  html: ({ url }) =>
    `<p>${paragraph(INTRODUCTION)}</p>\n<p><a href="${escapeHtml(url)}">${escapeHtml(url)}</a></p>\n<p>${paragraph(IGNORE)}</p>\n`,
};

function paragraph(text: string): string {
  return escapeHtml(translateForReader(text));
}

/** Writes a reset mail to an address. */
export function writeResetMail(to: string, values: ResetMailValues, templates: ResetMailTemplates): MailMessage {
  const subject = templates.subject(values).split(/\s+/).join(" ").trim();
  return { to: { address: to }, subject, text: templates.text(values), html: templates.html(values) };
}
