import { afterAll, describe, expect, test, vi } from "vitest";
import { argon2id } from "../../src/auth/passwords/argon2id.ts";
import { PasswordHashing } from "../../src/auth/passwords/password-hash.ts";
import { databaseCounters } from "../../src/auth/throttle/database-counters.ts";
import { storeCounters } from "../../src/auth/throttle/store-counters.ts";
import { Throttle, type ThrottleRule } from "../../src/auth/throttle/throttle.ts";
import type { Counter, Counters } from "../../src/auth/throttle/throttle-counters.ts";
import { ThrottleRecord } from "../../src/auth/throttle/throttle-record.ts";
import { atomic, objects, withDatabase } from "../../src/models/index.ts";
import { MemoryStore } from "../../src/stores/index.ts";
import { mysqlServer, type OpenDatabase, opener, postgresServer, sqliteFiles } from "../support/database-servers.ts";

interface Opened extends AsyncDisposable {
  readonly counters: Counters;
  /** The same counts as another process sees them. */
  readonly others: Counters;
}
type Open = (now: () => number) => Promise<Opened>;

const MINUTE = 60_000;
const START = Date.UTC(2030, 0, 1);
const login: Counter = { purpose: "login", rule: "identifier+ip", ip: "192.0.2.7", identifier: "a".repeat(43) };
const otherName: Counter = { ...login, identifier: "b".repeat(43) };
const address: Counter = { purpose: "login", rule: "ip", ip: "192.0.2.7" };

function contract(open: Open): void {
  test("THR-7: tries at once from two processes are all counted, each with a number of its own", async () => {
    await using opened = await open(() => START);
    const all = Array.from({ length: 40 }, (_, index) => (index % 2 ? opened.counters : opened.others));
    const counts = await Promise.all(all.map(async (each) => (await each.increment(login, MINUTE)).count));
    expect(counts.toSorted((one, other) => one - other)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
    expect((await opened.others.increment(login, MINUTE)).count).toBe(41);
  });

  test("THR-5: a window begins with the first try, is not made longer by others, and passes by itself", async () => {
    let now = START;
    await using opened = await open(() => now);
    expect(await opened.counters.increment(login, MINUTE)).toEqual({ count: 1, resetAt: START + MINUTE });
    now += MINUTE - 1;
    expect(await opened.counters.increment(login, MINUTE)).toEqual({ count: 2, resetAt: START + MINUTE });
    now += 1;
    expect(await opened.counters.increment(login, MINUTE)).toEqual({ count: 1, resetAt: START + 2 * MINUTE });
    expect(await opened.others.increment(login, MINUTE)).toEqual({ count: 2, resetAt: START + 2 * MINUTE });
  });

  test("Counters that differ in one part are counted apart", async () => {
    await using opened = await open(() => START);
    const { ip: _, ...noAddress } = login;
    const different: Counter[] = [
      login,
      otherName,
      address,
      noAddress,
      { ...login, purpose: "reset" },
      { ...login, ip: "192.0.2.8" },
      { ...login, userAgent: "c".repeat(43) },
    ];
    for (const counter of different) expect((await opened.counters.increment(counter, MINUTE)).count).toBe(1);
    for (const counter of different) expect((await opened.counters.increment(counter, MINUTE)).count).toBe(2);
  });

  test("A try is given back once and never below nothing, and not after its window", async () => {
    let now = START;
    await using opened = await open(() => now);
    await opened.counters.refund(login);
    for (let round = 0; round < 3; round++) await opened.counters.increment(login, MINUTE);
    await opened.counters.refund(login);
    expect((await opened.counters.increment(login, MINUTE)).count).toBe(3);
    for (let round = 0; round < 9; round++) await opened.counters.refund(login);
    expect((await opened.counters.increment(login, MINUTE)).count).toBe(1);
    now += MINUTE;
    await opened.counters.refund(login);
    expect((await opened.counters.increment(login, MINUTE)).count).toBe(1);
  });

  test("Tries that are given back while others are counted lose none", async () => {
    await using opened = await open(() => START);
    for (let round = 0; round < 10; round++) await opened.counters.increment(login, MINUTE);
    await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        index % 2 ? opened.counters.refund(login) : opened.others.increment(login, MINUTE),
      ),
    );
    expect((await opened.counters.increment(login, MINUTE)).count).toBe(11);
  });

  test("THR-5: forgetting a counter leaves the others", async () => {
    await using opened = await open(() => START);
    for (const counter of [login, login, otherName, address]) await opened.counters.increment(counter, MINUTE);
    await opened.counters.forget(login);
    expect((await opened.others.increment(login, MINUTE)).count).toBe(1);
    expect((await opened.others.increment(otherName, MINUTE)).count).toBe(2);
    expect((await opened.others.increment(address, MINUTE)).count).toBe(2);
  });

  test("THR-5: a window that began while a clock was ahead, or while a rule had a longer one, is cut to its length", async () => {
    let now = START + 24 * 60 * MINUTE;
    await using opened = await open(() => now);
    for (let count = 1; count < 6; count++) await opened.counters.increment(login, MINUTE);
    now = START;
    expect(await opened.counters.increment(login, MINUTE)).toEqual({ count: 6, resetAt: START + MINUTE });
    now += MINUTE - 1;
    expect(await opened.others.increment(login, MINUTE)).toEqual({ count: 7, resetAt: START + MINUTE });
    now += 1;
    expect((await opened.counters.increment(login, MINUTE)).count).toBe(1);
  });

  test("THR-5: counts are taken away by address, by name, by both, or all of them", async () => {
    await using opened = await open(() => START);
    const elsewhere: Counter = { ...login, ip: "198.51.100.1" };
    const fill = async () => {
      for (const counter of [login, otherName, address, elsewhere]) await opened.counters.increment(counter, MINUTE);
    };
    await fill();
    const identifier = "a".repeat(43);
    expect(await opened.counters.clear({ identifier: "nobody" })).toBe(0);
    expect(await opened.counters.clear({ ip: "192.0.2.7", identifier })).toBe(1);
    expect(await opened.counters.clear({ identifier })).toBe(1);
    expect(await opened.counters.clear({ ip: "192.0.2.7" })).toBe(2);
    await fill();
    expect(await opened.counters.clear({})).toBe(4);
    expect(await opened.counters.list(10)).toEqual([]);
  });

  test("THR-5: what is counted can be listed, the highest first, without what is over", async () => {
    let now = START;
    await using opened = await open(() => now);
    for (const counter of [login, login, login, address, address]) await opened.counters.increment(counter, MINUTE);
    await opened.counters.increment({ ...login, purpose: "reset" }, MINUTE / 2);
    expect(await opened.others.list(10)).toEqual([
      { ...login, count: 3, resetAt: START + MINUTE },
      { ...address, count: 2, resetAt: START + MINUTE },
      { ...login, purpose: "reset", count: 1, resetAt: START + MINUTE / 2 },
    ]);
    expect(await opened.counters.list(1)).toHaveLength(1);
    now += MINUTE / 2;
    expect(await opened.counters.list(10)).toHaveLength(2);
    expect(await opened.counters.clearExpired()).toBe(1);
    expect(await opened.counters.clearExpired()).toBe(0);
  });

  test("THR-2: a short and a long window of the same address count apart, and both hold", async () => {
    let now = START;
    await using opened = await open(() => now);
    const rules: ThrottleRule[] = [
      { by: ["ip"], limit: 5, seconds: 60 },
      { by: ["ip"], limit: 20, seconds: 3600 },
      { by: ["userAgent", "ip", "identifier"], limit: 100, seconds: 31_536_000 },
      { by: ["userAgent", "ip", "identifier"], limit: 1_000, seconds: 31_535_999 },
    ];
    const throttle = new Throttle({ counters: opened.counters, rules, now: () => now });
    const keys = { ip: "192.0.2.7", identifier: "ada", userAgent: "a browser" };
    const free = async () => {
      for (let count = 0; ; count++) {
        const refused = await throttle.begin("login", keys).then(
          () => undefined,
          (error: { details: { retryAfter: number } }) => error.details.retryAfter,
        );
        if (refused !== undefined) return [count, refused];
      }
    };
    const inAnHour: unknown[] = [];
    for (let minute = 0; minute < 31; minute++) {
      inAnHour.push(await free());
      now += MINUTE;
    }
    const seconds = (left: number) => 3600 - left * 60;
    expect(inAnHour).toEqual([
      [5, 60],
      [5, 60],
      [5, 60],
      [5, 60],
      ...Array.from({ length: 27 }, (_, index) => [0, seconds(index + 4)]),
    ]);
    const listed = await throttle.list();
    expect(listed.filter(({ rule }) => rule.startsWith("ip"))).toEqual([
      expect.objectContaining({ rule: "ip/3600", locked: true }),
    ]);
    await throttle.succeed("login", keys);
    now = START + 60 * MINUTE;
    expect(await free()).toEqual([5, 60]);
  });

  test("THR-7: a hundred wrong sign-ins at once, over two processes, start five hashers", async () => {
    await using opened = await open(() => START);
    const hashing = new PasswordHashing({ hashers: [argon2id({ memory: 8, passes: 1 })], waiting: 1_000 });
    const stored = await hashing.hash("right");
    const before = hashing.runs;
    const throttles = [opened.counters, opened.others].map((counters) => new Throttle({ counters, now: () => START }));
    const keys = { ip: "192.0.2.7", identifier: "ada" };
    const tries = Array.from({ length: 100 }, async (_, index) => {
      await throttles[index % 2]?.begin("login", keys);
      return hashing.verify("wrong", stored);
    });
    const ended = await Promise.allSettled(tries);
    expect(hashing.runs - before).toBe(5);
    expect(ended.filter(({ status }) => status === "fulfilled")).toHaveLength(5);
    for (const each of ended) {
      if (each.status === "rejected") expect(each.reason).toMatchObject({ code: "AUTH_THROTTLED", status: 429 });
    }
  });
}

const inDatabase =
  (open: OpenDatabase): Open =>
  async (now) => {
    const opened = await open({ models: [ThrottleRecord] });
    const second = await opened.second();
    return {
      counters: databaseCounters(opened.database, { now }),
      others: databaseCounters(second, { now }),
      [Symbol.asyncDispose]: () => opened.close(),
    };
  };

function databaseSuite(open: OpenDatabase): void {
  contract(inDatabase(open));

  test("A try can't be counted inside atomic(), where it could be undone", async () => {
    const opened = await open({ models: [ThrottleRecord] });
    const counters = databaseCounters(opened.database);
    try {
      await withDatabase(opened.database, async () => {
        const inside = atomic(async () => {
          await objects(ThrottleRecord).update({ count: 1 });
          await counters.increment(login, MINUTE);
        });
        await expect(inside).rejects.toMatchObject({ code: "THROTTLE_IN_TRANSACTION" });
        expect((await counters.increment(login, MINUTE)).count).toBe(1);
        expect(await objects(ThrottleRecord).count()).toBe(1);
      });
    } finally {
      await opened.close();
    }
  });

  test("THR-5: a lock-out lasts as long as it says, whatever happens to the system's clock meanwhile", async () => {
    const opened = await open({ models: [ThrottleRecord] });
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      const throttle = new Throttle({ counters: databaseCounters(opened.database) });
      const keys = { ip: "192.0.2.7", identifier: "ada" };
      const jump = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds);
      const waits: unknown[] = [];
      for (const by of [0, 3_600_000, -7_200_000, 0, 0, 86_400_000, -86_400_000]) {
        jump(by);
        waits.push(
          await throttle.begin("login", keys).then(
            () => "free",
            (error: { details: { retryAfter: number } }) =>
              error.details.retryAfter > 890 && error.details.retryAfter <= 900,
          ),
        );
      }
      expect(waits).toEqual(["free", "free", "free", "free", "free", true, true]);
    } finally {
      vi.useRealTimers();
      await opened.close();
    }
  });

  test("The table takes care of itself: after a thousand tries those that are over are gone", async () => {
    const opened = await open({ models: [ThrottleRecord] });
    let now = START;
    const counters = databaseCounters(opened.database, { now: () => now });
    try {
      for (let round = 0; round < 999; round++)
        await counters.increment({ ...login, ip: `192.0.2.${round % 50}` }, MINUTE);
      now += MINUTE;
      await counters.increment({ ...login, ip: "198.51.100.1" }, MINUTE);
      expect(await withDatabase(opened.database, () => objects(ThrottleRecord).count())).toBe(1);
    } finally {
      await opened.close();
    }
  });
}

describe("In a store in memory", () => {
  contract(async (now) => {
    const store = new MemoryStore({ now });
    return { counters: storeCounters(store), others: storeCounters(store), [Symbol.asyncDispose]: async () => {} };
  });
});

describe("On SQLite", () => {
  const files = sqliteFiles();
  afterAll(() => files.stop());
  databaseSuite(files.open);
});

const servers = [
  { name: "PostgreSQL", dialect: "postgres", server: await postgresServer() },
  { name: "MySQL", dialect: "mysql", server: await mysqlServer() },
] as const;

for (const { name, dialect, server } of servers) {
  if (typeof server === "string") {
    describe.skip(`On ${name}`, () => test(`Nothing is tested: ${server}`));
    process.stderr.write(`${name} is not tested: ${server}\n`);
  } else {
    afterAll(() => server.stop());
    describe(`On ${name}`, () => databaseSuite(opener(dialect, () => server.createDatabase())));
  }
}
