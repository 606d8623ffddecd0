import { inspect } from "node:util";
import { expect, test } from "vitest";
import { MemoryStore } from "../stores/index.ts";
import { sessionCookie } from "./session-cookie.ts";
import { SessionManager, type SessionManagerOptions } from "./session-manager.ts";
import { StoreSessions } from "./store-sessions.ts";

function manager(options: Partial<SessionManagerOptions> = {}): SessionManager {
  return new SessionManager({ backend: new StoreSessions(new MemoryStore()), cookie: sessionCookie(), ...options });
}

async function stored(sessions: SessionManager, values: { readonly [key: string]: unknown }): Promise<string> {
  const session = sessions.open(undefined);
  session.update(values);
  await sessions.save(session);
  return session.key as string;
}

test("SES-10: the key is for reading only", async () => {
  const sessions = manager();
  const session = sessions.open(await stored(sessions, { a: 1 }));
  expect(() => {
    (session as { key: unknown }).key = "chosen";
  }).toThrow(TypeError);
  expect(session.get("a")).toBe(1);
});

test.each(["", "short", "UPPERCASE", "../../etc/passwd", '{"$gt":0}', "a".repeat(5_000), "abcdefgh\0"])(
  "SES-10: the cookie %j counts as no key",
  async (cookie) => {
    const sessions = manager();
    const session = sessions.open(cookie);
    expect(session.key).toBeNull();
    expect(session.isEmpty).toBe(true);
    expect(sessions.idOf(cookie)).toBeUndefined();
  },
);

test("SES-9, SEC-26: whoever asks anything of a session has accessed it; making it has not", () => {
  const sessions = manager();
  const uses: ((session: ReturnType<SessionManager["open"]>) => unknown)[] = [
    (session) => session.get("a"),
    (session) => session.has("a"),
    (session) => session.keys(),
    (session) => session.entries(),
    (session) => session.pop("a"),
    (session) => session.delete("a"),
    (session) => session.key,
    (session) => session.isEmpty,
    (session) => session.expiryAge,
    (session) => session.expiryDate,
    (session) => session.set("a", 1),
    (session) => session.update({ a: 1 }),
    (session) => session.setDefault("a", 1),
    (session) => session.clear(),
    (session) => session.flush(),
    (session) => session.cycleKey(),
    (session) => session.setExpiry(1),
  ];
  for (const use of uses) {
    const session = sessions.open(undefined);
    expect([session.accessed, session.modified, session.accessed]).toEqual([false, false, false]);
    use(session);
    expect(session.accessed).toBe(true);
  }
});

test("a session shows neither its key nor its values to whoever logs it", async () => {
  const sessions = manager();
  const key = await stored(sessions, { card: "4111" });
  const session = sessions.open(key);
  session.entries();
  for (const text of [inspect(session, { depth: 9, showHidden: true }), JSON.stringify({ session }), String(session)]) {
    expect(text).not.toContain(key);
    expect(text).not.toContain("4111");
  }
});

test("a key that is no text, or that the framework uses itself, is refused", () => {
  const session = manager().open(undefined);
  for (const bad of [1, undefined, null, {}, ["a"], "_session_unclaimed", "_auth_user_id", "_auth"]) {
    expect(() => session.set(bad as string, 1)).toThrow(expect.objectContaining({ code: "SESSION_KEY_INVALID" }));
    expect(() => session.setDefault(bad as string, 1)).toThrow(
      expect.objectContaining({ code: "SESSION_KEY_INVALID" }),
    );
  }
  expect(session.modified).toBe(false);
});

test("SES-16: a storage that cannot delete what has expired says so", async () => {
  const backend = new StoreSessions(new MemoryStore());
  Object.defineProperty(backend, "clearExpired", { value: undefined });
  await expect(manager({ backend }).clearExpired()).rejects.toMatchObject({ code: "SESSION_CLEAR_UNSUPPORTED" });
});

test("SES-17: keys that are taken for ever do not loop for ever", async () => {
  const sessions = manager({ newKey: () => "always-the-same".replaceAll("-", "") });
  await stored(sessions, { a: 1 });
  const session = sessions.open(undefined);
  session.set("a", 2);
  await expect(sessions.save(session)).rejects.toMatchObject({ code: "SESSION_BUSY" });
});

test("a listener that throws keeps nobody else from hearing, and the session is ended all the same", async () => {
  const warnings: string[] = [];
  const sessions = manager({ logger: { warn: (_, message) => warnings.push(message) } });
  const ended: string[] = [];
  sessions.onEnded(() => {
    throw new Error("mine");
  });
  const stop = sessions.onEnded((id) => ended.push(id));
  const end = async () => {
    const session = sessions.open(await stored(sessions, { a: 1 }));
    session.flush();
    await sessions.save(session);
  };
  await end();
  expect(ended).toHaveLength(1);
  expect(warnings).toHaveLength(1);
  stop();
  await end();
  expect(ended).toHaveLength(1);
});

test("a save that failed can be tried again", async () => {
  const backend = new StoreSessions(new MemoryStore());
  const sessions = manager({ backend });
  const key = await stored(sessions, { a: 1 });
  const session = sessions.open(key);
  session.set("a", 2);
  const { update } = backend;
  backend.update = async () => {
    throw new Error("down");
  };
  await expect(sessions.save(session)).rejects.toThrow("down");
  backend.update = update;
  expect(session.modified).toBe(true);
  await sessions.save(session);
  expect(sessions.open(key).get("a")).toBe(2);
});

test("a session that expired while a request ran stays ended", async () => {
  let now = 1_000_000;
  const backend = new StoreSessions(new MemoryStore({ now: () => now }), { now: () => now });
  const sessions = manager({ backend, now: () => now });
  const session = sessions.open(undefined);
  session.set("a", 1);
  session.setExpiry(10);
  await sessions.save(session);
  session.set("a", 2);
  now += 10_000;
  await expect(sessions.save(session)).rejects.toMatchObject({ code: "SESSION_INTERRUPTED" });
});
