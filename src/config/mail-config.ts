/** How mails leave. */
export interface MailConfig {
  /**
   * "smtp" sends them, "console" prints them, "file" writes them into `folder`, "memory" keeps them for tests. When absent
   * "smtp" if `url` or `host` is given, else "console", and "memory" under test.
   */
  readonly backend?: "console" | "file" | "memory" | "smtp";
  /** Who mails come from, for example "Notes <noreply@example.com>"; "noreply@localhost" when absent. */
  readonly from?: string;
  /** The mail server in one text: "smtps://user:password@mail.example.com". In place of the keys below. */
  readonly url?: string;
  /** The mail server. */
  readonly host?: string;
  /** Its port; 587 when absent, and 465 with `secure`. */
  readonly port?: number;
  /** Name to sign in at the mail server with. */
  readonly user?: string;
  readonly password?: string;
  /** True speaks TLS from the first byte; false, which is the default, begins plainly and insists on STARTTLS. */
  readonly secure?: boolean;
  /** Lets mails and password go unencrypted where the server offers nothing else: for one on the same machine. */
  readonly allowUnencrypted?: boolean;
  /** Folder of the "file" backend, relative to the app's; ".antiphon/mail" when absent. */
  readonly folder?: string;
}

/** Settings of mails with their defaults. */
export interface ResolvedMailConfig extends MailConfig {
  readonly backend: "console" | "file" | "memory" | "smtp";
  readonly from: string;
  readonly folder: string;
}

/** Fills in the defaults of mails. */
export function resolveMail(mail: MailConfig, mode: "development" | "production" | "test"): ResolvedMailConfig {
  const named = mail.url !== undefined || mail.host !== undefined;
  const usual = mode === "test" ? "memory" : named ? "smtp" : "console";
  return {
    ...mail,
    backend: mail.backend ?? usual,
    from: mail.from ?? "noreply@localhost",
    folder: mail.folder ?? ".antiphon/mail",
  };
}
