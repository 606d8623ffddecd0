import { passwordChanged, User } from "antiphon/auth";
import { objects } from "antiphon/models";
import { TestBrowser } from "antiphon/testing";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { Desk, type Door, NEW, OLD, UNCOUNTED, WAYS } from "../support/reset-world.ts";

let desk: Desk;
beforeAll(async () => {
  desk = await Desk.open({ auth: { throttle: UNCOUNTED } });
});
afterAll(() => desk[Symbol.asyncDispose]());

const INVALID = { code: "RESET_LINK_INVALID", message: "This reset link is invalid or has expired." };
let made = 0;
/** A user of this test alone. */
async function somebody(parts: Parameters<Desk["add"]>[1] = {}) {
  const username = `reader${++made}`;
  const row = await desk.add(username, parts);
  return { username, email: row.email, id: Number(row.id) };
}

async function who(door: Door): Promise<string> {
  return (await door.act("whoAmI")).answer ?? "";
}

async function rejects(link: { readonly uid: unknown; readonly key: unknown }): Promise<void> {
  await using door = await desk.door("a view");
  expect(await door.act("check", link)).toEqual({ answer: "false" });
  expect(await door.act("confirm", { ...link, password: NEW })).toEqual(INVALID);
}

describe.each(WAYS)("by %s", (way) => {
  test("rows 107-109, RST-6, RST-11: a link of a mail sets a new password once, and nobody is signed in by it", async () => {
    const { username, email, id } = await somebody();
    await using door = await desk.door(way);
    const link = await desk.link(email, way);
    expect(link.url).toBe(`https://desk.example.com/password-reset/confirm/${link.uid}/${link.key}`);
    expect(await door.act("check", link)).toEqual({ answer: "true" });
    const heard: unknown[] = [];
    const stop = passwordChanged.connect((change) => heard.push(change));
    expect(await door.act("confirm", { ...link, password: NEW, repeated: NEW })).toEqual({ answer: "set" });
    stop();
    expect(heard).toEqual([{ userId: id, password: NEW }]);
    expect(await who(door)).toBe("");
    expect(await door.act("check", link)).toEqual({ answer: "false" });
    expect(await door.act("confirm", { ...link, password: `${NEW} again` })).toEqual(INVALID);
    expect((await door.act("signIn", { username, password: OLD })).code).toBe("AUTH_CREDENTIALS_INVALID");
    expect(await door.act("signIn", { username, password: NEW })).toEqual({ answer: username });
    expect(await who(door)).toBe(username);
  });

  test("RST-11: an app may sign in whom a link let set a password", async () => {
    const { username, email } = await somebody();
    await using door = await desk.door(way);
    const link = await desk.link(email);
    expect(await door.act("confirmAndEnter", { ...link, password: NEW })).toEqual({ answer: "in" });
    expect(await who(door)).toBe(username);
  });

  test("RST-11, SEC-14: with the old password all sessions end, over HTTP and on open sockets", async () => {
    const { username, email } = await somebody();
    const [one, other] = [new TestBrowser(), new TestBrowser()];
    await desk.app.signIn(username, one);
    await desk.app.signIn(username, other);
    await using view = await desk.door("a view", one);
    await using event = await desk.door("an event", other);
    expect([await who(view), await who(event)]).toEqual([username, username]);
    await using stranger = await desk.door(way);
    const link = await desk.link(email);
    expect(await stranger.act("confirm", { ...link, password: NEW })).toEqual({ answer: "set" });
    expect([await who(event), await who(view)]).toEqual(["", ""]);
  });

  test("RST-6: two passwords that differ, or a weak one, do not use the link up", async () => {
    const { username, email } = await somebody();
    await using door = await desk.door(way);
    const link = await desk.link(email);
    expect(await door.act("confirm", { ...link, password: NEW, repeated: "other" })).toMatchObject({
      code: "PASSWORD_MISMATCH",
    });
    expect(await door.act("confirm", { ...link, password: "12345" })).toMatchObject({ code: "PASSWORD_INVALID" });
    expect(await door.act("confirm", { ...link, password: username })).toMatchObject({ code: "PASSWORD_INVALID" });
    for (const password of [undefined, null, 7, {}, [NEW]]) {
      expect(await door.act("confirm", { ...link, password })).toMatchObject({ code: "PASSWORD_INVALID" });
    }
    expect(await door.act("confirm", { ...link, password: NEW })).toEqual({ answer: "set" });
  });

  test("RST-7, W9: an address that nobody has gets the same answer, by the same work, and no mail", async () => {
    const { email } = await somebody();
    const { log, database } = desk;
    const statements: string[] = [];
    const run = database.run.bind(database);
    await using door = await desk.door(way);
    const [mails, hashes, lines] = [desk.app.outbox.length, desk.hashes, log.length];
    const seen = async (address: unknown) => {
      statements.length = 0;
      const answer = await door.act("forgot", { email: address });
      return { answer, statements: [...statements] };
    };
    await seen("warm-up@example.org");
    database.run = (sql, values) => {
      statements.push(sql);
      return run(sql, values);
    };
    const known = await seen(email);
    const unknown = await seen("nobody@example.org");
    // Nobody means all of those without an address.
    const empty = await seen("");
    database.run = run;
    expect(empty.statements.filter((sql) => sql.includes("auth_user"))).toEqual([]);
    expect(known.answer).toEqual({ answer: "sent" });
    expect(unknown).toEqual(known);
    expect(known.statements.length).toBeGreaterThan(0);
    for (const typed of [
      "",
      " ",
      5,
      null,
      { $gt: "" },
      ["a@example.org"],
      "x".repeat(100_000),
      "\0@example.org",
      "\ud800",
    ]) {
      expect(await door.act("forgot", { email: typed })).toEqual({ answer: "sent" });
    }
    expect((await desk.app.mailsSent()).slice(mails).map(({ to }) => to)).toEqual([[{ address: email }]]);
    expect([desk.hashes, log.length]).toEqual([hashes, lines]);
  });

  test("row 58, W4: where resets are switched off, nothing of them works", async () => {
    await using shut = await Desk.open({ auth: { passwordResetEnabled: false } });
    const { id, email } = await shut.add("ada");
    await using door = await shut.door(way);
    const refused = {
      code: "AUTH_RESET_DISABLED",
      message: "Setting a new password by mail is not possible here.",
    };
    for (const name of ["forgot", "check", "keep", "confirm"]) {
      expect(await door.act(name, { email, uid: String(id), key: "x", password: NEW })).toEqual(refused);
    }
    expect(await shut.app.mailsSent()).toEqual([]);
  });

  test("RST-12: who changes the password has to know the old one, and stays signed in under a new key", async () => {
    const { username } = await somebody();
    const browser = new TestBrowser();
    await desk.app.signIn(username, browser);
    await using door = await desk.door(way, browser);
    const elsewhere = new TestBrowser();
    await desk.app.signIn(username, elsewhere);
    await using view = await desk.door("a view", elsewhere);
    await using event = await desk.door("an event", elsewhere);
    for (const oldPassword of ["wrong", "", undefined, null, { $ne: "" }]) {
      expect(await door.act("change", { oldPassword, newPassword: NEW })).toMatchObject({ code: "PASSWORD_OLD_WRONG" });
    }
    expect(await door.act("change", { oldPassword: OLD, newPassword: NEW, repeated: "x" })).toMatchObject({
      code: "PASSWORD_MISMATCH",
    });
    expect(await door.act("change", { oldPassword: OLD, newPassword: username })).toMatchObject({
      code: "PASSWORD_INVALID",
    });
    expect([await who(door), await who(view), await who(event)]).toEqual([username, username, username]);
    const key = browser.value("sessionid");
    const heard: unknown[] = [];
    const stop = passwordChanged.connect((change) => heard.push(change));
    expect(await door.act("change", { oldPassword: OLD, newPassword: NEW, repeated: NEW })).toEqual({
      answer: "changed",
    });
    stop();
    expect(heard).toEqual([{ userId: expect.any(Number), password: NEW }]);
    expect(await who(door)).toBe(username);
    expect(browser.value("sessionid")).not.toBe(key);
    expect([await who(view), await who(event)]).toEqual(["", ""]);
    const thief = new TestBrowser();
    thief.takeLines([`sessionid=${key}`]);
    expect(await who(await desk.door("a view", thief))).toBe("");
    expect(await door.act("signIn", { username, password: NEW })).toEqual({ answer: username });
  });

  test("RST-12: nobody who is not signed in changes a password", async () => {
    await using door = await desk.door(way);
    expect(await door.act("change", { oldPassword: OLD, newPassword: NEW })).toMatchObject({ code: "AUTH_REQUIRED" });
  });

  test("a mail of the app's own goes out from its address, behind the answer", async () => {
    await using door = await desk.door(way);
    const before = desk.app.outbox.length;
    expect(await door.act("write", { to: "ada@example.org" })).toEqual({ answer: "written" });
    expect((await desk.app.mailsSent()).slice(before)).toMatchObject([
      {
        to: [{ address: "ada@example.org" }],
        from: { name: "Desk", address: "desk@example.com" },
        subject: "Your report",
      },
    ]);
    expect(await door.act("write", { to: "no address" })).toEqual({ answer: "written" });
    await desk.app.mailsSent();
    expect(desk.log.at(-1)).toContain("MAIL_ADDRESS_INVALID");
  });
});

describe("what a link depends on", () => {
  test("RST-1, RST-4: it is signed with the secret key; one of an earlier key still counts, one of another never", async () => {
    const [now, before] = ["n".repeat(60), "b".repeat(60)];
    await using other = await Desk.open({ secretKey: now, secretKeyFallbacks: [before] });
    await other.add("ada");
    const [stored] = await other.app.run(() => objects(User).filter({ username: "ada" }).rows(["password"]));
    await using door = await other.door("a view");
    // The link of an app with that key, whose user is the same.
    const check = async (secretKey: string) => {
      await using app = await Desk.open({ secretKey });
      await app.add("ada");
      await app.change("ada", { password: stored?.password });
      const { uid, key } = await app.link("ada@example.org");
      return (await door.act("check", { uid, key })).answer;
    };
    expect([await check(now), await check(before), await check("o".repeat(60))]).toEqual(["true", "true", "false"]);
  });

  test("RST-2: it is good for its time, and for no second more", async () => {
    const { email } = await somebody();
    const link = await desk.link(email);
    await using door = await desk.door("a view");
    const begin = Date.now();
    const clock = vi.spyOn(Date, "now");
    try {
      clock.mockReturnValue(begin + 3_599_000);
      expect(await door.act("check", link)).toEqual({ answer: "true" });
      clock.mockReturnValue(begin + 3_602_000);
      expect(await door.act("check", link)).toEqual({ answer: "false" });
      expect(await door.act("confirm", { ...link, password: NEW })).toEqual(INVALID);
    } finally {
      clock.mockRestore();
    }
  });

  test("RST-3: a sign-in ends it, and so does another address", async () => {
    const [one, two] = [await somebody(), await somebody()];
    const links = [await desk.link(one.email), await desk.link(two.email)];
    await using door = await desk.door("a view");
    expect(await door.act("signIn", { username: one.username, password: OLD })).toEqual({ answer: one.username });
    await desk.change(two.username, { email: "elsewhere@example.org" });
    for (const link of links) await rejects(link);
  });

  test("RST-3: a password that was set ends it, also the same one again", async () => {
    const { username, email } = await somebody();
    const link = await desk.link(email);
    await desk.app.signIn(username).then(async (browser) => {
      await using door = await desk.door("a view", browser);
      await door.act("change", { oldPassword: OLD, newPassword: OLD });
    });
    await rejects(link);
  });

  test("RST-3: one of a user who is gone or not active is worth nothing", async () => {
    const [one, two] = [await somebody(), await somebody()];
    const links = [await desk.link(one.email), await desk.link(two.email)];
    await desk.change(one.username, { isActive: false });
    await desk.app.run(() => objects(User).filter({ username: two.username }).delete());
    for (const link of links) await rejects(link);
  });

  test("RST-3, RST-13: what was tampered with, and what never was a link, is refused and breaks nothing", async () => {
    const [one, two] = [await somebody(), await somebody()];
    const link = await desk.link(one.email);
    const { uid } = await desk.link(two.email);
    const [moment = "", mark = ""] = link.key.split("-");
    const huge = Buffer.from("9".repeat(60)).toString("base64url");
    const lines = desk.log.length;
    for (const wrong of [
      { uid },
      { key: `${(Number.parseInt(moment, 36) + 60).toString(36)}-${mark}` },
      { key: link.key.slice(0, -1) },
      { key: `${link.key}=` },
      { key: null },
      { key: [link.key] },
      { key: "" },
      { uid: huge },
      { uid: Buffer.from("2147483648").toString("base64url") },
      { uid: Buffer.from("1 or 1=1").toString("base64url") },
      { uid: Buffer.from(`0${one.id}`).toString("base64url") },
      { uid: Buffer.from("1e3").toString("base64url") },
      { uid: Buffer.from("-1").toString("base64url") },
      { uid: "%%%" },
      { uid: "" },
      { uid: null },
      { uid: one.id },
      { uid: { $gt: 0 } },
      { uid: [link.uid] },
      { uid: "a".repeat(100_000) },
      { uid: "/w==" },
    ]) {
      await rejects({ ...link, ...wrong });
    }
    expect(desk.log.length).toBe(lines);
    await using door = await desk.door("a view");
    expect(await door.act("check", link)).toEqual({ answer: "true" });
  });

  test("RST-5: its key moves into the session, and the address without it is worth nothing elsewhere", async () => {
    const [one, two] = [await somebody(), await somebody()];
    const link = await desk.link(one.email);
    const { uid: foreign } = await desk.link(two.email);
    const kept = { uid: link.uid, key: "set-password" };
    await using door = await desk.door("an event");
    expect(await door.act("keep", { ...link, key: `${link.key}x` })).toEqual({ answer: "false" });
    expect(await door.act("check", kept)).toEqual({ answer: "false" });
    expect(await door.act("keep", link)).toEqual({ answer: "true" });
    expect(await door.act("keep", kept)).toEqual({ answer: "true" });
    expect(await door.act("check", { ...kept, uid: foreign })).toEqual({ answer: "false" });
    await rejects(kept);
    await using sameBrowser = await desk.door("a view", door.browser);
    expect(await sameBrowser.act("confirm", { ...kept, password: NEW })).toEqual({ answer: "set" });
    expect(await door.act("check", kept)).toEqual({ answer: "false" });
    const { rows } = await desk.database.execute("select data from antiphon_session");
    expect(JSON.stringify(rows)).not.toContain(link.key);
  });

  test("SEC-15: of twenty uses at once, over views and events, exactly one sets the password", async () => {
    const { username, email } = await somebody();
    const link = await desk.link(email);
    const doors = await Promise.all(Array.from({ length: 20 }, (_, index) => desk.door(WAYS[index % 2] ?? "a view")));
    const answers = await Promise.all(
      doors.map((door, index) => door.act("confirm", { ...link, password: `${NEW} ${index}` })),
    );
    for (const door of doors) await door[Symbol.asyncDispose]();
    expect(answers.filter(({ answer }) => answer === "set")).toHaveLength(1);
    expect(answers.filter(({ code }) => code === "RESET_LINK_INVALID")).toHaveLength(19);
    const winner = answers.findIndex(({ answer }) => answer === "set");
    await using door = await desk.door("a view");
    expect(await door.act("signIn", { username, password: `${NEW} ${winner}` })).toEqual({ answer: username });
  });
});

describe("whom a mail goes to, and what it says", () => {
  test("RST-8, W9: to the stored address of each active user with a password, and to nobody else", async () => {
    await desk.add("first", { email: "Shared@example.org" });
    await desk.add("second", { email: "shared@example.org" });
    await desk.add("gone", { email: "shared@example.org", isActive: false });
    await desk.add("without", { email: "shared@example.org", password: null });
    await desk.add("mike", { email: "mike@example.org" });
    const before = desk.app.outbox.length;
    await using door = await desk.door("a view");
    for (const typed of ["sHaReD@EXAMPLE.org", "mıke@example.org", "mike@exampl\u212b.org", "ｍike@example.org"]) {
      expect(await door.act("forgot", { email: typed })).toEqual({ answer: "sent" });
    }
    const to = (await desk.app.mailsSent()).slice(before).flatMap((mail) => mail.to.map(({ address }) => address));
    expect(to).toEqual(["Shared@example.org", "shared@example.org"]);
  });

  test("RST-10: it has one line of subject, and the link as text and as HTML", async () => {
    const { email } = await somebody();
    const { url } = await desk.link(email);
    const mail = desk.app.outbox.at(-1);
    expect(mail).toMatchObject({ subject: "Password reset", from: { name: "Desk", address: "desk@example.com" } });
    expect(mail?.text).toContain(url);
    expect(mail?.html).toContain(`href="${url}"`);
  });

  test("RST-7: a mail server that does not answer is in the log, and not in the answer", async () => {
    await using other = await Desk.open({
      mail: { backend: "smtp", host: "127.0.0.1", port: 9, allowUnencrypted: true },
    });
    await other.add("ada");
    await using door = await other.door("a view");
    expect(await door.act("forgot", { email: "ada@example.org" })).toEqual({ answer: "sent" });
    await other.app.mailsSent();
    expect(other.log.join("\n")).toContain("MAIL_SEND_FAILED");
    expect(other.log.join("\n")).not.toContain("password-reset/confirm");
  });

  test("a server that stops sends first what waits", async () => {
    const other = await Desk.open();
    await using door = await other.door("a view");
    await door.act("write", { to: "ada@example.org" });
    await other.app.close();
    expect(other.app.outbox).toHaveLength(1);
  });
});
