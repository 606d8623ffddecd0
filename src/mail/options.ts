import { type RulesOf, type ValueRule, withDefault, withDefaultFrom } from "../setting.ts";
import { flag, nonEmptyText, oneOf, secretText, wholeNumber } from "../setting-rules.ts";

/** Settings of outgoing mail. */
export interface MailConfig {
  /**
   * "smtp" sends mails, "console" prints them, "file" writes them into `folder`, "memory" keeps them for tests. When absent
   * "smtp" if `url` or `host` is given, else "console", and "memory" under test.
   */
  readonly backend?: "console" | "file" | "memory" | "smtp";
  /** Sender of mails, for example "Notes <noreply@example.com>"; "noreply@localhost" when absent. */
  readonly from?: string;
  /** The mail server in one text, in place of the keys below: `smtps://user:password@host`, or `smtp://` for STARTTLS. */
  readonly url?: string;
  /** Host of the mail server. */
  readonly host?: string;
  /** Port of the mail server; 587 when absent, 465 with `secure`. */
  readonly port?: number;
  /** Name to sign in at the mail server with. */
  readonly user?: string;
  /** Password to sign in at the mail server with. */
  readonly password?: string;
  /** True for TLS from the first byte, as on port 465; otherwise STARTTLS is required before anything is said. */
  readonly secure?: boolean;
  /** Sends mail and password unencrypted if the server offers nothing else: for a server on the same machine. */
  readonly allowUnencrypted?: boolean;
  /** Folder of the "file" backend, relative to the app's; ".antiphon/mail" when absent. */
  readonly folder?: string;
}

/** A line break in a sender would begin another header. */
const sender: ValueRule = {
  expected: 'a sender such as "Notes <noreply@example.com>", on one line',
  accepts: (value) => typeof value === "string" && /^[^\r\n]*[^\s@<]@[^\s@>]+>?$/.test(value),
  parse: (given) => given,
};

const mailUrl: ValueRule = {
  expected: 'an address such as "smtps://user:password@mail.example.com"',
  accepts: (value) => typeof value === "string" && /^smtps?:\/\/./.test(value) && URL.canParse(value),
  parse: (given) => given,
  secret: true,
};

/** Rules and defaults of {@link MailConfig}; the port depends on the url, which `smtpMail()` reads. */
export const mailOptions = {
  backend: withDefaultFrom(oneOf("console", "file", "memory", "smtp"), ({ url, host }: MailConfig, { mode }) => {
    if (mode === "test") return "memory";
    return url !== undefined || host !== undefined ? "smtp" : "console";
  }),
  from: withDefault(sender, "noreply@localhost"),
  url: mailUrl,
  host: nonEmptyText,
  port: wholeNumber(1, 65535),
  user: nonEmptyText,
  password: secretText,
  secure: flag,
  allowUnencrypted: flag,
  folder: withDefault(nonEmptyText, ".antiphon/mail"),
} satisfies RulesOf<MailConfig>;
