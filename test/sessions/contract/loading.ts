import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Session, sessionIdOf } from "../../../dist/sessions/index.js";
import { Browser } from "../browser.ts";
import { type OpenStorage, type SessionWorld, sessionWorld } from "../session-world.ts";

const STRANGER = "abcdefghijklmnopqrstuvwxyz012345";

/** How sessions are found, and what that costs. */
export function loading(open: OpenStorage): void {
  describe("loading", () => {
    let world: SessionWorld;
    let browser: Browser;

    beforeEach(async () => {
      world = await sessionWorld(open);
      browser = new Browser(world.sessions);
    });
    afterEach(() => world.close());

    test("SES-1: an unknown key gives an empty session, no row, and is never adopted", async () => {
      const guest = new Browser(world.sessions, STRANGER);
      await guest.visit((session) => {
        expect(session.get("user")).toBeUndefined();
        expect(session.isEmpty).toBe(true);
        expect(session.key).toBeNull();
      });
      expect(await world.stored()).toEqual([]);
      const fixed = new Browser(world.sessions, STRANGER);
      await fixed.visit((session) => session.set("cart", 1));
      expect(fixed.cookie).toMatch(/^[a-z0-9]{32}$/);
      expect(fixed.cookie).not.toBe(STRANGER);
      expect(await world.stored()).toEqual([sessionIdOf(fixed.cookie as string)]);
    });

    test("SES-2: reading writes nothing and sets no cookie; the first write makes the row", async () => {
      const lines = await browser.visit((session) => {
        session.get("theme");
        session.keys();
        expect(session.accessed).toBe(true);
        expect(session.modified).toBe(false);
      });
      expect(lines).toEqual([]);
      expect(await browser.visit((session) => session.flush())).toEqual([]);
      expect(await world.stored()).toEqual([]);
      expect(await browser.visit((session) => session.set("theme", "dark"))).toHaveLength(2);
      expect(await world.stored()).toHaveLength(1);
      expect(await browser.read("theme")).toBe("dark");
    });

    test("SES-3: a request that never touches the session makes no query", async () => {
      await browser.visit((session) => session.set("theme", "dark"));
      const elsewhere = await world.another();
      world.queries.length = 0;
      const session = elsewhere.open(browser.cookie);
      await elsewhere.prepare(session);
      // What can't be read at once is loaded ahead, since nobody can know what the request will ask for.
      expect(world.queries.length).toBeLessThanOrEqual(world.backend.readsAtOnce ? 0 : 1);
      world.queries.length = 0;
      const next = elsewhere.open(browser.cookie);
      await elsewhere.prepare(next);
      for (const each of [session, next]) {
        expect(each.accessed).toBe(false);
        expect(elsewhere.isClean(each)).toBe(true);
        expect(await elsewhere.save(each)).toEqual([]);
        await each.save();
      }
      expect(world.queries).toEqual([]);
    });

    test("SES-3: a look of the framework's own is no use of the session: it lives no longer for it", async () => {
      await browser.visit((session) => session.set("theme", "dark"));
      for (let day = 0; day < 13; day++) {
        world.clock.now += 86_400_000;
        const session = world.sessions.open(browser.cookie);
        await world.sessions.prepare(session);
        expect(world.sessions.peek(session, "theme")).toBe("dark");
        expect(session.accessed).toBe(false);
        expect(await world.sessions.save(session)).toEqual([]);
      }
      world.clock.now += 86_400_000;
      expect(await browser.read("theme")).toBeUndefined();
    });

    test("SES-3: a session that this process knows costs no query, and one that it does not know costs one", async () => {
      await browser.visit((session) => session.set("theme", "dark"));
      world.queries.length = 0;
      expect(await browser.read("theme")).toBe("dark");
      expect(world.queries).toEqual([]);
      const elsewhere = await world.another();
      expect(await browser.read("theme", elsewhere)).toBe("dark");
      expect(world.queries.length).toBeLessThanOrEqual(1);
      expect(await browser.read("theme", elsewhere)).toBe("dark");
      expect(world.queries.length).toBeLessThanOrEqual(1);
    });

    test("reading what is not loaded says so where the storage cannot answer at once, and works where it can", async () => {
      await browser.visit((session) => session.set("theme", "dark"));
      const elsewhere = await world.another();
      const session = elsewhere.open(browser.cookie);
      if (world.backend.readsAtOnce) {
        expect(elsewhere.prepare(session)).toBeUndefined();
        expect(session.get("theme")).toBe("dark");
      } else {
        expect(() => session.get("theme")).toThrow(expect.objectContaining({ code: "SESSION_NOT_LOADED" }));
        await elsewhere.prepare(session);
        expect(session.get("theme")).toBe("dark");
        const known = elsewhere.open(browser.cookie);
        expect(elsewhere.prepare(known)).toBeUndefined();
        expect(known.get("theme")).toBe("dark");
      }
    });

    test("writing needs nothing that is stored: what was there stays", async () => {
      await browser.visit((session) => session.update({ a: 1, b: 2 }));
      const elsewhere = await world.another();
      const session = elsewhere.open(browser.cookie);
      session.set("b", 3);
      session.setExpiry(null);
      await elsewhere.save(session);
      world.clock.now += 6_000;
      expect(await browser.read("a")).toBe(1);
      expect(await browser.read("b")).toBe(3);
    });

    test("what another process has written is seen: at once, or within 5 seconds", async () => {
      await browser.visit((session) => session.set("theme", "dark"));
      const elsewhere = await world.another();
      await browser.visit((session) => session.set("theme", "light"), { on: elsewhere });
      if (!world.backend.readsAtOnce) world.clock.now += 5_001;
      expect(await browser.read("theme")).toBe("light");
    });

    test("SES-12: an expired session is not there, although its row still is", async () => {
      await browser.visit((session) => session.set("theme", "dark"));
      const elsewhere = await world.another();
      world.clock.now += 1_209_600_000;
      for (const on of [world.sessions, elsewhere]) {
        const session = on.open(browser.cookie);
        await on.prepare(session);
        expect(session.get("theme")).toBeUndefined();
        expect(session.key).toBeNull();
      }
      expect(world.ended).toEqual([sessionIdOf(browser.cookie as string)]);
    });

    test("SES-13: a stored text that is no session counts as empty, and a warning is logged once", async () => {
      for (const text of ["{", "", "[1]", "null", '"text"', "garbage\u0007", '{"a":']) {
        const guest = new Browser(world.sessions);
        await guest.visit((session) => session.set("theme", "dark"));
        await world.plant(sessionIdOf(guest.cookie as string), text);
        if (!world.backend.readsAtOnce) world.clock.now += 5_001;
        world.warnings.length = 0;
        expect(await guest.read("theme")).toBeUndefined();
        expect(await guest.read("theme")).toBeUndefined();
        expect(world.warnings).toHaveLength(1);
        await guest.visit((session) => session.set("theme", "light"));
        expect(await guest.read("theme")).toBe("light");
      }
    });

    test("SES-17: a new key that is taken already is made anew", async () => {
      const keys = ["taken".repeat(4), "taken".repeat(4), "other".repeat(4)];
      const elsewhere = await world.another({ newKey: () => keys.shift() as string });
      const [one, two] = [new Browser(elsewhere), new Browser(elsewhere)];
      await one.visit((session) => session.set("who", "one"));
      await two.visit((session) => session.set("who", "two"));
      expect([one.cookie, two.cookie]).toEqual(["taken".repeat(4), "other".repeat(4)]);
      expect([await one.read("who"), await two.read("who")]).toEqual(["one", "two"]);
    });

    test("SES-19: what is stored is a hash of the key, never the key", async () => {
      await browser.visit((session) => session.set("theme", "dark"));
      const [id] = await world.stored();
      expect(id).toMatch(/^[\w-]{43}$/);
      expect(id).not.toContain(browser.cookie);
      expect(await new Browser(world.sessions, id).read("theme")).toBeUndefined();
    });

    test("what is clean needs no saving: neither a row nor a cookie would change", async () => {
      const clean = async (cookie: string | undefined, work: (session: Session) => unknown, on = world.sessions) => {
        const session = on.open(cookie);
        await on.prepare(session);
        await work(session);
        return on.isClean(session);
      };
      const nothing = () => {};
      const read = (session: Session) => session.get("theme");
      await browser.visit((session) => session.set("theme", ["dark"]));
      const { cookie } = browser;
      expect(await clean(undefined, nothing)).toBe(true);
      expect(await clean(undefined, read)).toBe(true);
      expect(await clean(cookie, nothing)).toBe(true);
      expect(await clean(cookie, read)).toBe(true);
      expect(await clean(STRANGER, nothing)).toBe(true);
      expect(await clean(STRANGER, read)).toBe(false);
      expect(await clean(undefined, (session) => session.set("a", 1))).toBe(false);
      expect(await clean(cookie, (session) => session.cycleKey())).toBe(false);
      expect(await clean(cookie, (session) => session.flush())).toBe(false);
      expect(await clean(cookie, (session) => session.get<string[]>("theme")?.push("x"))).toBe(false);
      const saved = async (session: Session) => {
        session.set("a", 1);
        await session.save();
      };
      expect(await clean(undefined, saved)).toBe(false);
      const guest = new Browser(world.sessions);
      await guest.visit((session) => session.set("a", 1));
      const rotated = (session: Session) => {
        session.cycleKey();
        return session.save();
      };
      expect(await clean(guest.cookie, rotated)).toBe(false);
      expect(await clean(cookie, nothing, await world.another({ saveEveryRequest: true }))).toBe(false);
      world.clock.now += 86_400_000;
      expect(await clean(cookie, nothing)).toBe(true);
      expect(await clean(cookie, read)).toBe(false);
    });

    test("RT-7: code outside of requests opens a session by its key, changes and saves it", async () => {
      await browser.visit((session) => session.set("theme", "dark"));
      const job = await world.another();
      const session = job.open(browser.cookie);
      await job.prepare(session);
      session.set("report", { ready: true });
      await session.save();
      expect(await job.save(session)).toEqual([]);
      world.clock.now += 6_000;
      expect(await browser.read("report")).toEqual({ ready: true });
      expect(await browser.read("theme")).toBe("dark");
    });
  });
}
