import crypto from "node:crypto";
import { expect, test, vi } from "vitest";
import { argon2id } from "./argon2id.ts";
import type { Hasher } from "./hasher.ts";
import { defaultHashers, PasswordHashing } from "./password-hash.ts";
import { scrypt } from "./scrypt.ts";

const cheap = () => argon2id({ memory: 8, passes: 1 });
const cheapScrypt = () => scrypt({ costLog2: 4, blockSize: 1, parallelism: 1 });
const hashingOf = (...hashers: Hasher[]) => new PasswordHashing({ hashers });

async function runsOf(hashing: PasswordHashing, work: () => Promise<unknown>): Promise<number> {
  const before = hashing.runs;
  await work();
  return hashing.runs - before;
}

test("PWD-1: a hash names its algorithm, its settings and its salt, and no two are equal", async () => {
  const hashing = hashingOf(cheap());
  const [one, two] = [await hashing.hash("lètmein ☃"), await hashing.hash("lètmein ☃")];
  expect(one).toMatch(/^\$argon2id\$v=19\$m=8,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  expect(one).not.toBe(two);
  expect(await hashing.verify("lètmein ☃", one)).toBe(true);
  expect(await hashing.verify("lètmein ☃ ", one)).toBe(false);
  expect(await hashing.verify("", one)).toBe(false);
});

test("PWD-1: the hash of another program with the same password is accepted, and other variants are not", async () => {
  // Made by the reference implementation: echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1 -l 32
  const reference = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
  const hashing = hashingOf(cheap());
  expect(await hashing.verify("password", reference)).toBe(true);
  expect(await hashing.verify("password", reference.replace("argon2id", "argon2i"))).toBe(false);
  expect(await hashing.verify("password", reference.replace("v=19", "v=16"))).toBe(false);
});

test("PWD-1: scrypt gives the same as Node's own", async () => {
  const hashing = hashingOf(scrypt({ costLog2: 10, blockSize: 4, parallelism: 2 }));
  const encoded = await hashing.hash("password");
  const [, , settings, salt = "", hash = ""] = encoded.split("$");
  expect(settings).toBe("ln=10,r=4,p=2");
  const own = crypto.scryptSync("password", Buffer.from(salt, "base64"), 32, { N: 1024, r: 4, p: 2 });
  expect(Buffer.from(hash, "base64").equals(own)).toBe(true);
  expect(await hashing.verify("password", encoded)).toBe(true);
  expect(await hashing.verify("Password", encoded)).toBe(false);
});

test("PWD-1: an unknown algorithm or gibberish is wrong, and nothing throws", async () => {
  const hashing = hashingOf(cheap(), cheapScrypt());
  const good = await hashing.hash("password");
  const texts = [
    ...["", "!", "$", "$$$$", "plain", "password", "md5$salt$hash", "$argon2id$", "$2b$12$abcdefghijklmnopqrstuv"],
    ...["__proto__", "$__proto__$a=1$AAAA$AAAA", "$constructor$v=19$m=8,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAA"],
    good.replace("m=8", "m=4294967295"),
    good.replace("t=1", "t=999999999"),
    good.replace("m=8", "m=7"),
    good.replace(",p=1", ""),
    good.replace("t=1", "t=1,keyid=1"),
    good.replace("p=1", "p=0"),
    good.slice(0, -30),
    `${good}\n`,
    `${good}$x`,
    "$scrypt$ln=63,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "$scrypt$ln=20,r=64,p=64$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "x".repeat(100_000),
    `$argon2id$v=19$${"m=8,".repeat(25_000)}$a$b`,
  ];
  for (const text of texts) expect(await hashing.verify("password", text)).toBe(false);
  for (const text of [null, undefined, 3, {}, ["$"]])
    expect(await hashing.verify("password", text as never)).toBe(false);
});

test("PWD-2: a right password that was stored in an older way is hashed anew, and handed to who saves it", async () => {
  const old = await hashingOf(cheapScrypt()).hash("password");
  const weak = await hashingOf(cheap()).hash("password");
  const hashing = hashingOf(argon2id({ memory: 16, passes: 2 }), cheapScrypt());
  for (const stored of [old, weak]) {
    expect(hashing.needsUpgrade(stored)).toBe(true);
    const saved: string[] = [];
    expect(await hashing.verify("password", stored, { onUpgrade: async (text) => void saved.push(text) })).toBe(true);
    expect(saved).toEqual([expect.stringMatching(/^\$argon2id\$v=19\$m=16,t=2,p=1\$/)]);
    expect(await hashing.verify("password", saved[0])).toBe(true);
    expect(hashing.needsUpgrade(saved[0] as string)).toBe(false);
  }
});

test("PWD-3: a wrong password upgrades nothing, and neither does one that is stored as it is now", async () => {
  const weak = await hashingOf(cheap()).hash("password");
  const hashing = hashingOf(argon2id({ memory: 16, passes: 2 }));
  const same = await hashing.hash("password");
  const onUpgrade = () => expect.unreachable();
  expect(await hashing.verify("wrong", weak, { onUpgrade })).toBe(false);
  expect(await hashing.verify("password", same, { onUpgrade })).toBe(true);
  expect(await runsOf(hashing, () => hashing.verify("password", same, { onUpgrade }))).toBe(1);
});

test("PWD-5, SEC-28: unknown user, no usable password, missing hasher, gibberish and a wrong password: one run each", async () => {
  const hashing = hashingOf(cheap());
  const scrypted = await hashingOf(cheapScrypt()).hash("password");
  const stored = await hashing.hash("password");
  for (const encoded of [undefined, null, "", hashing.unusable(), scrypted, "gibberish", "$argon2id$broken", stored]) {
    expect(await runsOf(hashing, async () => expect(await hashing.verify("wrong", encoded)).toBe(false))).toBe(1);
  }
});

test("PWD-5: the run for nobody is one of the preferred hasher, with the given password", async () => {
  const passwords: string[] = [];
  const counting: Hasher = { ...asPlain(cheap()), hash: async (password) => `$x$${passwords.push(password)}` };
  await hashingOf(counting, cheapScrypt()).verify("typed", undefined);
  expect(passwords).toEqual(["typed"]);
});

test("PWD-6: a wrong password against a weaker hash does the work that the weaker hash saved", async () => {
  const weak = await hashingOf(cheap()).hash("password");
  const hashing = hashingOf(argon2id({ memory: 64, passes: 3 }));
  expect(await runsOf(hashing, () => hashing.verify("wrong", weak))).toBe(2);
  const hardened: string[] = [];
  const spied: Hasher = { ...asPlain(argon2id({ memory: 64 })), harden: async (_, text) => void hardened.push(text) };
  await hashingOf(spied).verify("wrong", weak);
  await hashingOf(spied).verify("password", weak);
  expect(hardened).toEqual([weak]);
  const weakScrypt = await hashingOf(cheapScrypt()).hash("password");
  const strong = hashingOf(scrypt({ costLog2: 8, blockSize: 2, parallelism: 2 }));
  expect(await runsOf(strong, () => strong.verify("wrong", weakScrypt))).toBe(2);
  const [argon, scrypted] = [vi.spyOn(crypto, "argon2"), vi.spyOn(crypto, "scrypt")];
  await hashing.verify("wrong", weak);
  expect(argon.mock.calls.reduce((sum, [, { memory, passes }]) => sum + memory * passes, 0)).toBeCloseTo(64 * 3, -1);
  await strong.verify("wrong", weakScrypt);
  const work = scrypted.mock.calls.map(
    ([, , , options]) => options as { cost: number; blockSize: number; parallelization: number },
  );
  const done = work.reduce((sum, { cost, blockSize, parallelization }) => sum + cost * blockSize * parallelization, 0);
  expect(done / (2 ** 8 * 2 * 2)).toBeCloseTo(1, 0);
  vi.restoreAllMocks();
  // A hash of more work than now has saved nothing.
  const strongArgon = await hashing.hash("password");
  expect(await hashingOf(cheap()).verify("wrong", strongArgon)).toBe(false);
});

test("PWD-7: no password can be an unusable one, and no two unusable ones are equal", async () => {
  const hashing = hashingOf(cheap());
  const [one, two] = [hashing.unusable(), hashing.unusable()];
  expect(one).toMatch(/^![A-Za-z0-9]{40}$/);
  expect(one).not.toBe(two);
  expect([one, "", "!", null, undefined].map((text) => hashing.isUsable(text))).toEqual(Array(5).fill(false));
  expect(hashing.isUsable(await hashing.hash("x"))).toBe(true);
  for (const typed of [one, one.slice(1), "", "!"]) expect(await hashing.verify(typed, one)).toBe(false);
});

test("PWD-9: more than 4096 bytes are refused before any work is done", async () => {
  const hashing = hashingOf(cheap());
  const stored = await hashing.hash("x".repeat(4096));
  expect(await hashing.verify("x".repeat(4096), stored)).toBe(true);
  for (const long of ["x".repeat(4097), "é".repeat(2049), "x".repeat(1_048_576)]) {
    expect(await runsOf(hashing, () => hashing.verify(long, stored))).toBe(0);
    expect(await hashing.verify(long, stored)).toBe(false);
    await expect(hashing.hash(long)).rejects.toMatchObject({ code: "PASSWORD_TOO_LONG", status: 400 });
  }
});

test("AUT-14: what is no text is no password and starts no hasher", async () => {
  const hashing = hashingOf(cheap());
  for (const typed of [undefined, null, 5, {}, ["password"]]) {
    expect(await runsOf(hashing, () => hashing.verify(typed as never, undefined))).toBe(0);
  }
});

test("PWD-11: what may be shown of a password are its settings, not its salt or hash", async () => {
  const hashing = hashingOf(cheap());
  const encoded = await hashing.hash("password");
  const summary = hashing.summary(encoded);
  expect(summary).toMatchObject({ algorithm: "argon2id", settings: "m=8,t=1,p=1" });
  expect(summary.salt).toMatch(/^.{2}\*{20}$/);
  expect(summary.hash).toMatch(/^.{6}\*{37}$/);
  expect(hashing.summary(hashing.unusable())).toEqual({ algorithm: undefined, settings: "", salt: "", hash: "" });
  expect(hashing.summary(null).algorithm).toBeUndefined();
});

test("PWD-11: a hash stands in no error message", async () => {
  const encoded = await hashingOf(cheap()).hash("password");
  const failing: Hasher = {
    ...asPlain(cheap()),
    reads: () => true,
    verify: async () => Promise.reject(new Error("no")),
  };
  const error: Error = await hashingOf(failing)
    .verify("password", encoded)
    .catch((reason) => reason);
  expect(`${error.message}${error.stack}${JSON.stringify(error)}`).not.toContain(encoded.slice(-20));
});

test("PWD-12: three hash at once, a hundred wait, and one more is told to come again", async () => {
  let running = 0;
  let most = 0;
  const open: (() => void)[] = [];
  const slow: Hasher = {
    ...asPlain(cheap()),
    async hash() {
      most = Math.max(most, ++running);
      await new Promise<void>((resolve) => open.push(resolve));
      running--;
      return "$argon2id$";
    },
  };
  const hashing = hashingOf(slow);
  const work = Array.from({ length: 103 }, (_, index) =>
    index % 2 ? hashing.hash("password") : hashing.verify("password", undefined),
  );
  await expect(hashing.hash("password")).rejects.toMatchObject({
    code: "AUTH_BUSY",
    status: 503,
    details: { retryAfter: 2 },
  });
  await expect(hashing.verify("password", undefined)).rejects.toMatchObject({ code: "AUTH_BUSY" });
  let done = 0;
  const all = Promise.all(work.map((each) => each.then(() => done++)));
  while (done < 103) {
    open.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await all;
  expect(most).toBe(3);
  const again = hashing.hash("password");
  await new Promise((resolve) => setImmediate(resolve));
  open.shift()?.();
  expect(await again).toBe("$argon2id$");
});

test("PWD-12: a hasher that fails gives its place back", async () => {
  let fails = true;
  const failing: Hasher = {
    ...asPlain(cheap()),
    hash: async () => (fails ? Promise.reject(new Error("broken")) : "$argon2id$"),
  };
  const hashing = new PasswordHashing({ hashers: [failing], concurrency: 1, waiting: 5 });
  const given = await Promise.allSettled([hashing.hash("a"), hashing.hash("b"), hashing.hash("c")]);
  expect(given.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  fails = false;
  expect(await hashing.hash("d")).toBe("$argon2id$");
});

test("By default argon2id makes the hashes, as OWASP recommends it, and scrypt is read too", async () => {
  const hashing = new PasswordHashing();
  expect(defaultHashers().map(({ algorithm }) => algorithm)).toEqual(["argon2id", "scrypt"]);
  expect(await hashing.hash("password")).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(await hashing.verify("password", await hashingOf(cheapScrypt()).hash("password"))).toBe(true);
});

test("Settings out of range are refused at once, and so is an empty list of hashers", () => {
  const made = [() => argon2id({ memory: 1 }), () => argon2id({ passes: 0 }), () => argon2id({ parallelism: 1.5 })];
  const more = [() => scrypt({ costLog2: 40 }), () => scrypt({ blockSize: 0 }), () => scrypt({ parallelism: -1 })];
  for (const make of [...made, ...more]) {
    expect(make).toThrow(expect.objectContaining({ code: "PASSWORD_HASHER_OPTIONS" }));
  }
  expect(() => new PasswordHashing({ hashers: [] })).toThrow(
    expect.objectContaining({ code: "PASSWORD_HASHER_MISSING" }),
  );
});

/** A hasher whose methods can be replaced. */
function asPlain(hasher: Hasher): Hasher {
  return {
    algorithm: hasher.algorithm,
    hash: (password) => hasher.hash(password),
    verify: (password, encoded) => hasher.verify(password, encoded),
    needsUpgrade: (encoded) => hasher.needsUpgrade(encoded),
    reads: (encoded) => hasher.reads(encoded),
    harden: async (password, encoded) => hasher.harden?.(password, encoded),
  };
}
