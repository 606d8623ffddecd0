import type { MailBackend } from "./mail-backend.ts";
import { addressText, type CheckedMail, checkMail, visible } from "./message.ts";

/**
 * Prints mail where the developer sees it, and sends none.
 *
 * @example
 * const queue = new MailQueue({ backend: consoleMail(), logger });
 */
export function consoleMail(options: { readonly write?: (text: string) => void } = {}): MailBackend {
  const { write = (text) => process.stdout.write(text) } = options;
  return {
    async send(message) {
      write(readable(checkMail(message)));
    },
  };
}

function readable({ from, to, cc, bcc, replyTo, subject, text, html, attachments }: CheckedMail): string {
  const lists = { From: [from], "Reply-To": replyTo ? [replyTo] : [], To: to, Cc: cc, Bcc: bcc };
  const head = Object.entries(lists)
    .filter(([, list]) => list.length > 0)
    .map(([name, list]) => `${name}: ${list.map(addressText).join(", ")}`);
  const parts = [
    ...(html === undefined ? [] : [`(and as HTML, ${html.length} characters)`]),
    ...attachments.map(({ filename }) => `(with the file ${filename})`),
  ];
  const lines = [...head, `Subject: ${subject}`, "", text, ...(parts.length > 0 ? ["", ...parts] : [])];
  const framed = visible(lines.join("\n")).trimEnd().split("\n");
  return `\n┌─ mail\n${framed.map((line) => `│ ${line}`.trimEnd()).join("\n")}\n└─\n`;
}
