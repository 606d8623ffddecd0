import { runDetached } from "../context-variable.ts";
import { asError } from "../errors.ts";
import { mailErrors } from "./errors.ts";
import type { MailBackend } from "./mail-backend.ts";
import { checkMail, DEFAULT_FROM, type MailAddressInput, type MailMessage, parseAddress } from "./message.ts";

/** What a queue tells of what went wrong; the server's logger is one. */
export interface MailLogger {
  error(details: object, sentence: string): void;
}

/** What `MailQueue` may be told. */
export interface MailQueueOptions {
  readonly backend: MailBackend;
  readonly logger: MailLogger;
  /** Who sends when a mail does not say so; `webmaster@localhost` when absent. */
  readonly from?: MailAddressInput;
  /** How many mails may wait; 1,000 when absent. One more is logged and dropped. */
  readonly limit?: number;
  /** How many are sent at once; 2 when absent. */
  readonly concurrency?: number;
}

/** Milliseconds from a request for a mail to the first step of sending it. */
const AFTER_ANSWER = 50;

/**
 * Sends mail in the background. Nobody waits for a mail server, and nobody learns by waiting whether a mail was sent;
 * what goes wrong is logged.
 *
 * @throws MAIL_ADDRESS_INVALID when `from` is none
 * @example
 * const mail = new MailQueue({ backend: smtpMail({ host: "mail.example.org" }), logger, from: "App <app@example.org>" });
 * mail.send({ to: user.email, subject: "Welcome", text: "Good to have you here." });
 */
export class MailQueue {
  readonly #backend: MailBackend;
  readonly #logger: MailLogger;
  readonly #from: MailAddressInput;
  readonly #limit: number;
  readonly #concurrency: number;
  readonly #waiting: MailMessage[] = [];
  readonly #idle: (() => void)[] = [];
  #running = 0;
  #closed = false;

  constructor({ backend, logger, from = DEFAULT_FROM, limit = 1_000, concurrency = 2 }: MailQueueOptions) {
    this.#backend = backend;
    this.#logger = logger;
    this.#from = parseAddress(from, "from");
    this.#limit = limit;
    this.#concurrency = Math.max(1, concurrency);
  }

  /** Mails that wait or are being sent. */
  get size(): number {
    return this.#waiting.length + this.#running;
  }

  /** Takes a mail and comes back at once; it never throws. */
  send(message: MailMessage): void {
    if (this.#closed || this.#waiting.length >= this.#limit) {
      const why = this.#closed ? "the server is stopping" : `${this.#limit} others are waiting`;
      this.#failed(mailErrors.MAIL_SEND_FAILED(why), message);
      return;
    }
    this.#waiting.push(message);
    // After the answer has left: what sending takes of the process would tell by the time of the answer whether there is a mail.
    // Detached: the request's database and session are closed by then.
    runDetached(() => void setTimeout(() => this.#next(), AFTER_ANSWER));
  }

  /** Ends when no mail is left, sent or not. */
  idle(): Promise<void> {
    if (this.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Takes no more mail, sends what waits, and ends the backend's connections. The server calls it when it stops. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.idle();
    await this.#backend.close?.();
  }

  #next(): void {
    while (this.#running < this.#concurrency && this.#waiting.length > 0) {
      this.#running++;
      void this.#deliver(this.#waiting.shift() as MailMessage).finally(() => this.#ended());
    }
  }

  #ended(): void {
    this.#running--;
    this.#next();
    if (this.size > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  async #deliver(message: MailMessage): Promise<void> {
    try {
      await this.#backend.send(checkMail(message, this.#from));
    } catch (error) {
      this.#failed(error, message);
    }
  }

  /** Not the text: a mail may hold a link that opens an account. */
  #failed(error: unknown, { subject }: MailMessage): void {
    try {
      this.#logger.error({ err: asError(error), subject: String(subject).slice(0, 200) }, "A mail was not sent.");
    } catch {
      // A log that fails must not stop the mails behind this one.
    }
  }
}
