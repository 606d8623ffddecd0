import { expect, test } from "vitest";
import { MemoryStore } from "../../stores/index.ts";
import { argon2id } from "../passwords/argon2id.ts";
import { PasswordHashing } from "../passwords/password-hash.ts";
import { storeCounters } from "./store-counters.ts";
import { Throttle, type ThrottleRule } from "./throttle.ts";

const MINUTE = 60_000;
const ada = { ip: "192.0.2.7", identifier: "ada" };

function made(rules?: readonly ThrottleRule[]) {
  const clock = { time: Date.UTC(2030, 0, 1) };
  const now = () => clock.time;
  const store = new MemoryStore({ now });
  return { clock, store, throttle: new Throttle({ counters: storeCounters(store), now, ...(rules ? { rules } : {}) }) };
}

async function free(throttle: Throttle, keys: typeof ada, most = 100): Promise<number> {
  for (let count = 0; count < most; count++) {
    const refused = await throttle.begin("login", keys).then(
      () => false,
      () => true,
    );
    if (refused) return count;
  }
  return most;
}

test("THR-1: the sixth try in a quarter of an hour is refused with the seconds to wait, and no hasher runs", async () => {
  const { throttle, clock } = made();
  const hashing = new PasswordHashing({ hashers: [argon2id({ memory: 8, passes: 1 })] });
  const stored = await hashing.hash("right");
  const signIn = async (password: string) => {
    await throttle.begin("login", ada);
    return hashing.verify(password, stored);
  };
  for (let round = 0; round < 5; round++) {
    clock.time += MINUTE;
    expect(await signIn("wrong")).toBe(false);
  }
  const before = hashing.runs;
  for (const password of ["wrong", "right"]) {
    await expect(signIn(password)).rejects.toMatchObject({
      code: "AUTH_THROTTLED",
      status: 429,
      expose: true,
      details: { retryAfter: 11 * 60 },
      message: "Too many tries. Try again in 11 minutes.",
    });
  }
  expect(hashing.runs).toBe(before);
});

test("THR-2: by default five tries of a name from an address are free, and fifty of an address", async () => {
  const { throttle } = made();
  expect(await free(throttle, ada)).toBe(5);
  let others = 0;
  for (let name = 0; name < 60; name++) others += await free(throttle, { ...ada, identifier: `user ${name}` }, 1);
  expect(others).toBe(45);
  expect(await free(throttle, { ip: "198.51.100.1", identifier: "ada" })).toBe(5);
});

test("THR-2: who hammers on a locked name does not lock the whole office out", async () => {
  const { throttle } = made();
  for (let round = 0; round < 200; round++) await throttle.begin("login", ada).catch(() => {});
  expect(await free(throttle, { ...ada, identifier: "grace" })).toBe(5);
});

test("THR-2: tries that an address is refused are not held against the name", async () => {
  const { throttle } = made([
    { by: ["identifier", "ip"], limit: 5, seconds: 3600 },
    { by: ["ip"], limit: 1, seconds: 60 },
  ]);
  const { clock, throttle: other } = made([
    { by: ["identifier", "ip"], limit: 5, seconds: 3600 },
    { by: ["ip"], limit: 1, seconds: 60 },
  ]);
  expect(await free(throttle, ada)).toBe(1);
  for (let round = 0; round < 20; round++) await other.begin("login", ada).catch(() => {});
  clock.time += MINUTE;
  await other.begin("login", ada);
});

test("THR-2: rules may count by address, name, user agent, or several of them", async () => {
  const rules: ThrottleRule[] = [
    { by: ["identifier"], limit: 3, seconds: 60 },
    { by: ["userAgent", "ip"], limit: 2, seconds: 60 },
  ];
  const { throttle } = made(rules);
  const tries = (keys: { ip: string; identifier?: string; userAgent?: string }) => throttle.begin("login", keys);
  await tries({ ip: "1.1.1.1", identifier: "ada", userAgent: "a" });
  await tries({ ip: "1.1.1.1", identifier: "bob", userAgent: "a" });
  await expect(tries({ ip: "1.1.1.1", identifier: "eve", userAgent: "a" })).rejects.toThrow("Too many tries");
  await tries({ ip: "1.1.1.1", identifier: "ada", userAgent: "b" });
  await tries({ ip: "2.2.2.2", identifier: "ada" });
  await expect(tries({ ip: "3.3.3.3", identifier: "ada" })).rejects.toThrow("Try again in 1 minute.");
});

test("THR-2: a rule may hold for some purposes, and no rules count nothing", async () => {
  const { throttle } = made([{ by: ["ip"], limit: 1, seconds: 60, purposes: ["signup"] }]);
  expect(await free(throttle, ada, 20)).toBe(20);
  await throttle.begin("signup", ada);
  await expect(throttle.begin("signup", ada)).rejects.toMatchObject({ code: "AUTH_THROTTLED" });
  const { throttle: none, store } = made([]);
  expect(await free(none, ada, 20)).toBe(20);
  expect(store.size).toBe(0);
});

test.each(["ADA", " ada ", "Ada", "ＡＤＡ", "\u24B6da\t"])(
  "THR-3: %s is the name ada, as in signing in",
  async (identifier) => {
    const { throttle } = made();
    expect(await free(throttle, ada)).toBe(5);
    expect(await free(throttle, { ...ada, identifier })).toBe(0);
  },
);

test("THR-3: names are stored as digests, and an endless one is counted like another", async () => {
  const { throttle, store } = made();
  await throttle.begin("login", { ...ada, identifier: "ada@example.org" });
  await throttle.begin("login", { ...ada, identifier: "x".repeat(1_000_000) });
  const keys = await store.keys("");
  expect(keys.join()).not.toContain("ada");
  expect(keys.every((key) => key.length < 200)).toBe(true);
});

test("THR-4: another address of the same customer, or another spelling of it, is no fresh start", async () => {
  const { throttle } = made();
  expect(await free(throttle, { ...ada, ip: "2001:db8:1:2::1" })).toBe(5);
  expect(await free(throttle, { ...ada, ip: "2001:DB8:1:2:ffff::9" })).toBe(0);
  expect(await free(throttle, { ...ada, ip: "2001:db8:1:3::1" })).toBe(5);
  expect(await free(throttle, ada)).toBe(5);
  expect(await free(throttle, { ...ada, ip: "::ffff:192.0.2.7" })).toBe(0);
});

test("THR-5: a success resets the name at this address, and only it", async () => {
  const { throttle } = made();
  const elsewhere = { ...ada, ip: "198.51.100.1" };
  for (let round = 0; round < 4; round++) {
    await throttle.begin("login", ada);
    await throttle.begin("login", elsewhere);
    await throttle.begin("login", { ...ada, identifier: "bob" });
    await throttle.begin("reset", ada);
  }
  await throttle.begin("login", ada);
  await throttle.succeed("login", ada);
  expect(await free(throttle, ada)).toBe(5);
  expect(await free(throttle, elsewhere)).toBe(1);
  expect(await free(throttle, { ...ada, identifier: "bob" })).toBe(1);
  await throttle.begin("reset", ada);
  await expect(throttle.begin("reset", ada)).rejects.toMatchObject({ code: "AUTH_THROTTLED" });
});

test("THR-5: a whole office signs in from one address, and what fails there stays counted", async () => {
  const { throttle } = made();
  for (let name = 0; name < 45; name++) await throttle.begin("login", { ...ada, identifier: `wrong ${name}` });
  for (let name = 0; name < 300; name++) {
    const keys = { ...ada, identifier: `right ${name}` };
    await throttle.begin("login", keys);
    await throttle.succeed("login", keys);
  }
  let left = 0;
  for (let name = 0; name < 10; name++) left += await free(throttle, { ...ada, identifier: `more ${name}` }, 1);
  expect(left).toBe(5);
});

test("THR-5: the lock passes by itself, and its keeper can take it away by name, by address, or all of them", async () => {
  const { throttle, clock } = made();
  expect(await free(throttle, ada)).toBe(5);
  clock.time += 15 * MINUTE;
  expect(await free(throttle, ada)).toBe(5);
  expect(await throttle.clear({ identifier: " ADA " })).toBe(1);
  expect(await free(throttle, ada)).toBe(5);
  expect(await throttle.clear({ ip: "::ffff:192.0.2.7" })).toBe(2);
  expect(await free(throttle, ada)).toBe(5);
  expect(await throttle.clear({ ip: "192.0.2.7", identifier: "ada" })).toBe(1);
  expect(await throttle.clear()).toBe(1);
  expect(await free(throttle, ada)).toBe(5);
});

test("THR-5: what is counted is listed with when it ends and whether it is locked", async () => {
  const { throttle, clock } = made();
  expect(await free(throttle, ada)).toBe(5);
  const resetAt = new Date(clock.time + 15 * MINUTE);
  expect(await throttle.list()).toEqual([
    {
      purpose: "login",
      rule: "identifier+ip",
      ip: ada.ip,
      identifier: expect.any(String),
      count: 6,
      resetAt,
      locked: true,
    },
    { purpose: "login", rule: "ip", ip: ada.ip, count: 5, resetAt, locked: false },
  ]);
  expect(await throttle.list(1)).toHaveLength(1);
  clock.time += 15 * MINUTE;
  expect(await throttle.list()).toEqual([]);
});

test("THR-5: what is locked is told by the rule of its own purpose", async () => {
  const { throttle } = made([
    { by: ["ip"], limit: 5, seconds: 60, purposes: ["login"] },
    { by: ["ip"], limit: 1, seconds: 60, purposes: ["reset", "signup"] },
  ]);
  await throttle.begin("reset", ada);
  await throttle.begin("login", ada);
  const locks = (await throttle.list()).map(({ purpose, locked }) => [purpose, locked]);
  expect(Object.fromEntries(locks)).toEqual({ reset: true, login: false });
  await throttle.begin("login", ada);
  await expect(throttle.begin("reset", ada)).rejects.toMatchObject({ code: "AUTH_THROTTLED" });
});

test("THR-6: signing in, asking for a reset, resetting and signing up are counted apart, each by the same rules", async () => {
  const { throttle } = made();
  for (const purpose of ["login", "reset", "reset-confirm", "signup", "change"] as const) {
    for (let round = 0; round < 5; round++) await throttle.begin(purpose, ada);
    await expect(throttle.begin(purpose, ada)).rejects.toMatchObject({ code: "AUTH_THROTTLED" });
  }
});

test("A rule that counts as another one does, for as long, is refused, unless it is for something else", () => {
  const of = (limit: number, ...purposes: ("login" | "reset")[]): ThrottleRule => ({
    by: ["ip", "identifier"],
    limit,
    seconds: 60,
    ...(purposes.length > 0 ? { purposes } : {}),
  });
  const same = of(1);
  for (const pair of [
    [same, same],
    [of(1), of(2)],
    [of(1), of(1)],
    [of(1, "login"), of(2)],
    [of(2), of(1, "login")],
    [of(1, "login", "reset"), of(2, "reset")],
    [of(1), { ...of(2), by: ["identifier", "ip"] }],
  ] as ThrottleRule[][]) {
    expect(() => made(pair), JSON.stringify(pair)).toThrow(
      expect.objectContaining({ code: "THROTTLE_RULE_INVALID", message: expect.stringContaining("for as long") }),
    );
  }
  made([of(1, "login"), of(2, "reset")]);
  made([of(1), { ...of(2), by: ["ip"] }, { ...of(3), seconds: 3600 }]);
});

test("A rule that can't be used is refused when the app starts, and the error shows it", () => {
  const rules = [
    { by: [], limit: 1, seconds: 1 },
    { by: ["ip", "ip"], limit: 1, seconds: 1 },
    { by: ["email"], limit: 1, seconds: 1 },
    { by: ["ip"], limit: 0, seconds: 1 },
    { by: ["ip"], limit: 1.5, seconds: 1 },
    { by: ["ip"], limit: 1, seconds: Number.NaN },
  ];
  for (const rule of rules) {
    expect(() => made([rule as ThrottleRule])).toThrow(expect.objectContaining({ code: "THROTTLE_RULE_INVALID" }));
  }
});
