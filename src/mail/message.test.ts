import { expect, test } from "vitest";
import { checkMail, type MailMessage, parseAddress, visible } from "./message.ts";

const hello = { to: "ada@example.org", subject: "Hello", text: "Good day." };

test.each([
  ["ada@example.org", { address: "ada@example.org" }],
  [" ada@example.org ", { address: "ada@example.org" }],
  ["Ada Lovelace <ada@example.org>", { name: "Ada Lovelace", address: "ada@example.org" }],
  ['"Lovelace, Ada" <ada@example.org>', { name: "Lovelace, Ada", address: "ada@example.org" }],
  ["<ada@example.org>", { address: "ada@example.org" }],
  ["ada+notes@sub.example.org", { address: "ada+notes@sub.example.org" }],
  ["webmaster@localhost", { address: "webmaster@localhost" }],
  ["añb@exämple.org", { address: "añb@exämple.org" }],
])("%s is one address", (text, expected) => {
  expect(parseAddress(text)).toEqual(expected);
});

test.each([
  "",
  "ada",
  "@example.org",
  "ada@",
  "ada@@example.org",
  "ada@example.org, eve@example.org",
  "ada@example.org;eve@example.org",
  "ada@example.org eve@example.org",
  "ada@example.org\r\nBcc: eve@example.org",
  "Ada\nBcc: eve@example.org <ada@example.org>",
  "Ada <eve@example.org> <ada@example.org>",
  '"ada@evil.org"@example.org',
  "ada@[127.0.0.1]",
  "ada(comment)@example.org",
  "ada@.example.org",
  "ada@example..org",
  `${"a".repeat(400)}@example.org`,
  "a".repeat(100_000),
  `${"<".repeat(50_000)}${">".repeat(50_000)}`,
  { address: "ada@example.org\u0000" },
  { name: "Ada\r\nX: y", address: "ada@example.org" },
  { name: "Ada" },
  { name: 5, address: "ada@example.org" },
  undefined,
  null,
  7,
  ["ada@example.org"],
])("SEC-20: %o is no address", (input) => {
  expect(() => parseAddress(input as never)).toThrow(expect.objectContaining({ code: "MAIL_ADDRESS_INVALID" }));
});

test("A mail needs somebody to go to, whoever that is", () => {
  const { to: _, ...nobody } = hello;
  expect(() => checkMail(nobody)).toThrow(expect.objectContaining({ code: "MAIL_RECIPIENT_MISSING" }));
  expect(() => checkMail({ ...hello, to: [] })).toThrow(expect.objectContaining({ code: "MAIL_RECIPIENT_MISSING" }));
  expect(checkMail({ ...nobody, bcc: ["a@b.c"] }).bcc).toEqual([{ address: "a@b.c" }]);
  expect(checkMail({ ...hello, to: ["a@b.c", { name: "D", address: "d@e.f" }] }).to).toHaveLength(2);
});

test("The sender is the mail's own, or the app's", () => {
  expect(checkMail(hello).from).toEqual({ address: "webmaster@localhost" });
  expect(checkMail(hello, "App <app@example.org>").from).toEqual({ name: "App", address: "app@example.org" });
  expect(checkMail({ ...hello, from: "me@example.org" }, "app@example.org").from).toEqual({
    address: "me@example.org",
  });
});

test.each([
  ["a subject with a line break", { subject: "a\nBcc: eve@example.org" }],
  ["a subject with a carriage return", { subject: "a\rBcc: eve@example.org" }],
  ["a subject with a separator of lines", { subject: "a\u2028b" }],
  ["a subject with a code for the terminal", { subject: "\u001b[31mred" }],
  ["an endless subject", { subject: "x".repeat(100_000) }],
  ["a subject that is no text", { subject: ["a"] as never }],
  ["a header with a line break", { headers: { "X-Note": "a\r\nBcc: eve@example.org" } }],
  ["a header's name with a line break", { headers: { "X-Note: a\r\nBcc": "eve@example.org" } }],
  ["a header that is a recipient", { headers: { bcc: "eve@example.org" } }],
  ["a header that describes the content", { headers: { "Content-Type": "text/plain" } }],
  ["a file's name with a line break", { attachments: [{ filename: "a\r\nb", content: "" }] }],
  ["a file's type with a line break", { attachments: [{ filename: "a", content: "", contentType: "a\nb" }] }],
] as [string, Partial<MailMessage>][])("No mail goes out with %s", (_, parts) => {
  expect(() => checkMail({ ...hello, ...parts })).toThrow(expect.objectContaining({ code: "MAIL_HEADER_INVALID" }));
});

test("SEC-27: signs that move the cursor, colour or turn text are shown as codes", () => {
  expect(visible("a\r\nb\tc")).toBe("a\nb\tc");
  expect(visible("\u001b[2J\u202eabc\u0007\r")).toBe("\\u001b[2J\\u202eabc\\u0007\\u000d");
});
