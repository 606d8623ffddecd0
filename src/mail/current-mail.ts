import { type BoundValue, ContextVariable } from "../context-variable.ts";
import { mailErrors } from "./errors.ts";
import type { MailQueue } from "./mail-queue.ts";
import type { MailMessage } from "./message.ts";

const mailQueue = new ContextVariable<Pick<MailQueue, "send">>();

/**
 * Runs work whose mails go through a queue. Views, events, hooks and commands run in their app's already.
 *
 * @example
 * await withMail(queue, async () => sendMail({ to: "ada@example.org", subject: "Hello", text: "" }));
 */
export function withMail<T>(queue: Pick<MailQueue, "send">, work: () => T): T {
  return mailQueue.run(queue, work);
}

/** A queue as one of the values of `runWith()`. */
export function mailBound(queue: Pick<MailQueue, "send">): BoundValue {
  return mailQueue.bound(queue);
}

/** What the running code's mails go through; undefined where no app runs. */
export function currentMail(): Pick<MailQueue, "send"> | undefined {
  return mailQueue.getStore();
}

/**
 * Sends a mail in the background, from the app's own address unless it names another. It never waits, and what goes wrong
 * with the mail is logged and not thrown: nobody can tell by the answer whether there was somebody to write to.
 *
 * @throws MAIL_NOT_OPEN outside of views, events, hooks and commands
 * @example
 * sendMail({ to: user.email, subject: "Your report", text: "It is ready." });
 */
export function sendMail(message: MailMessage): void {
  const queue = mailQueue.getStore();
  if (!queue) throw mailErrors.MAIL_NOT_OPEN();
  queue.send(message);
}
