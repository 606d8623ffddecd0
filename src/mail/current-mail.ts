import { runWith } from "../context-variable.ts";
import { AppPart, appBound, currentApp, RunningApp } from "../running-app.ts";
import { mailErrors } from "./errors.ts";
import type { MailQueue } from "./mail-queue.ts";
import type { MailMessage } from "./message.ts";

/** The mail queue of an app. */
export const mailPart = new AppPart<Pick<MailQueue, "send">>("mail");

/** One app for each queue: code that binds the same queue again adds no layer. */
const apps = new WeakMap<Pick<MailQueue, "send">, RunningApp>();

/**
 * Runs work whose mails go through a queue. Views, events, hooks and commands run in their app's already.
 *
 * @example
 * await withMail(queue, async () => sendMail({ to: "ada@example.org", subject: "Hello", text: "" }));
 */
export function withMail<T>(queue: Pick<MailQueue, "send">, work: () => T): T {
  let app = apps.get(queue);
  if (app === undefined) {
    app = new RunningApp();
    app.put(mailPart, queue);
    apps.set(queue, app);
  }
  return runWith([appBound(app)], work);
}

/** Returns the mail queue of the running code; undefined where no app runs. */
export function currentMail(): Pick<MailQueue, "send"> | undefined {
  return currentApp()?.get(mailPart);
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
  const queue = currentMail();
  if (!queue) throw mailErrors.MAIL_NOT_OPEN();
  queue.send(message);
}
