import { expect, test } from "vitest";
import { currentApp } from "../running-app.ts";
import { currentMail, sendMail, withMail } from "./current-mail.ts";
import type { MailMessage } from "./message.ts";

const hello: MailMessage = { to: "ada@example.org", subject: "Hello", text: "Hi" };

test("a mail goes through the queue of the app that the code runs in, also from what it starts", async () => {
  const sent: Record<string, MailMessage[]> = { one: [], other: [] };
  const queueOf = (name: string) => ({ send: (message: MailMessage) => void sent[name]?.push(message) });
  await Promise.all(
    ["one", "other"].map((name) =>
      withMail(queueOf(name), async () => {
        await null;
        sendMail({ ...hello, subject: name });
      }),
    ),
  );
  expect(sent).toEqual({ one: [{ ...hello, subject: "one" }], other: [{ ...hello, subject: "other" }] });
});

test("code that binds a queue again and again is in no deeper stack of apps", () => {
  const [one, other] = [{ send() {} }, { send() {} }];
  const depth = () => currentApp()?.stack.length;
  const within = (times: number): number | undefined =>
    times === 0 ? depth() : withMail(one, () => withMail(other, () => within(times - 1)));
  expect([within(1), within(2), within(100)]).toEqual([2, 2, 2]);
});

test("where no app runs, a mail is refused with what to do", () => {
  expect(currentMail()).toBeUndefined();
  expect(() => sendMail(hello)).toThrow(expect.objectContaining({ code: "MAIL_NOT_OPEN" }));
});
