import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RequestSession } from "../../../dist/bridge/request-types.js";
import { sessionIdOf } from "../../../dist/sessions/index.js";
import { type OpenStorage, type SessionWorld, sessionWorld } from "../session-world.ts";

const EVENT = { ip: "192.0.2.1", byTicket: true };
const VIEW = { ip: "192.0.2.1", byTicket: false };
const DAY = 86_400;

/** Sessions that begin without a cookie: on a socket, and many of one address. */
export function unclaimed(open: OpenStorage): void {
  describe("sessions that begin", () => {
    let world: SessionWorld;
    beforeEach(async () => {
      world = await sessionWorld(open, { newPerMinute: 3 });
    });
    afterEach(() => world.close());

    const pass = (seconds: number) => {
      world.clock.now += seconds * 1_000;
    };
    /** Writes a value in a request; answers with the session's key and the cookie lines. */
    const write = async (origin: typeof EVENT, key?: string, value = "1") => {
      const session = world.sessions.open(key, origin);
      await world.sessions.prepare(session);
      session.set("a", value);
      const lines = await world.sessions.save(session);
      return { key: session.key as string, lines };
    };
    const isThere = async (key: string) => (await world.sessions.find(key)) !== undefined;

    test("one of an event ends after half a minute when nobody fetches its cookie, however much it is used meanwhile", async () => {
      const { key, lines } = await write(EVENT);
      expect(lines[0]).toContain("Max-Age=1209600");
      pass(20);
      await write(EVENT, key, "2");
      expect((await world.sessions.find(key))?.keys()).toEqual(["a"]);
      pass(11);
      expect(await isThere(key)).toBe(false);
    });

    test("one of an event stays short when its values are cleared and set again", async () => {
      for (const empty of [
        (session: RequestSession) => session.clear(),
        (session: RequestSession) => session.flush(),
      ]) {
        const { key: first } = await write(EVENT);
        const session = world.sessions.open(first, EVENT);
        await world.sessions.prepare(session);
        empty(session);
        session.set("b", 1);
        await world.sessions.save(session);
        pass(31);
        expect(await isThere(session.key as string)).toBe(false);
      }
    });

    test("one of a signed-in user is never short, whether the user signs in before or after it was stored", async () => {
      const sessions = await world.another({ userKey: "user" });
      const signIn = async (key?: string, cycles = false) => {
        const session = sessions.open(key, EVENT);
        await sessions.prepare(session);
        if (cycles) session.cycleKey();
        session.set("user", "1");
        const lines = await sessions.save(session);
        expect(lines[0]).toContain("Max-Age=1209600");
        return session.key as string;
      };
      const begin = async () => {
        const session = sessions.open(undefined, EVENT);
        session.set("cart", 1);
        await sessions.save(session);
        return session.key as string;
      };
      const keys = [await signIn()];
      for (const cycles of [true, false]) {
        const key = await begin();
        pass(25);
        keys.push(await signIn(key, cycles));
      }
      pass(13 * DAY);
      for (const key of keys) expect((await sessions.find(key))?.get("user")).toBe("1");
    });

    test("once its cookie is fetched it lives as long as the settings say", async () => {
      const { key } = await write(EVENT);
      pass(20);
      await world.sessions.claimed(key);
      pass(13 * DAY);
      expect((await world.sessions.find(key))?.get("a")).toBe("1");
      const session = await world.sessions.find(key);
      expect([session?.keys(), session?.has("_session_unclaimed")]).toEqual([["a"], false]);
      await world.sessions.claimed("0".repeat(32));
    });

    test("one of a view, whose answer carries the cookie, is never short", async () => {
      const { key } = await write(VIEW);
      pass(DAY);
      expect(await isThere(key)).toBe(true);
    });

    test("users who sign in share no count, however many share an address; each of them, and visitors, are limited", async () => {
      const sessions = await world.another({ userKey: "user", newPerMinute: 1 });
      const begin = async (key: string, value: string) => {
        const session = sessions.open(undefined, EVENT);
        session.set(key, value);
        await sessions.save(session);
        return session.key as string;
      };
      for (let user = 0; user < 20; user++) {
        const key = await begin("user", String(user));
        expect((await sessions.find(key))?.get("user")).toBe(String(user));
      }
      await begin("user", "0");
      await expect(begin("user", "0")).rejects.toMatchObject({ code: "SESSION_TOO_MANY", status: 429 });
      await begin("cart", "1");
      await begin("cart", "2");
      await expect(begin("cart", "3")).rejects.toMatchObject({ code: "SESSION_TOO_MANY", status: 429 });
    });

    test("an address begins so many at once and so many in a minute; another address is not concerned", async () => {
      for (let count = 0; count < 6; count++) await write(count % 2 === 0 ? EVENT : VIEW);
      const tooMany = { code: "SESSION_TOO_MANY", status: 429, details: { retryAfter: 20 } };
      await expect(write(EVENT)).rejects.toMatchObject(tooMany);
      await expect(write({ ip: "::ffff:192.0.2.1", byTicket: false })).rejects.toMatchObject(tooMany);
      const { key } = await write({ ip: "192.0.2.2", byTicket: false });
      // Using one that is there begins none.
      for (let count = 0; count < 20; count++) await write({ ip: "192.0.2.2", byTicket: false }, key, String(count));
      pass(20);
      await write(EVENT);
      await expect(write(EVENT)).rejects.toMatchObject(tooMany);
    });

    test("what has expired is deleted while others begin", async () => {
      const { key } = await write(EVENT);
      pass(120);
      await write(EVENT);
      await expect.poll(() => world.stored()).not.toContain(sessionIdOf(key));
    });
  });
}
