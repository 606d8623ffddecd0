import { expect, test } from "vitest";
import { MailQueue } from "../../mail/mail-queue.ts";
import { memoryMail } from "../../mail/memory-mail.ts";
import { MemoryStore } from "../../stores/index.ts";
import { argon2id } from "../passwords/argon2id.ts";
import { PasswordHashing } from "../passwords/password-hash.ts";
import { encodeUid, makeResetToken } from "../passwords/reset-token.ts";
import { storeCounters } from "../throttle/store-counters.ts";
import { Throttle } from "../throttle/throttle.ts";
import { isSameAddress, PasswordReset, type PasswordResetOptions, type ResettingUser } from "./password-reset.ts";

const IP = "192.0.2.7";
const SECRETS = ["a secret of the tests"];
const GOOD = "correct horse battery";

type User = { -readonly [K in keyof ResettingUser]: ResettingUser[K] };

async function made(given: Partial<PasswordResetOptions> = {}) {
  const clock = { time: Date.UTC(2030, 0, 1) };
  const now = () => clock.time;
  const hashing = new PasswordHashing({ hashers: [argon2id({ memory: 8, passes: 1 })] });
  const backend = memoryMail();
  const logged: object[] = [];
  const logger = { error: (details: object) => void logged.push(details) };
  const queue = new MailQueue({ backend, logger, from: "app@example.com" });
  const users: User[] = [];
  const asked: string[] = [];
  const reset = new PasswordReset({
    findUsers: async (email) => {
      asked.push(email);
      return users.filter((user) => user.email.toLowerCase() === email.toLowerCase());
    },
    findUser: async (id) => users.find((user) => String(user.id) === id),
    savePassword: async (id, oldHash, newHash) => {
      const user = users.find((each) => each.id === id && each.password === oldHash);
      if (user) user.password = newHash;
      return user !== undefined;
    },
    hashing,
    throttle: new Throttle({ counters: storeCounters(new MemoryStore({ now })), now }),
    mail: queue,
    secrets: SECRETS,
    publicUrl: "https://app.example.com",
    path: "/reset-password/[uid]/[key]",
    logger,
    now,
    ...given,
  });
  const add = async (parts: Partial<User> = {}) => {
    const id = users.length + 1;
    const password = await hashing.hash("old password");
    const base = { id, username: `user${id}`, email: "ada@example.org", lastLogin: null, isActive: true };
    users.push({ ...base, password, ...parts });
    return users.at(-1) as User;
  };
  const mails = async () => {
    await queue.idle();
    return backend.outbox.splice(0);
  };
  const link = async (email = "ada@example.org") => {
    await reset.request(email, { ip: IP });
    const text = (await mails())[0]?.text ?? "";
    const [, uid = "", token = ""] = /reset-password\/([^/\s]+)\/(\S+)/.exec(text) ?? [];
    return { uid, token, ip: IP };
  };
  return { clock, hashing, queue, users, asked, reset, add, mails, link, logged };
}

const noThrottle = () => new Throttle({ counters: storeCounters(new MemoryStore()), rules: [] });

test("RST-6, RST-11: a link sets a new password once, tells whose it was, and the old password is dead", async () => {
  const { add, link, reset, hashing } = await made();
  const ada = await add();
  const old = ada.password;
  const parts = await link();
  expect(await reset.check(parts.uid, parts.token)).toBe(true);
  expect(await reset.confirm({ ...parts, password: GOOD, repeated: GOOD })).toBe(ada.id);
  expect(await hashing.verify(GOOD, ada.password)).toBe(true);
  expect(ada.password).not.toBe(old);
  expect(await reset.check(parts.uid, parts.token)).toBe(false);
  await expect(reset.confirm({ ...parts, password: GOOD })).rejects.toMatchObject({
    code: "RESET_LINK_INVALID",
    status: 400,
    message: "This reset link is invalid or has expired.",
  });
});

test("SEC-15: of twenty uses of one link at once, exactly one sets a password", async () => {
  const { add, link, reset, users, hashing } = await made({ throttle: noThrottle() });
  await add();
  const parts = await link();
  const uses = Array.from({ length: 20 }, (_, index) => reset.confirm({ ...parts, password: `${GOOD} ${index}` }));
  const ended = await Promise.allSettled(uses);
  const winner = ended.findIndex(({ status }) => status === "fulfilled");
  expect(ended.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  for (const each of ended) {
    if (each.status === "rejected") expect(each.reason).toMatchObject({ code: "RESET_LINK_INVALID" });
  }
  expect(await hashing.verify(`${GOOD} ${winner}`, users[0]?.password)).toBe(true);
});

test("RST-6: two passwords that differ, or a weak one, do not use a link up, however often", async () => {
  const { add, link, reset, hashing } = await made();
  const ada = await add({ username: "zanzibarquay" });
  const parts = await link();
  const before = hashing.runs;
  for (let round = 0; round < 8; round++) {
    await expect(reset.confirm({ ...parts, password: GOOD, repeated: "other" })).rejects.toMatchObject({
      code: "PASSWORD_MISMATCH",
    });
    await expect(reset.confirm({ ...parts, password: "zanzibarquay" })).rejects.toMatchObject({
      code: "PASSWORD_INVALID",
      details: { problems: [{ code: "password_too_similar" }] },
    });
  }
  for (const password of [undefined, null, 5, {}, [GOOD]]) {
    await expect(reset.confirm({ ...parts, password })).rejects.toMatchObject({ code: "PASSWORD_INVALID" });
  }
  expect(hashing.runs).toBe(before);
  expect(await reset.confirm({ ...parts, password: GOOD })).toBe(ada.id);
});

test("RST-7, SEC-28: an unknown address has the same answer and the same work, and gets no mail", async () => {
  const { add, reset, mails, asked, hashing } = await made({ throttle: noThrottle() });
  await add();
  const before = hashing.runs;
  for (const email of ["ada@example.org", "nobody@example.org", "", "no address", "x".repeat(100_000)]) {
    expect(await reset.request(email, { ip: IP })).toBeUndefined();
  }
  for (const email of [undefined, null, 5, {}, ["ada@example.org"], { $ne: null }]) {
    expect(await reset.request(email, { ip: IP })).toBeUndefined();
  }
  expect(hashing.runs).toBe(before);
  expect(asked).toHaveLength(11);
  expect(asked.every((email) => typeof email === "string" && email.length <= 254)).toBe(true);
  expect(await mails()).toHaveLength(1);
});

test("RST-7, SEC-28: an unknown address makes as many tokens and texts as a known one", async () => {
  let written = 0;
  const templates = { text: ({ url }: { url: string }) => `${++written} ${url}` };
  const { add, reset } = await made({ templates });
  await add();
  await reset.request("ada@example.org", { ip: IP });
  await reset.request("nobody@example.org", { ip: IP });
  expect(written).toBe(2);
});

test("RST-7: a mail that can't be written or sent is logged, and the answer is the same", async () => {
  const broken = {
    text: () => {
      throw new Error("no such template");
    },
  };
  const { add, reset, logged } = await made({ templates: broken });
  await add();
  expect(await reset.request("ada@example.org", { ip: IP })).toBeUndefined();
  expect(logged).toHaveLength(1);
  const { add: addOther, reset: other, logged: more, mails } = await made();
  await addOther({ email: "broken, address" });
  expect(await other.request("broken, address", { ip: IP })).toBeUndefined();
  expect(await mails()).toEqual([]);
  expect(more).toMatchObject([{ err: { code: "MAIL_ADDRESS_INVALID" } }]);
});

test("RST-8: no mail goes to somebody who is inactive or has no password", async () => {
  const { add, reset, mails, hashing } = await made();
  await add({ isActive: false });
  await add({ password: hashing.unusable() });
  await add({ password: "" });
  await reset.request("ada@example.org", { ip: IP });
  expect(await mails()).toEqual([]);
  await add();
  await add();
  await reset.request("ada@example.org", { ip: IP });
  expect(await mails()).toHaveLength(2);
});

test("RST-8: mail goes to the stored address, whatever the case that was typed", async () => {
  const { add, reset, mails } = await made();
  await add({ email: "Ada.L@Example.org" });
  await reset.request(" ada.l@EXAMPLE.ORG ", { ip: IP });
  expect(await mails()).toMatchObject([{ to: [{ address: "Ada.L@Example.org" }] }]);
});

test.each([
  ["mike@example.org", "mıke@example.org"],
  ["mike@example.org", "mike@ｅxample.org"],
  ["mike@example.org", "mi\u212Ae@example.org"],
  ["mi\u212Ae@example.org", "mike@example.org"],
  ["mıke@example.org", "MIKE@example.org"],
  ["strasse@example.org", "straße@example.org"],
  ["müller@example.org", "mu\u0308ller@example.org"],
  ["ada@example.org", "ada@example.org."],
  ["", ""],
  // Mail for it would go to another domain: what a mail server makes of it is example.org.
  ["mike@ｅxample.org", "mike@ｅxample.org"],
])("RST-8: mail for %s is not asked for by %s", async (stored, typed) => {
  expect(isSameAddress(stored, typed)).toBe(false);
  const { users, add, reset, mails } = await made({ findUsers: async () => users });
  await add({ email: stored });
  await reset.request(typed, { ip: IP });
  expect(await mails()).toEqual([]);
});

test("RST-9, SEC-17: a link begins with the app's own address, whatever the request said", async () => {
  const { add, reset, mails } = await made({ publicUrl: "https://app.example.com/shop/" });
  const ada = await add();
  await reset.request("ada@example.org", { ip: IP, origin: "https://evil.example" });
  const [mail] = await mails();
  const start = `https://app.example.com/shop/reset-password/${encodeUid(ada.id)}/`;
  expect(mail?.text).toContain(`\n${start}`);
  expect(mail?.html).toContain(`href="${start}`);
  expect(JSON.stringify(mail)).not.toContain("evil");
});

test("RST-9, SEC-17: without the app's address no mail goes out, but in development, to where the request came from", async () => {
  const { add, reset, mails } = await made({ publicUrl: undefined });
  await add();
  for (const email of ["ada@example.org", "nobody@example.org"]) {
    await expect(reset.request(email, { ip: IP, origin: "https://evil.example" })).rejects.toMatchObject({
      code: "RESET_URL_MISSING",
    });
  }
  expect(await mails()).toEqual([]);
  const { add: addOther, reset: developing, mails: others } = await made({ publicUrl: undefined, development: true });
  await addOther();
  await developing.request("ada@example.org", { ip: IP, origin: "http://localhost:3000" });
  expect((await others())[0]?.text).toContain("\nhttp://localhost:3000/reset-password/");
  for (const origin of ["javascript:alert(1)", "http://a:b@evil.example", "nonsense", "http://a/?x", "http://a/#x"]) {
    await expect(developing.request("ada@example.org", { ip: IP, origin })).rejects.toMatchObject({
      code: "RESET_URL_INVALID",
      status: 400,
    });
  }
  await expect(developing.request("ada@example.org", { ip: IP })).rejects.toMatchObject({ code: "RESET_URL_MISSING" });
});

test("RST-10: the mail has a subject of one line, a text and HTML, and each of them can be the app's own", async () => {
  const { add, reset, mails } = await made();
  await add();
  await reset.request("ada@example.org", { ip: IP });
  const [usual] = await mails();
  expect(usual).toMatchObject({ subject: "Password reset", from: { address: "app@example.com" } });
  expect(usual?.text).toMatch(
    /^Use the link below to reset your password:\n\nhttps:\S+\n\nIf you did not request this, you can ignore this email\.$/,
  );
  expect(usual?.html).toContain("<a href=");
  const {
    add: addOther,
    reset: other,
    mails: others,
  } = await made({
    templates: {
      subject: ({ username }) => `  Neues\nPasswort\r\nfür ${username}\n`,
      text: ({ url, minutes }) => `${minutes} Minuten: ${url}`,
      html: () => "<b>Neu</b>",
    },
    path: "/konto/[uid]?token=[key]",
    timeout: 600,
  });
  await addOther({ username: "ada\nBcc: eve@example.org" });
  await other.request("ada@example.org", { ip: IP });
  expect(await others()).toMatchObject([
    {
      subject: "Neues Passwort für ada Bcc: eve@example.org",
      text: expect.stringMatching(/^10 Minuten: https:\/\/app\.example\.com\/konto\/MQ\?token=\S+$/),
      html: "<b>Neu</b>",
      bcc: [],
    },
  ]);
});

test("RST-13: a wrong link is one error whatever is wrong with it, and nothing crashes", async () => {
  const { add, link, reset, users } = await made({ throttle: noThrottle() });
  await add();
  await add({ email: "bob@example.org" });
  const { uid, token } = await link();
  const wrong: [unknown, unknown][] = [
    ...[undefined, null, 5, {}, "", "=", "€", "A".repeat(100_000), encodeUid("99999999999999999999")].map(
      (bad): [unknown, unknown] => [bad, token],
    ),
    ...[undefined, null, 5, {}, "", "x", token.slice(1), `${token}x`].map((bad): [unknown, unknown] => [uid, bad]),
    [encodeUid(2), token],
  ];
  for (const [badUid, badToken] of wrong) {
    expect(await reset.check(badUid, badToken)).toBe(false);
    await expect(reset.confirm({ uid: badUid, token: badToken, password: GOOD, ip: IP })).rejects.toMatchObject({
      code: "RESET_LINK_INVALID",
    });
  }
  expect(await reset.check(uid, token)).toBe(true);
  (users[0] as User).password = "!unusable";
  const unusable = makeResetToken(users[0] as User, { secrets: SECRETS, now: () => Date.UTC(2030, 0, 1) });
  expect(await reset.check(uid, unusable)).toBe(false);
});

test("RST-2: a link is dead after the time that the app gives it", async () => {
  const { add, link, reset, clock } = await made({ timeout: 60 });
  await add();
  const { uid, token } = await link();
  clock.time += 60_000;
  expect(await reset.check(uid, token)).toBe(true);
  clock.time += 1_000;
  expect(await reset.check(uid, token)).toBe(false);
});

test("THR-6: asking for links and trying tokens are refused after five times, for known and unknown alike", async () => {
  const { add, reset, mails } = await made();
  await add();
  for (const email of ["ada@example.org", "nobody@example.org"]) {
    for (let round = 0; round < 5; round++) await reset.request(email, { ip: IP });
    await expect(reset.request(` ${email.toUpperCase()}`, { ip: IP })).rejects.toMatchObject({
      code: "AUTH_THROTTLED",
    });
  }
  expect(await mails()).toHaveLength(5);
  const guess = { uid: encodeUid(1), token: `t0000-${"A".repeat(43)}`, password: GOOD, ip: IP };
  for (let round = 0; round < 5; round++) {
    await expect(reset.confirm(guess)).rejects.toMatchObject({ code: "RESET_LINK_INVALID" });
  }
  await expect(reset.confirm(guess)).rejects.toMatchObject({ code: "AUTH_THROTTLED", status: 429 });
});

test.each([
  [{ publicUrl: "app.example.com" }, "RESET_URL_INVALID"],
  [{ publicUrl: "ftp://app.example.com" }, "RESET_URL_INVALID"],
  [{ publicUrl: "https://user:hidden@app.example.com" }, "RESET_URL_INVALID"],
  [{ path: "/reset" }, "RESET_PATH_INVALID"],
  [{ path: "reset/[uid]/[key]" }, "RESET_PATH_INVALID"],
])("Settings %o are refused when the app starts", async (options, code) => {
  const error = await made(options).catch((reason) => reason);
  expect(error).toMatchObject({ code });
  expect(error.message).not.toContain("hidden");
});
