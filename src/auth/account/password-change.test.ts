import { expect, test } from "vitest";
import { MemoryStore } from "../../stores/index.ts";
import { argon2id } from "../passwords/argon2id.ts";
import { PasswordHashing } from "../passwords/password-hash.ts";
import { storeCounters } from "../throttle/store-counters.ts";
import { Throttle } from "../throttle/throttle.ts";
import { changedPassword } from "./password-change.ts";

const GOOD = "correct horse battery";

async function made() {
  const hashing = new PasswordHashing({ hashers: [argon2id({ memory: 8, passes: 1 })] });
  const throttle = new Throttle({ counters: storeCounters(new MemoryStore()) });
  const user = { id: 1, username: "lovelace", password: await hashing.hash("old password") };
  const change = (typed: { oldPassword: unknown; password: unknown; repeated?: unknown }) =>
    changedPassword({ user, ip: "192.0.2.7", ...typed }, { hashing, throttle });
  return { hashing, user, change };
}

test("RST-12: the old password is required, and then the new one is hashed", async () => {
  const { change, hashing } = await made();
  for (const oldPassword of [undefined, "", {}, "wrong"]) {
    await expect(change({ oldPassword, password: GOOD })).rejects.toMatchObject({
      code: "PASSWORD_OLD_WRONG",
      status: 400,
      expose: true,
    });
  }
  const hash = await change({ oldPassword: "old password", password: GOOD, repeated: GOOD });
  expect(await hashing.verify(GOOD, hash)).toBe(true);
});

test("RST-12: the new password follows the rules, looks at its owner, and is the same twice", async () => {
  const { change } = await made();
  const oldPassword = "old password";
  await expect(change({ oldPassword, password: "lovelace1" })).rejects.toMatchObject({
    code: "PASSWORD_INVALID",
    details: { problems: [{ code: "password_too_similar" }] },
  });
  await expect(change({ oldPassword, password: GOOD, repeated: "other" })).rejects.toMatchObject({
    code: "PASSWORD_MISMATCH",
  });
});

test("RST-12, THR-6: who found an open screen can't try out passwords there", async () => {
  const { change, hashing } = await made();
  for (let round = 0; round < 5; round++) {
    await expect(change({ oldPassword: `guess ${round}`, password: GOOD })).rejects.toMatchObject({
      code: "PASSWORD_OLD_WRONG",
    });
  }
  const before = hashing.runs;
  await expect(change({ oldPassword: "old password", password: GOOD })).rejects.toMatchObject({
    code: "AUTH_THROTTLED",
  });
  expect(hashing.runs).toBe(before);
});
