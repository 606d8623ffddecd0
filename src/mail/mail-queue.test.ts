import { AsyncLocalStorage } from "node:async_hooks";
import { expect, test } from "vitest";
import type { MailBackend } from "./mail-backend.ts";
import { MailQueue, type MailQueueOptions } from "./mail-queue.ts";
import { memoryMail } from "./memory-mail.ts";

const hello = { to: "ada@example.org", subject: "Hello", text: "Good day." };

function queueOf(backend: MailBackend, options: Partial<MailQueueOptions> = {}) {
  const logged: { err: { code?: string; message: string }; subject: string }[] = [];
  const logger = { error: (details: object) => void logged.push(details as never) };
  return { logged, queue: new MailQueue({ backend, logger, ...options }) };
}

test("Mail is sent after the caller went on, with the app's sender", async () => {
  const backend = memoryMail();
  const { queue, logged } = queueOf(backend, { from: "App <app@example.org>" });
  queue.send(hello);
  await Promise.resolve();
  expect(backend.outbox).toEqual([]);
  expect(queue.size).toBe(1);
  await queue.idle();
  expect(backend.outbox).toMatchObject([{ subject: "Hello", from: { name: "App", address: "app@example.org" } }]);
  expect(queue.size).toBe(0);
  await queue.idle();
  expect(logged).toEqual([]);
});

test("RST-7: a mail that fails is logged without its text, the caller learns nothing, and the next one goes out", async () => {
  const memory = memoryMail();
  const backend: MailBackend = {
    send: (message) => (message.subject === "bad" ? Promise.reject(new Error("no server")) : memory.send(message)),
  };
  const { queue, logged } = queueOf(backend, { concurrency: 1 });
  queue.send({ ...hello, subject: "bad", text: "https://app.example.com/reset/token" });
  queue.send({ ...hello, to: "no address" });
  queue.send({ ...hello, subject: "a\nb" });
  queue.send(hello);
  await queue.idle();
  expect(memory.outbox).toHaveLength(1);
  expect(logged.map(({ err, subject }) => [err.code ?? err.message, subject])).toEqual([
    ["no server", "bad"],
    ["MAIL_ADDRESS_INVALID", "Hello"],
    ["MAIL_HEADER_INVALID", "a\nb"],
  ]);
  expect(JSON.stringify(logged)).not.toContain("reset/token");
});

test("A backend or a log that throws at once stops nothing", async () => {
  const backend: MailBackend = {
    send: () => {
      throw new Error("at once");
    },
  };
  const logger = {
    error: () => {
      throw new Error("disk full");
    },
  };
  const queue = new MailQueue({ backend, logger });
  queue.send(hello);
  queue.send(hello);
  await queue.idle();
  expect(queue.size).toBe(0);
});

test("Two are sent at once, so many may wait, and one more is logged and dropped", async () => {
  const open: (() => void)[] = [];
  let running = 0;
  let most = 0;
  const backend: MailBackend = {
    async send() {
      most = Math.max(most, ++running);
      await new Promise<void>((resolve) => open.push(resolve));
      running--;
    },
  };
  const { queue, logged } = queueOf(backend, { limit: 5 });
  for (let index = 0; index < 6; index++) queue.send({ ...hello, subject: `mail ${index}` });
  expect(logged).toMatchObject([{ err: { code: "MAIL_SEND_FAILED" }, subject: "mail 5" }]);
  const sendAll = async () => {
    while (queue.size > 0) {
      open.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const ended = queue.idle();
  await sendAll();
  await ended;
  expect(most).toBe(2);
  queue.send(hello);
  expect(logged).toHaveLength(1);
  await sendAll();
});

test("When the server stops, what waits is sent, nothing more is taken, and the connections end", async () => {
  const events: string[] = [];
  const backend: MailBackend = {
    async send({ subject }) {
      await new Promise((resolve) => setImmediate(resolve));
      events.push(subject);
    },
    async close() {
      events.push("closed");
    },
  };
  const { queue, logged } = queueOf(backend, { concurrency: 1 });
  for (const subject of ["one", "two", "three"]) queue.send({ ...hello, subject });
  await queue.close();
  expect(events).toEqual(["one", "two", "three", "closed"]);
  queue.send({ ...hello, subject: "late" });
  expect(logged).toMatchObject([{ err: { code: "MAIL_SEND_FAILED" }, subject: "late" }]);
  await queue.close();
});

test("A mail is sent outside of the request that asked for it", async () => {
  const request = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  const backend: MailBackend = { send: async () => void seen.push(request.getStore()) };
  const { queue } = queueOf(backend);
  request.run("a request", () => queue.send(hello));
  await queue.idle();
  expect(seen).toEqual([undefined]);
});

test("A sender that is no address is refused when the app starts", () => {
  expect(() => queueOf(memoryMail(), { from: "nobody" })).toThrow(
    expect.objectContaining({ code: "MAIL_ADDRESS_INVALID" }),
  );
});
