import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import type { AntiphonConfig } from "../config/define-config.ts";
import { resolveConfig } from "../config/resolve-config.ts";
import { createAppMail } from "./mail.ts";

const logger = { error: (details: object, sentence: string) => expect.unreachable(sentence + JSON.stringify(details)) };
const mailOf = (mail: AntiphonConfig["mail"] & object, root = "/nowhere") =>
  createAppMail({ root, mail: resolveConfig({ mail }, { root, mode: "test" }).mail, logger });

test("an app under test keeps its mails, from the sender that the settings name", async () => {
  const { queue, memory } = mailOf({ from: "Notes <notes@example.org>" });
  queue.send({ to: "ada@example.org", subject: "Hello", text: "Hi" });
  await queue.idle();
  expect(memory?.outbox).toEqual([
    expect.objectContaining({ subject: "Hello", from: { name: "Notes", address: "notes@example.org" } }),
  ]);
});

test("mails in files lie below the app's folder", async () => {
  const root = mkdtempSync(join(tmpdir(), "antiphon-mail-"));
  try {
    const { queue, memory } = mailOf({ backend: "file" }, root);
    queue.send({ to: "ada@example.org", subject: "Hello", text: "Hi" });
    await queue.idle();
    expect(memory).toBeUndefined();
    const [name = ""] = readdirSync(join(root, ".antiphon/mail"));
    expect(readFileSync(join(root, ".antiphon/mail", name), "utf8")).toMatch(/^From: noreply@localhost$/m);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

test("a mail server needs a host, and user and password together", () => {
  expect(() => mailOf({ backend: "smtp" })).toThrow(expect.objectContaining({ code: "MAIL_SMTP_INVALID" }));
  expect(() => mailOf({ backend: "smtp", host: "mail.example.org", user: "app" })).toThrow(/come together/);
  expect(mailOf({ backend: "smtp", url: "smtp://app:pw@mail.example.org" }).memory).toBeUndefined();
});

test("a server in production without a mail server prints no mail, and logs what to set", async () => {
  const logged: unknown[] = [];
  const written = vi.spyOn(process.stdout, "write");
  const { queue } = createAppMail({
    root: "/nowhere",
    mail: resolveConfig({}, { root: "/nowhere", mode: "production" }).mail,
    logger: { error: (details) => void logged.push(details) },
    isPublic: true,
  });
  queue.send({ to: "ada@example.org", subject: "Your password", text: "https://app.example.org/reset/secret" });
  await queue.idle();
  expect(logged).toEqual([expect.objectContaining({ err: expect.objectContaining({ code: "MAIL_SERVER_MISSING" }) })]);
  expect(written.mock.calls.flat().join("")).not.toContain("secret");
  written.mockRestore();
});
