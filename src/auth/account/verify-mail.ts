import { escapeHtml } from "../../escape-html.ts";
import { translateForReader } from "../../i18n/current-language.ts";
import type { MailMessage } from "../../mail/message.ts";

/** What the mail of a sign-up says. */
export interface VerifyMailValues {
  readonly code: string;
  readonly url: string;
  /** Minutes that both count. */
  readonly minutes: number;
}

/** Writes the mail with the code and the link of a sign-up. */
export function writeVerifyMail(to: string, { code, url, minutes }: VerifyMailValues): MailMessage {
  const subject = translateForReader("Your code: {{code}}", { code });
  const enter = translateForReader("Enter this code to confirm your email address:");
  const open = translateForReader("Or open this link in the same browser:");
  const ends = translateForReader("The code counts for {{minutes}} minutes.", { minutes });
  const ignore = translateForReader("If you did not request this, you can ignore this email.");
  return {
    to: { address: to },
    subject,
    text: [enter, code, open, url, `${ends} ${ignore}`].join("\n\n"),
    html: [
      `<p>${escapeHtml(enter)}</p>`,
      `<p style="font-size:24px;letter-spacing:4px"><strong>${escapeHtml(code)}</strong></p>`,
      `<p>${escapeHtml(open)}<br><a href="${escapeHtml(url)}">${escapeHtml(url)}</a></p>`,
      `<p>${escapeHtml(ends)} ${escapeHtml(ignore)}</p>`,
    ].join("\n"),
  };
}

/** Writes the mail for the owner of an account whose address another sign-up has named. */
export function writeTakenMail(to: string, resetUrl: string | undefined): MailMessage {
  const known = translateForReader(
    "You have an account already. A sign-up with your address was begun; no account was made.",
  );
  const forgot = translateForReader("If you forgot your password, choose a new one:");
  const ignore = translateForReader("If you did not request this, you can ignore this email.");
  const link = resetUrl === undefined ? [] : [forgot, resetUrl];
  return {
    to: { address: to },
    subject: translateForReader("You have an account already"),
    text: [known, ...link, ignore].join("\n\n"),
    html: [known, ...link, ignore].map((part) => `<p>${escapeHtml(part)}</p>`).join("\n"),
  };
}
