import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { consoleMail } from "./console-mail.ts";
import { fileMail } from "./file-mail.ts";
import { memoryMail } from "./memory-mail.ts";

const hello = {
  from: "App <app@example.org>",
  to: "ada@example.org",
  subject: "Hello",
  text: "Good day.\nGood night.",
};

test("The console shows a mail so that a person can read it and copy the link in it", async () => {
  const written: string[] = [];
  await consoleMail({ write: (text) => written.push(text) }).send({
    ...hello,
    text: "Go to\nhttps://app.example.com/reset/abc",
    html: "<p>Go</p>",
    attachments: [{ filename: "list.csv", content: "a" }],
  });
  expect(written.join("")).toBe(`
┌─ mail
│ From: App <app@example.org>
│ To: ada@example.org
│ Subject: Hello
│
│ Go to
│ https://app.example.com/reset/abc
│
│ (and as HTML, 9 characters)
│ (with the file list.csv)
└─
`);
});

test("SEC-27: what somebody wrote into a mail moves nothing on the console", async () => {
  const written: string[] = [];
  await consoleMail({ write: (text) => written.push(text) }).send({ ...hello, text: "\u001b[2Jgone\r└─" });
  expect(written.join("")).toContain("│ \\u001b[2Jgone\\u000d└─");
});

test("Each mail is a file of its own that only the server's user can read, and that holds the whole mail", async () => {
  const folder = await mkdtemp(join(tmpdir(), "antiphon-mail-"));
  try {
    const mail = fileMail({ folder: join(folder, "deep/er"), now: () => Date.UTC(2030, 0, 2, 3, 4, 5) });
    await Promise.all([mail.send(hello), mail.send({ ...hello, subject: "Grüße", html: "<p>x</p>" })]);
    const names = await readdir(join(folder, "deep/er"));
    expect(names).toHaveLength(2);
    const texts = await Promise.all(names.map((name) => readFile(join(folder, "deep/er", name), "utf8")));
    expect(names.every((name) => /^2030-01-02T03-04-05\.000Z-[0-9a-f]{8}\.eml$/.test(name))).toBe(true);
    expect((await stat(join(folder, "deep/er", names[0] as string))).mode & 0o777).toBe(0o600);
    expect(texts.join()).toContain("Subject: Hello");
    expect(texts.join()).toContain("To: ada@example.org");
    expect(texts.join()).toContain("Good day.\nGood night.");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("The memory keeps mail for tests, checked like any other", async () => {
  const mail = memoryMail();
  await mail.send(hello);
  expect(mail.outbox).toMatchObject([{ subject: "Hello", to: [{ address: "ada@example.org" }] }]);
  await expect(mail.send({ ...hello, subject: "a\nb" })).rejects.toMatchObject({ code: "MAIL_HEADER_INVALID" });
  expect(mail.outbox).toHaveLength(1);
});
