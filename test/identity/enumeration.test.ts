import { describe, expect, test } from "vitest";
import { Desk, NEW, OLD, UNCOUNTED, WAYS } from "../support/reset-world.ts";

const CONFIG = { auth: { signupEnabled: true, throttle: UNCOUNTED } };

/** Somebody of each kind whose name and address nobody else can have. */
async function opened(): Promise<Desk> {
  const desk = await Desk.open(CONFIG);
  await desk.add("ada");
  await desk.add("gone", { isActive: false });
  await desk.add("outside", { password: null });
  await desk.add("root", { isStaff: true, isSuperuser: true });
  return desk;
}

describe.each(WAYS)("SEC-28: who signs up by %s", (way) => {
  test("SEC-28: is told that a name or an address is taken, in the same words whoever has it, and nothing else", async () => {
    await using desk = await opened();
    await using door = await desk.door(way);
    const before = desk.hashes;
    const answers = { username: new Set<string>(), email: new Set<string>() };
    for (const name of ["ada", "gone", "outside", "root"]) {
      for (const spelling of [name, name.toUpperCase(), ` ${name} `]) {
        const byName = await door.act("signUp", { username: spelling, email: "free@example.org", password: NEW });
        answers.username.add(JSON.stringify(byName));
      }
      for (const spelling of [`${name}@example.org`, `${name}@EXAMPLE.org`, `${name.toUpperCase()}@example.org`]) {
        const byEmail = await door.act("signUp", { username: "free", email: spelling, password: NEW });
        answers.email.add(JSON.stringify(byEmail));
      }
    }
    const only = ([answer, ...others]: Iterable<string>) => [JSON.parse(answer ?? "") as object, others.length];
    expect(only(answers.username)).toEqual([
      { code: "AUTH_USERNAME_TAKEN", message: "That username is already taken." },
      0,
    ]);
    expect(only(answers.email)).toEqual([
      { code: "AUTH_EMAIL_TAKEN", message: "That email is already registered." },
      0,
    ]);
    // What is refused hashes nothing, so its time tells no more than its words.
    expect(desk.hashes).toBe(before);
    expect(await door.act("whoAmI")).toEqual({ answer: "" });
    expect(await desk.app.mailsSent()).toEqual([]);
    expect(await door.act("signUp", { username: "free", email: "free@example.org", password: NEW })).toEqual({
      answer: "free",
    });
    expect(desk.hashes).toBe(before + 1);
  });

  test("SEC-28: learns nothing by signing in or by asking for a link, which answer all names alike", async () => {
    await using desk = await opened();
    await using door = await desk.door(way);
    const names = ["ada", "gone", "outside", "root", "nobody"];
    const signedIn = new Set<string>();
    const asked = new Set<string>();
    for (const username of names) {
      const before = desk.hashes;
      signedIn.add(JSON.stringify(await door.act("signIn", { username, password: "wrong" })));
      expect([username, desk.hashes - before]).toEqual([username, 1]);
      asked.add(JSON.stringify(await door.act("forgot", { email: `${username}@example.org` })));
      expect([username, desk.hashes - before]).toEqual([username, 1]);
    }
    expect([signedIn.size, asked.size]).toEqual([1, 1]);
    expect(await door.act("signIn", { username: "ada", password: OLD })).toEqual({ answer: "ada" });
  });
});
