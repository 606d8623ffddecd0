import type { SMTPPoolOptions, Transporter } from "nodemailer";
import { reasonOf } from "../errors.ts";
import { mailErrors } from "./errors.ts";
import type { MailBackend } from "./mail-backend.ts";
import { checkMail, visible } from "./message.ts";
import type { MailConfig } from "./options.ts";
import { nodemailerMessage } from "./smtp-message.ts";

/** Settings of the mail server, and what only programs set. */
export interface SmtpOptions
  extends Pick<MailConfig, "url" | "host" | "port" | "user" | "password" | "secure" | "allowUnencrypted"> {
  /** Certificate of the authority that signed the server's, when it is one of your own. */
  readonly ca?: string;
  /** Milliseconds that the server may keep silent; 30,000 when absent. */
  readonly timeout?: number;
}

/**
 * Hands mail to a mail server, over TLS unless told otherwise.
 *
 * @throws MAIL_SMTP_INVALID; sending throws MAIL_SEND_FAILED
 * @example
 * const backend = smtpMail({ host: "mail.example.org", user: "app", password: process.env["SMTP_PASSWORD"] });
 */
export function smtpMail(options: SmtpOptions): MailBackend {
  return new SmtpMail(transportOptions(options));
}

class SmtpMail implements MailBackend {
  readonly #options: SMTPPoolOptions & { pool: true };
  #transport: Promise<Pick<Transporter, "sendMail" | "close">> | undefined;

  constructor(options: SMTPPoolOptions & { pool: true }) {
    this.#options = options;
  }

  async send(message: Parameters<MailBackend["send"]>[0]): Promise<void> {
    const checked = checkMail(message);
    this.#transport ??= import("nodemailer").then(({ createTransport }) => createTransport(this.#options));
    const transport = await this.#transport;
    try {
      await transport.sendMail(nodemailerMessage(checked));
    } catch (error) {
      throw mailErrors.MAIL_SEND_FAILED.with({ cause: error }, reason(error));
    }
  }

  async close(): Promise<void> {
    const transport = await this.#transport;
    this.#transport = undefined;
    transport?.close();
  }
}

function transportOptions(given: SmtpOptions): SMTPPoolOptions & { pool: true } {
  const { host, port, user, password, secure, allowUnencrypted = false, ca, timeout = 30_000 } = readUrl(given);
  if (!host) throw mailErrors.MAIL_SMTP_INVALID("host is missing");
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536)) {
    throw mailErrors.MAIL_SMTP_INVALID("port is no number from 1 to 65535");
  }
  if ((user === undefined) !== (password === undefined)) {
    throw mailErrors.MAIL_SMTP_INVALID("user and password come together, and one of them is missing");
  }
  return {
    pool: true,
    maxConnections: 2,
    host,
    port: port ?? (secure ? 465 : 587),
    secure: secure ?? false,
    requireTLS: !allowUnencrypted,
    ...(user === undefined || password === undefined ? {} : { auth: { user, pass: password } }),
    tls: { minVersion: "TLSv1.2", ...(ca === undefined ? {} : { ca }) },
    connectionTimeout: timeout,
    greetingTimeout: timeout,
    socketTimeout: timeout,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

function readUrl(given: SmtpOptions): SmtpOptions {
  if (given.url === undefined) return given;
  // What can't be read may hold a password, so it is not shown.
  if (!URL.canParse(given.url)) throw mailErrors.MAIL_SMTP_INVALID("url is no address");
  const { protocol, hostname, port, username, password, search, pathname } = new URL(given.url);
  if (protocol !== "smtp:" && protocol !== "smtps:") {
    throw mailErrors.MAIL_SMTP_INVALID(`url begins with ${protocol} and not with smtp: or smtps:`);
  }
  if (search !== "" || !["", "/"].includes(pathname)) {
    throw mailErrors.MAIL_SMTP_INVALID("url holds more than user, password, host and port");
  }
  return {
    ...given,
    host: hostname.replace(/^\[(.*)\]$/, "$1"),
    secure: protocol === "smtps:",
    ...(port === "" ? {} : { port: Number(port) }),
    ...(username === "" ? {} : { user: decoded(username), password: decoded(password) }),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw mailErrors.MAIL_SMTP_INVALID("user and password in url are to be written with encodeURIComponent()");
  }
}

function reason(error: unknown): string {
  return visible(reasonOf(error).slice(0, 300)).replaceAll("\n", " ");
}
