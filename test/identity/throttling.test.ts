import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AntiphonConfig, callCommand } from "antiphon";
import { TestBrowser } from "antiphon/testing";
import { describe, expect, test, vi } from "vitest";
import { PASSWORD, world } from "../support/identity-world.ts";
import { type Answer, Desk, NEW, OLD, ROOT, WAYS } from "../support/reset-world.ts";

const WAIT = expect.any(Number) as number;
const LOCKED: Answer = {
  code: "AUTH_THROTTLED",
  message: "Too many tries. Try again in 15 minutes.",
  retryAfter: WAIT,
};
const WRONG = { code: "AUTH_CREDENTIALS_INVALID" };

async function opened(config: AntiphonConfig = {}): Promise<Desk> {
  const desk = await Desk.open(config);
  await desk.add("ada");
  await desk.add("bob");
  return desk;
}

describe.each(WAYS)("by %s", (way) => {
  test("THR-1, W10: five wrong passwords, then the right one is refused too, unhashed, with the time to wait", async () => {
    await using desk = await opened();
    await using door = await desk.door(way);
    for (let round = 0; round < 5; round++) {
      expect(await door.act("signIn", { username: "ada", password: "wrong" })).toMatchObject(WRONG);
    }
    const before = desk.hashes;
    const answer = await door.act("signIn", { username: "ada", password: OLD });
    expect(answer).toEqual(LOCKED);
    expect(answer.retryAfter).toBeGreaterThan(890);
    expect(answer.retryAfter).toBeLessThanOrEqual(900);
    expect(desk.hashes).toBe(before);
    expect(await door.act("whoAmI")).toEqual({ answer: "" });
    expect(await door.act("signIn", { username: "bob", password: OLD })).toEqual({ answer: "bob" });
  });

  test("THR-3: another spelling of the name, or other values beside it, is no fresh start", async () => {
    await using desk = await opened();
    await using door = await desk.door(way);
    const forms = [
      {},
      { username: " ADA " },
      { username: "ａda" },
      { email: "x@example.org" },
      { identifier: "y", ip: "192.0.2.1" },
    ];
    for (const [index, form] of forms.entries()) {
      await door.act("signIn", { username: "ada", password: `wrong ${index}`, ...form });
    }
    expect(await door.act("signIn", { username: "Ada", password: OLD })).toEqual(LOCKED);
  });

  test("THR-5: who gets in begins anew, and time heals", async () => {
    let later = 0;
    const now = Date.now.bind(Date);
    const steady = performance.now.bind(performance);
    // Time passes on both clocks: counters follow the one that no change of the system's clock moves.
    const clock = vi.spyOn(Date, "now").mockImplementation(() => now() + later);
    const steadyClock = vi.spyOn(performance, "now").mockImplementation(() => steady() + later);
    try {
      await using desk = await opened();
      await using door = await desk.door(way);
      const wrong = async (times: number) => {
        for (let round = 0; round < times; round++) {
          expect(await door.act("signIn", { username: "ada", password: "wrong" })).toMatchObject(WRONG);
        }
      };
      await wrong(4);
      expect(await door.act("signIn", { username: "ada", password: OLD })).toEqual({ answer: "ada" });
      await wrong(5);
      expect(await door.act("signIn", { username: "ada", password: OLD })).toEqual(LOCKED);
      later = 901_000;
      expect(await door.act("signIn", { username: "ada", password: OLD })).toEqual({ answer: "ada" });
    } finally {
      clock.mockRestore();
      steadyClock.mockRestore();
    }
  });

  test("THR-6: asking for a link is counted, whether there is such a user or not", async () => {
    await using desk = await opened();
    await using door = await desk.door(way);
    for (const email of ["ada@example.org", "nobody@example.org"]) {
      for (let round = 0; round < 5; round++) expect(await door.act("forgot", { email })).toEqual({ answer: "sent" });
      expect(await door.act("forgot", { email: email.toUpperCase() })).toEqual(LOCKED);
    }
    expect(await desk.app.mailsSent()).toHaveLength(5);
  });

  test("THR-6: guessing at links is counted, and so is guessing at the old password", async () => {
    await using desk = await opened();
    const link = await desk.link("ada@example.org");
    await using door = await desk.door(way);
    for (let round = 0; round < 5; round++) {
      const guess = await door.act("confirm", { ...link, key: `${link.key}x`, password: NEW });
      expect(guess).toMatchObject({ code: "RESET_LINK_INVALID" });
    }
    expect(await door.act("confirm", { ...link, password: NEW })).toEqual(LOCKED);
    const browser = new TestBrowser();
    await desk.app.signIn("bob", browser);
    await using open = await desk.door(way, browser);
    for (let round = 0; round < 5; round++) {
      expect(await open.act("change", { oldPassword: "wrong", newPassword: NEW })).toMatchObject({
        code: "PASSWORD_OLD_WRONG",
      });
    }
    expect(await open.act("change", { oldPassword: OLD, newPassword: NEW })).toEqual(LOCKED);
  });

  test("THR-6: signing up is counted for a name from an address, whatever is wrong with the form", async () => {
    await using desk = await opened({ auth: { signupEnabled: true } });
    await using door = await desk.door(way);
    const before = desk.hashes;
    for (const [index, username] of ["ada", "ADA", " ada ", "ａda", "Ada"].entries()) {
      const form = { username, email: `other${index}@example.org`, password: NEW };
      expect(await door.act("signUp", form)).toMatchObject({ code: "AUTH_USERNAME_TAKEN" });
    }
    expect(await door.act("signUp", { username: "ada", password: NEW })).toEqual(LOCKED);
    expect(desk.hashes).toBe(before);
    for (let round = 0; round < 5; round++) {
      expect(await door.act("signUp", { username: "eve", password: "1" })).toMatchObject({
        code: "AUTH_SIGNUP_INVALID",
      });
    }
    expect(await door.act("signUp", { username: "eve", password: NEW })).toEqual(LOCKED);
    // Neither is somebody else kept from signing up, nor the owner of the name from signing in.
    expect(await door.act("signUp", { username: "grace", password: NEW })).toEqual({ answer: "grace" });
    await using owner = await desk.door(way);
    expect(await owner.act("signIn", { username: "ada", password: OLD })).toEqual({ answer: "ada" });
  });

  test("THR-6: signing up is counted for an address, whatever the names", async () => {
    await using desk = await opened({ auth: { signupEnabled: true, throttle: { signup: { ipAttempts: 8 } } } });
    await using door = await desk.door(way);
    for (let round = 0; round < 8; round++) {
      const form = { username: `name${round}`, email: "ada@example.org", password: NEW };
      expect(await door.act("signUp", form)).toMatchObject({ code: "AUTH_EMAIL_TAKEN" });
    }
    expect(await door.act("signUp", { username: "name9", email: "free@example.org", password: NEW })).toEqual(LOCKED);
    expect(await door.act("signIn", { username: "ada", password: OLD })).toEqual({ answer: "ada" });
  });

  test("THR-7, W10: of a hundred wrong passwords at once, no more are looked at than one after the other", async () => {
    await using desk = await opened();
    await using door = await desk.door(way);
    const before = desk.hashes;
    const tries = Array.from({ length: 100 }, (_, index) =>
      door.act("signIn", { username: "ada", password: `no ${index}` }),
    );
    const answers = await Promise.all(tries);
    expect(answers.filter(({ code }) => code === "AUTH_CREDENTIALS_INVALID")).toHaveLength(5);
    expect(answers.filter(({ code }) => code === "AUTH_THROTTLED")).toHaveLength(95);
    expect(desk.hashes - before).toBe(5);
  });
});

test("THR-6: tries by views and by events are counted together", async () => {
  await using desk = await opened();
  await using view = await desk.door("a view");
  await using event = await desk.door("an event");
  for (let round = 0; round < 5; round++) {
    await (round % 2 === 0 ? view : event).act("signIn", { username: "ada", password: "wrong" });
  }
  expect(await view.act("signIn", { username: "ada", password: OLD })).toEqual(LOCKED);
  expect(await event.act("signIn", { username: "ada", password: OLD })).toEqual(LOCKED);
});

describe("THR-5: an account's own sign-in begins no other account's count again", () => {
  const BOTH = { auth: { loginFields: ["username", "email"] as const } };

  test("where a user has another user's address as a name", async () => {
    await using desk = await opened(BOTH);
    // Through the models, past what signing up refuses: an app may have such rows from before.
    await desk.add("mallory");
    await desk.change("mallory", { username: "ada@example.org", email: "m@example.org" });
    await using door = await desk.door("a view");
    let guesses = 0;
    for (let round = 0; round < 20; round++) {
      const { code } = await door.act("signIn", { username: "ada@example.org", password: `guess ${round}` });
      if (code === "AUTH_CREDENTIALS_INVALID") guesses++;
      // By either of her own names.
      await door.act("signIn", { username: round % 2 === 0 ? "ada@example.org" : "m@example.org", password: OLD });
    }
    expect(guesses).toBe(5);
  });

  test("a name and its address share one count", async () => {
    await using desk = await opened(BOTH);
    await using door = await desk.door("a view");
    for (let round = 0; round < 5; round++) {
      const username = round % 2 === 0 ? "ada" : "ADA@example.org";
      expect(await door.act("signIn", { username, password: "wrong" })).toMatchObject(WRONG);
    }
    for (const username of ["ada", "ada@example.org"]) {
      expect(await door.act("signIn", { username, password: OLD })).toEqual(LOCKED);
    }
  });
});

test.each([
  ["a username", "ada", "ada@example.org", "eve@example.org"],
  ["an address", "ada@example.org", "ada", "bob"],
])(
  "THR-5: after the tries by %s, the other name of its account is refused, and no other",
  async (_, tried, its, other) => {
    await using desk = await opened({ auth: { loginFields: ["username", "email"] as const } });
    await using door = await desk.door("a view");
    for (let round = 0; round < 5; round++) {
      expect(await door.act("signIn", { username: tried, password: "wrong" })).toMatchObject(WRONG);
    }
    expect(await door.act("signIn", { username: its, password: "wrong" })).toEqual(LOCKED);
    expect(await door.act("signIn", { username: other, password: "wrong" })).toMatchObject(WRONG);
  },
);

describe("THR-3: the count of an address does not tell whether it has an account", () => {
  const TYPED = ["x", "x", "X", "x", "x", "\u{ff58}", " x", "x"];

  test.each([
    ["in any spelling", {}],
    ["by the tries that are left to the visitor", { ipAttempts: 4 }],
  ])("%s", async (_, login) => {
    const codes = async (address: string) => {
      const auth = { loginFields: ["username", "email"] as const, throttle: { login } };
      await using desk = await opened({ auth });
      await using door = await desk.door("a view");
      const answers: (string | undefined)[] = [];
      for (const first of [...TYPED, "bob"]) {
        const username =
          first.length > 2 ? first : first.replace(/[xX\u{ff58}]/u, (letter) => spelled(letter, address));
        answers.push((await door.act("signIn", { username, password: "wrong" })).code);
      }
      return answers;
    };
    expect(await codes("ada@example.org")).toEqual(await codes("eve@example.org"));
  });

  /** An address whose first letter is written like a letter x. */
  function spelled(letter: string, address: string): string {
    const [first = "", rest] = [address[0], address.slice(1)];
    if (letter === "x") return first + rest;
    if (letter === "X") return first.toUpperCase() + rest;
    return String.fromCodePoint(first.charCodeAt(0) + 0xfee0) + rest;
  }
});

test("THR-2: one address gets fifty tries, whatever the names", async () => {
  await using desk = await opened({ auth: { throttle: { login: { ipAttempts: 8 } } } });
  await using door = await desk.door("a view");
  for (let round = 0; round < 8; round++) {
    expect(await door.act("signIn", { username: `name${round}`, password: "wrong" })).toMatchObject(WRONG);
  }
  expect(await door.act("signIn", { username: "ada", password: OLD })).toEqual(LOCKED);
});

test("THR-2: an app may count by browser, and by what else it likes", async () => {
  const rules = [{ by: ["userAgent"] as const, limit: 2, seconds: 60, purposes: ["login"] as const }];
  await using desk = await opened({ auth: { throttle: { rules } } });
  const attempt = (agent: string) =>
    desk.raw("signIn", { username: "ada", password: "wrong" }, { headers: { "user-agent": agent } });
  expect([(await attempt("a")).status, (await attempt("a")).status]).toEqual([400, 400]);
  expect(await attempt("a")).toMatchObject({ status: 429, code: "AUTH_THROTTLED", retryAfter: WAIT });
  expect(await attempt("b")).toMatchObject({ status: 400 });
});

test("THR-4: an address that a visitor made up is no fresh start; one that a believed proxy names is", async () => {
  const from = (desk: Desk, ip: string) =>
    desk.raw("signIn", { username: "ada", password: "wrong" }, { headers: { "x-forwarded-for": ip } });
  await using direct = await opened();
  for (let round = 0; round < 5; round++) await from(direct, `192.0.2.${round}`);
  expect(await from(direct, "192.0.2.77")).toMatchObject({ status: 429 });

  await using behind = await opened({ trustProxy: true });
  for (let round = 0; round < 5; round++) await from(behind, `2001:db8:1:2::${round}`);
  expect(await from(behind, "2001:db8:1:2:ffff::1")).toMatchObject({ status: 429 });
  expect(await from(behind, "2001:db8:1:3::1")).toMatchObject({ status: 400 });
  for (let round = 0; round < 5; round++) await from(behind, round % 2 === 0 ? "::ffff:192.0.2.5" : "192.0.2.5");
  expect(await from(behind, "192.0.2.5")).toMatchObject({ status: 429 });
  expect(await from(behind, "192.0.2.99, 192.0.2.5")).toMatchObject({ status: 429 });
});

test("THR-5: antiphon throttle:reset lets somebody try again", async () => {
  await using desk = await opened();
  await using door = await desk.door("an event");
  for (let round = 0; round < 6; round++) await door.act("signIn", { username: "ada", password: "wrong" });
  await callCommand("throttle:reset", { options: { username: "bob" } }, { root: ROOT, database: desk.database });
  expect(await door.act("signIn", { username: "ada", password: OLD })).toEqual(LOCKED);
  await callCommand("throttle:reset", { options: { username: "ADA" } }, { root: ROOT, database: desk.database });
  expect(await door.act("signIn", { username: "ada", password: OLD })).toEqual({ answer: "ada" });
});

test("THR-7: two servers of one database count together", async () => {
  const folder = mkdtempSync(join(tmpdir(), "antiphon-throttle-"));
  const database = { url: `sqlite:${join(folder, "db.sqlite3")}` };
  try {
    await using one = await opened({ database });
    await using other = await Desk.open({ database });
    await using first = await one.door("a view");
    await using second = await other.door("an event");
    for (let round = 0; round < 5; round++) {
      await (round % 2 === 0 ? first : second).act("signIn", { username: "ada", password: "wrong" });
    }
    expect(await first.act("signIn", { username: "ada", password: OLD })).toEqual(LOCKED);
    expect(await second.act("signIn", { username: "ada", password: OLD })).toEqual(LOCKED);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("W10: an app says itself how often, and for how long", async () => {
  await using desk = await opened({ auth: { throttle: { reset: { attempts: 1, window: 60 } } } });
  await using door = await desk.door("a view");
  await door.act("forgot", { email: "ada@example.org" });
  const answer = await door.act("forgot", { email: "ada@example.org" });
  expect(answer).toMatchObject({ code: "AUTH_THROTTLED", message: "Too many tries. Try again in 1 minute." });
  expect(answer.retryAfter).toBeLessThanOrEqual(60);
});

describe("spellings of an e-mail address", () => {
  const EMAIL = "pia@example.org";

  async function counted(config: object = {}) {
    const app = await world({ config: { auth: { loginFields: ["username", "email"], ...config } } });
    await app.app.createUser({ username: "pia", email: EMAIL, password: PASSWORD });
    const attempt = async (username: string, password = "wrong") => {
      const response = await app.app.fetch("/api/login", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ username, password }),
      });
      return response.status;
    };
    return { app, attempt };
  }

  test("THR-3: an e-mail address with spaces around it is the plain one", async () => {
    const { app, attempt } = await counted();
    await using held = app;
    expect(await attempt(`  ${EMAIL} `, PASSWORD)).toBe(200);
    for (let round = 0; round < 5; round++) {
      expect(await attempt(`${" ".repeat(round)}${EMAIL}${"\t".repeat(round)}`)).toBe(400);
    }
    for (const spelling of [EMAIL, ` ${EMAIL}`, `${EMAIL}\u00a0`, EMAIL.toUpperCase()]) {
      expect([spelling, await attempt(spelling, PASSWORD)]).toEqual([spelling, 429]);
    }
    expect(held.log.filter((line) => line.includes('"level":50'))).toEqual([]);
  });

  test("THR-3: however many spaces there are, nobody gets further guesses by them", async () => {
    const { app, attempt } = await counted();
    await using _ = app;
    for (let round = 0; round < 5; round++) expect(await attempt(EMAIL)).toBe(400);
    for (const spaces of [1, 200, 239, 240, 241, 254, 255, 260, 300, 5_000]) {
      for (const spelling of [
        " ".repeat(spaces) + EMAIL,
        EMAIL + " ".repeat(spaces),
        "\u3000".repeat(spaces) + EMAIL,
        `\ufeff${"\n".repeat(spaces)}${EMAIL}`,
      ]) {
        const status = await attempt(spelling, PASSWORD);
        expect([spaces, status === 400 || status === 429]).toEqual([spaces, true]);
      }
    }
  });

  test("THR-2: an address that is refused leaves no count for each name that it tries", async () => {
    const { app, attempt } = await counted({ throttle: { login: { ipAttempts: 3 } } });
    await using held = app;
    const statuses: number[] = [];
    for (let round = 0; round < 30; round++) statuses.push(await attempt(`name ${round}`));
    expect(statuses.filter((status) => status === 400).length).toBe(3);
    expect(statuses.slice(3)).toEqual(Array.from({ length: 27 }, () => 429));
    const rows = await held.app.server.database?.execute("select rule, count from antiphon_throttle order by rule");
    expect(rows?.rows.map(({ rule }) => rule)).toEqual(["identifier+ip", "identifier+ip", "identifier+ip", "ip"]);
  });
});
