import type { SendMailOptions } from "nodemailer";
import type { CheckedMail, MailAddress } from "./message.ts";

/** A checked mail as nodemailer takes it; it may read no file and no address for it. */
export function nodemailerMessage(mail: CheckedMail): SendMailOptions {
  const { subject, text, html, replyTo, headers } = mail;
  return {
    from: entry(mail.from),
    to: mail.to.map(entry),
    cc: mail.cc.map(entry),
    bcc: mail.bcc.map(entry),
    subject,
    text,
    ...(html === undefined ? {} : { html }),
    ...(replyTo === undefined ? {} : { replyTo: entry(replyTo) }),
    headers: { ...headers },
    attachments: mail.attachments.map(({ filename, content, contentType }) => ({
      filename,
      content: typeof content === "string" ? content : Buffer.from(content),
      ...(contentType === undefined ? {} : { contentType }),
    })),
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

function entry({ name = "", address }: MailAddress): { name: string; address: string } {
  return { name, address };
}
