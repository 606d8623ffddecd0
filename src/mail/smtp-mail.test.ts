import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { smtpMail } from "./smtp-mail.ts";
import { TestSmtpServer } from "./smtp-server.fixture.ts";

const hello = { from: "App <app@example.org>", to: "ada@example.org", subject: "Hello", text: "Good day." };

const certificate = makeCertificate();

function makeCertificate(): { key: string; cert: string } | undefined {
  const folder = mkdtempSync(join(tmpdir(), "antiphon-mail-"));
  try {
    const files = ["-keyout", join(folder, "key"), "-out", join(folder, "cert")];
    const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
    execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...files, ...names], {
      stdio: "ignore",
    });
    return { key: readFileSync(join(folder, "key"), "utf8"), cert: readFileSync(join(folder, "cert"), "utf8") };
  } catch {
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test("A server that offers no TLS gets neither a mail nor a password", async () => {
  await using server = new TestSmtpServer();
  const port = await server.listen();
  const mail = smtpMail({ host: "127.0.0.1", port, user: "app", password: "a secret of the app" });
  await expect(mail.send(hello)).rejects.toMatchObject({ code: "MAIL_SEND_FAILED", status: 502 });
  await mail.close?.();
  expect(server.received).toEqual([]);
  expect(server.lines.join("\n")).not.toMatch(/AUTH|MAIL FROM/);
});

test("A server without TLS can be allowed, for one on the same machine", async () => {
  await using server = new TestSmtpServer();
  const port = await server.listen();
  const mail = smtpMail({ host: "127.0.0.1", port, allowUnencrypted: true });
  await mail.send({ ...hello, html: "<p>Good day.</p>", replyTo: "help@example.org", bcc: "eve@example.org" });
  await mail.close?.();
  const [received] = server.received;
  expect(received).toMatchObject({ to: ["ada@example.org", "eve@example.org"], encrypted: false, login: undefined });
  expect(received?.from).toContain("<app@example.org>");
  expect(received?.data).toContain("Subject: Hello");
  expect(received?.data).toContain("From: App <app@example.org>");
  expect(received?.data).toContain("Reply-To: help@example.org");
  expect(received?.data).toContain("multipart/alternative");
  expect(received?.data).not.toContain("eve@example.org");
});

test.skipIf(!certificate)("Mail and password go over TLS, to a server whose certificate is right", async () => {
  const tls = certificate as { key: string; cert: string };
  await using server = new TestSmtpServer({ tls });
  const port = await server.listen();
  const options = { host: "127.0.0.1", port, user: "app", password: "pass word" };
  const unknown = smtpMail(options);
  await expect(unknown.send(hello)).rejects.toMatchObject({ code: "MAIL_SEND_FAILED" });
  await unknown.close?.();
  expect(server.received).toEqual([]);
  const known = smtpMail({ ...options, ca: tls.cert });
  await known.send(hello);
  await known.send({ ...hello, subject: "Again" });
  await known.close?.();
  expect(server.received).toMatchObject([{ encrypted: true, login: "\0app\0pass word" }, { encrypted: true }]);
});

test("What the server answers stands in the error on one line, without codes for the terminal", async () => {
  await using server = new TestSmtpServer({ refuse: "no such \u001b[31muser" });
  const port = await server.listen();
  const mail = smtpMail({ url: `smtp://127.0.0.1:${port}`, allowUnencrypted: true });
  const error: Error = await mail.send(hello).catch((reason) => reason);
  await mail.close?.();
  expect(error).toMatchObject({ code: "MAIL_SEND_FAILED" });
  expect(error.message).toContain("no such \\u001b[31muser");
});

test("A mail that would add a header or a recipient never reaches the server", async () => {
  await using server = new TestSmtpServer();
  const port = await server.listen();
  const mail = smtpMail({ host: "127.0.0.1", port, allowUnencrypted: true });
  await expect(mail.send({ ...hello, subject: "a\r\nBcc: eve@example.org" })).rejects.toMatchObject({
    code: "MAIL_HEADER_INVALID",
  });
  await expect(mail.send({ ...hello, to: "ada@example.org, eve@example.org" })).rejects.toMatchObject({
    code: "MAIL_ADDRESS_INVALID",
  });
  expect(server.lines).toEqual([]);
});

test("A dot that begins a line ends no mail", async () => {
  await using server = new TestSmtpServer();
  const port = await server.listen();
  const mail = smtpMail({ host: "127.0.0.1", port, allowUnencrypted: true });
  await mail.send({ ...hello, text: "one\r\n.\r\nMAIL FROM:<eve@example.org>\r\nthree" });
  await mail.close?.();
  expect(server.received).toHaveLength(1);
  expect(server.received[0]?.data).toContain("three");
});

test.each([
  {},
  { host: "" },
  { host: "a", port: 0 },
  { host: "a", port: 70_000 },
  { host: "a", user: "app" },
  { host: "a", password: "hidden" },
  { url: "nonsense hidden" },
  { url: "https://app:hidden@mail.example.org" },
  { url: "smtp://app:hidden@mail.example.org/?insecure=1" },
  { url: "smtp://app:%E0%A4%A@mail.example.org" },
])("Settings %o are refused when the app starts, and no password is shown", (options) => {
  const refused = (() => {
    try {
      return smtpMail(options) as unknown as Error;
    } catch (error) {
      return error as Error;
    }
  })();
  expect(refused).toMatchObject({ code: "MAIL_SMTP_INVALID" });
  expect(refused.message).not.toContain("hidden");
});
