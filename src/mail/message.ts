import { mailErrors } from "./errors.ts";

/** Somebody who gets or sends mail. */
export interface MailAddress {
  readonly name?: string;
  readonly address: string;
}

/** One address, as a text such as `Ada <ada@example.org>` or in parts. */
export type MailAddressInput = string | MailAddress;

/** A file that goes with a mail. */
export interface MailAttachment {
  readonly filename: string;
  readonly content: string | Uint8Array;
  /** Such as `text/csv`; told by the name's ending when absent. */
  readonly contentType?: string;
}

/**
 * A mail as code writes it.
 *
 * @example
 * const message: MailMessage = { to: user.email, subject: "Welcome", text: "Good to have you here." };
 */
export interface MailMessage {
  readonly to?: MailAddressInput | readonly MailAddressInput[];
  readonly cc?: MailAddressInput | readonly MailAddressInput[];
  readonly bcc?: MailAddressInput | readonly MailAddressInput[];
  /** The app's own address when absent. */
  readonly from?: MailAddressInput;
  readonly replyTo?: MailAddressInput;
  /** One line. */
  readonly subject: string;
  readonly text: string;
  /** The same as HTML, for mail programs that show it; whatever stands in it is escaped by who writes it. */
  readonly html?: string;
  /** More headers by name. */
  readonly headers?: { readonly [name: string]: string };
  readonly attachments?: readonly MailAttachment[];
}

/** A mail whose every part was looked at: no header holds a line break, and each address is one address. */
export interface CheckedMail extends MailMessage {
  readonly to: readonly MailAddress[];
  readonly cc: readonly MailAddress[];
  readonly bcc: readonly MailAddress[];
  readonly from: MailAddress;
  readonly replyTo?: MailAddress;
  readonly headers: { readonly [name: string]: string };
  readonly attachments: readonly MailAttachment[];
}

/** Who sends when neither the mail nor the app says so. */
export const DEFAULT_FROM = "webmaster@localhost";

const LONGEST_HEADER = 2_000;
const LONGEST_ADDRESS = 320;
/** What mail programs read as a part of an address's writing and not of the address. */
const NOT_IN_ADDRESS = /[\s\p{Cc}<>()[\]\\,;:"]/u;
const OWN_HEADERS =
  /^(?:to|cc|bcc|from|sender|reply-to|subject|date|message-id|mime-version|content-.*|received|dkim-signature)$/i;

/**
 * Looks at every part of a mail, so that nothing that somebody typed becomes a header or a recipient of its own.
 *
 * @throws MAIL_ADDRESS_INVALID, MAIL_HEADER_INVALID, MAIL_RECIPIENT_MISSING
 */
export function checkMail(message: MailMessage, defaultFrom: MailAddressInput = DEFAULT_FROM): CheckedMail {
  const { subject, text, html, replyTo, from = defaultFrom, headers = {}, attachments = [] } = message;
  const to = addresses("to", message.to);
  const cc = addresses("cc", message.cc);
  const bcc = addresses("bcc", message.bcc);
  if (to.length + cc.length + bcc.length === 0) throw mailErrors.MAIL_RECIPIENT_MISSING();
  assertLine("subject", subject);
  for (const [name, value] of Object.entries(headers)) assertHeader(name, value);
  for (const { filename, contentType = "" } of attachments) {
    assertLine("attachment's name", filename);
    assertLine("attachment's type", contentType);
  }
  return {
    to,
    cc,
    bcc,
    from: parseAddress(from, "from"),
    ...(replyTo === undefined ? {} : { replyTo: parseAddress(replyTo, "replyTo") }),
    subject,
    text: String(text),
    ...(html === undefined ? {} : { html: String(html) }),
    headers,
    attachments,
  };
}

/**
 * Reads one address. A text with two of them, with a line break, or with a quoted part is none.
 *
 * @throws MAIL_ADDRESS_INVALID
 * @example
 * parseAddress("Ada <ada@example.org>"); // { name: "Ada", address: "ada@example.org" }
 */
export function parseAddress(input: MailAddressInput, field = "address"): MailAddress {
  const { name = "", address } = typeof input === "string" ? split(input) : (input ?? {});
  const wrong = () => mailErrors.MAIL_ADDRESS_INVALID(field, shown(input));
  if (typeof address !== "string" || typeof name !== "string") throw wrong();
  if (address.length > LONGEST_ADDRESS || name.length > LONGEST_ADDRESS) throw wrong();
  if (NOT_IN_ADDRESS.test(address) || hasControl(name) || /[<>"]/.test(name)) throw wrong();
  const [local = "", domain = "", ...more] = address.split("@");
  if (local === "" || domain === "" || more.length > 0 || /^\.|\.\.|\.$/.test(domain)) throw wrong();
  return name === "" ? { address } : { name, address };
}

/** An address as a person reads it. */
export function addressText({ name, address }: MailAddress): string {
  return name === undefined ? address : `${name} <${address}>`;
}

/** A text for a terminal or a log: what would move the cursor or change colours is shown as a code. */
export function visible(text: string): string {
  return text
    .replaceAll("\r\n", "\n")
    .replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, (sign) =>
      sign === "\n" || sign === "\t" ? sign : `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
}

function addresses(field: string, given: MailMessage["to"]): readonly MailAddress[] {
  if (given === undefined) return [];
  const list: readonly MailAddressInput[] = Array.isArray(given) ? given : [given as MailAddressInput];
  return list.map((each) => parseAddress(each, field));
}

function split(text: string): { readonly name?: string; readonly address: string } {
  const trimmed = text.trim();
  const start = trimmed.lastIndexOf("<");
  if (start < 0 || !trimmed.endsWith(">")) return { address: trimmed };
  const name = trimmed.slice(0, start).trim();
  const bare = name.length > 1 && name.startsWith('"') && name.endsWith('"') ? name.slice(1, -1) : name;
  return { name: bare, address: trimmed.slice(start + 1, -1) };
}

function assertHeader(name: string, value: string): void {
  if (!/^[A-Za-z0-9-]{1,70}$/.test(name))
    throw mailErrors.MAIL_HEADER_INVALID(`header ${shown(name)}`, "it is no name");
  if (OWN_HEADERS.test(name)) throw mailErrors.MAIL_HEADER_INVALID(`header ${name}`, "it has a property of its own");
  assertLine(`header ${name}`, value);
}

function assertLine(field: string, value: unknown): void {
  if (typeof value !== "string") throw mailErrors.MAIL_HEADER_INVALID(field, "it is no text");
  if (value.length > LONGEST_HEADER) throw mailErrors.MAIL_HEADER_INVALID(field, "it is too long");
  if (hasControl(value))
    throw mailErrors.MAIL_HEADER_INVALID(field, "it holds a line break or another control character");
}

function hasControl(text: string): boolean {
  return /[\p{Cc}\u2028\u2029]/u.test(text);
}

function shown(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
