import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sessionIdOf } from "../../../dist/sessions/index.js";
import { Browser } from "../browser.ts";
import { type OpenStorage, type SessionWorld, sessionWorld } from "../session-world.ts";

/** How sessions end, and how they get another key. */
export function endings(open: OpenStorage): void {
  describe("endings", () => {
    let world: SessionWorld;
    let browser: Browser;

    beforeEach(async () => {
      world = await sessionWorld(open);
      browser = new Browser(world.sessions);
      await browser.visit((session) => session.update({ a: 1, b: [2] }));
    });
    afterEach(() => world.close());

    const idOf = (key: string | undefined) => sessionIdOf(key as string);

    test("SES-4: a session that another request has ended is not saved, and stays ended", async () => {
      const slow = world.sessions.open(browser.cookie);
      await world.sessions.prepare(slow);
      slow.get("a");
      await browser.visit((session) => session.flush());
      slow.set("a", 2);
      await expect(world.sessions.save(slow)).rejects.toMatchObject({ code: "SESSION_INTERRUPTED", status: 400 });
      await expect(slow.save()).rejects.toMatchObject({ code: "SESSION_INTERRUPTED" });
      await expect(world.sessions.save(slow)).rejects.toMatchObject({ code: "SESSION_INTERRUPTED" });
      expect(await world.stored()).toEqual([]);
    });

    test("SES-4, RT-7: nor when another process has ended it", async () => {
      const old = browser.cookie;
      const job = await world.another();
      const slow = job.open(old);
      await job.prepare(slow);
      slow.get("a");
      const told: string[] = [];
      job.onEnded((id) => told.push(id));
      await browser.visit((session) => session.flush());
      slow.set("a", 2);
      await expect(job.save(slow)).rejects.toMatchObject({ code: "SESSION_INTERRUPTED" });
      expect(await world.stored()).toEqual([]);
      expect(told).toEqual([idOf(old)]);
    });

    test("SES-4: one that only read an ended session has nothing to save", async () => {
      const slow = world.sessions.open(browser.cookie);
      await world.sessions.prepare(slow);
      slow.get("a");
      await browser.visit((session) => session.flush());
      expect(await world.sessions.save(slow)).toEqual([]);
      expect(await world.stored()).toEqual([]);
    });

    test("SES-18: a row that is no longer there is not written", async () => {
      const stored = { data: "{}", version: 2, expiresAt: world.clock.now + 60_000 };
      expect(await world.backend.update("nobody", stored, 1)).toBe("gone");
      expect(await world.backend.replace("nobody", "somebody", stored, 1)).toBe("gone");
      expect(await world.backend.delete("nobody")).toBe(false);
      const id = idOf(browser.cookie);
      expect(await world.backend.update(id, stored, 7)).toBe("stale");
      expect(await world.backend.replace(id, "somebody", stored, 7)).toBe("stale");
      expect(await world.backend.delete(id, 7)).toBe(false);
      expect(await world.stored()).toEqual([id]);
    });

    test("SES-18: writing the same again finds the row, also where a database counts changed rows only", async () => {
      const id = idOf(browser.cookie);
      const found = await world.backend.load(id);
      expect(found?.version).toBe(1);
      expect(await world.backend.update(id, found as never, 1)).toBe("saved");
      expect((await world.backend.load(id))?.version).toBe(2);
    });

    test("SES-6: a request that only sets a value and is overtaken by a logout begins no session with it", async () => {
      await browser.visit((session) => session.set("user", "ada"));
      const slow = world.sessions.open(browser.cookie);
      await world.sessions.prepare(slow);
      const early = world.sessions.open(browser.cookie);
      await world.sessions.prepare(early);
      early.set("draft", "ada's");
      await browser.visit((session) => session.flush());
      slow.set("draft", "ada's");
      for (const session of [slow, early]) {
        await expect(world.sessions.save(session)).rejects.toMatchObject({ code: "SESSION_INTERRUPTED" });
      }
      expect(await world.stored()).toEqual([]);
      // One that begins after the logout has seen no session, and may begin one.
      const later = world.sessions.open(browser.cookie);
      await world.sessions.prepare(later);
      later.set("theme", "dark");
      await world.sessions.save(later);
      expect(await world.stored()).toHaveLength(1);
    });

    test("SES-5: cycleKey gives another key with the same values, and the old row is gone", async () => {
      const old = browser.cookie;
      const identity = browser.identity;
      await browser.visit((session) => {
        session.get<number[]>("b")?.push(3);
        session.cycleKey();
        expect(session.key).toBe(old);
        expect(session.modified).toBe(true);
      });
      expect(browser.cookie).not.toBe(old);
      expect(browser.identity).not.toBe(identity);
      expect(await world.stored()).toEqual([idOf(browser.cookie)]);
      expect(await browser.read("a")).toBe(1);
      expect(await browser.read("b")).toEqual([2, 3]);
      expect(await new Browser(world.sessions, old).read("a")).toBeUndefined();
      expect(world.ended).toEqual([idOf(old)]);
    });

    test("SES-5: it works when nothing was loaded, and when there is no session", async () => {
      const elsewhere = await world.another();
      const session = elsewhere.open(browser.cookie);
      session.cycleKey();
      browser.take(await elsewhere.save(session));
      expect(await browser.read("a", elsewhere)).toBe(1);
      expect(await world.stored()).toHaveLength(1);
      const guest = new Browser(world.sessions);
      expect(await guest.visit((session) => session.cycleKey())).toEqual([]);
      await guest.visit((session) => {
        session.cycleKey();
        session.set("a", 1);
      });
      expect(await guest.read("a")).toBe(1);
    });

    test("SES-5: old and new change in one transaction: when the new row cannot come, the old one stays", async () => {
      const other = new Browser(world.sessions);
      await other.visit((session) => session.set("a", 2));
      const stored = await world.backend.load(idOf(browser.cookie));
      expect(await world.backend.replace(idOf(browser.cookie), idOf(other.cookie), stored as never, 1)).toBe("taken");
      expect((await world.stored()).sort()).toEqual([idOf(browser.cookie), idOf(other.cookie)].sort());
      expect(await browser.read("a")).toBe(1);
      expect(await other.read("a")).toBe(2);
    });

    test("SES-5: a cycled session lives its whole life again", async () => {
      world.clock.now += 1_000;
      const lines = await browser.visit((session) => session.cycleKey());
      expect(lines[0]).toContain("Max-Age=1209600");
    });

    test("SES-6: flush leaves no values, no row and no key", async () => {
      const old = browser.cookie;
      const identity = browser.identity;
      await browser.visit((session) => {
        session.flush();
        expect(session.key).toBeNull();
        expect(session.isEmpty).toBe(true);
        expect(session.get("a")).toBeUndefined();
      });
      expect(browser.cookie).toBeUndefined();
      expect(browser.identity).not.toBe(identity);
      expect(await world.stored()).toEqual([]);
      expect(world.ended).toEqual([idOf(old)]);
    });

    test("SES-6: what is set after a flush begins a session of its own: nothing of the old one is in it", async () => {
      const old = browser.cookie;
      await browser.visit((session) => {
        session.flush();
        session.set("c", 3);
      });
      expect(browser.cookie).not.toBe(old);
      await browser.visit((session) => expect(session.entries()).toEqual([["c", 3]]));
      expect(await world.stored()).toEqual([idOf(browser.cookie)]);
      expect(world.ended).toEqual([idOf(old)]);
    });

    test("SES-6: a flush does not mind that others have written, or ended the session already", async () => {
      const elsewhere = await world.another();
      const [one, two] = [world.sessions.open(browser.cookie), world.sessions.open(browser.cookie)];
      for (const session of [one, two]) {
        await world.sessions.prepare(session);
        session.get("a");
        session.flush();
        session.set("who", session === one ? "one" : "two");
      }
      await browser.visit((session) => session.set("a", 2), { on: elsewhere });
      await world.sessions.save(one);
      await world.sessions.save(two);
      expect(await world.stored()).toHaveLength(2);
      expect(one.key).not.toBe(two.key);
    });

    test("SES-6: clear takes the values out and keeps the key", async () => {
      const old = browser.cookie;
      await browser.visit((session) => {
        session.clear();
        expect(session.keys()).toEqual([]);
        expect(session.key).toBe(old);
        session.set("c", 3);
      });
      expect(browser.cookie).toBe(old);
      await browser.visit((session) => expect(session.entries()).toEqual([["c", 3]]));
    });

    test("SES-7: nothing is saved and no cookie is set when the request failed", async () => {
      const lines = await browser.visit((session) => session.set("a", 2), { status: 500 });
      expect(lines).toEqual([]);
      expect(await browser.visit((session) => session.flush(), { status: 503 })).toEqual([]);
      expect(await browser.read("a")).toBe(1);
      const guest = new Browser(world.sessions);
      expect(await guest.visit((session) => session.set("a", 2), { status: 500 })).toEqual([]);
      expect(await world.stored()).toHaveLength(1);
    });

    test("SES-8: a session that became empty takes its row and its cookie with it", async () => {
      const lines = await browser.visit((session) => {
        session.delete("a");
        session.delete("b");
      });
      expect(lines[0]).toMatch(/^sessionid=; Path=\/; Max-Age=0; .*HttpOnly; SameSite=Lax$/);
      expect(lines[1]).toMatch(/^antiphon_identity=.{10}; Path=\/; Max-Age=1209600; SameSite=Lax$/);
      expect(await world.stored()).toEqual([]);
      await browser.visit((session) => expect(session.key).toBeNull());
    });

    test("SES-8: a cookie that is no key, or opens nothing for a minute, is taken away once the session is used", async () => {
      const broken = new Browser(world.sessions, "short");
      expect(await broken.visit((session) => session.get("a"))).toHaveLength(2);
      expect(broken.cookie).toBeUndefined();
      const guest = new Browser(world.sessions, "abcdefghijklmnopqrstuvwxyz012345");
      expect(await guest.visit()).toEqual([]);
      expect(await guest.visit((session) => session.get("a"))).toEqual([]);
      world.clock.now += 60_000;
      expect(await guest.visit((session) => session.get("a"))).toHaveLength(2);
      expect(guest.cookie).toBeUndefined();
      expect(await guest.visit((session) => session.get("a"))).toEqual([]);
    });

    test("SES-5, SES-8: a late request with a key that was just cycled does not take the new cookie away, in any process", async () => {
      const elsewhere = await world.another();
      const late = [world.sessions, elsewhere, elsewhere].map((on) => ({ on, session: on.open(browser.cookie) }));
      // One of them has known the session before.
      expect(await browser.read("a", elsewhere)).toBe(1);
      await browser.visit((session) => session.cycleKey());
      world.clock.now += 5_001;
      for (const { on, session } of late) {
        await on.prepare(session);
        expect(session.get("a")).toBeUndefined();
        expect(browser.take(await on.save(session))).toEqual([]);
      }
      expect(await browser.read("a", elsewhere)).toBe(1);
    });

    test("SES-8: a key whose session this process has ended loses its cookie at once", async () => {
      const other = new Browser(world.sessions, browser.cookie);
      await browser.visit((session) => session.flush());
      expect(await other.visit((session) => session.get("a"))).toHaveLength(2);
      expect(other.cookie).toBeUndefined();
    });

    test("SEC-14: after a logout or a rotation the old key opens nothing, in any process", async () => {
      const elsewhere = await world.another();
      const [first] = [browser.cookie];
      await browser.visit((session) => session.cycleKey());
      const second = browser.cookie;
      await browser.visit((session) => session.flush());
      for (const key of [first, second]) {
        for (const on of [world.sessions, elsewhere]) {
          expect(await new Browser(world.sessions, key).read("a", on)).toBeUndefined();
        }
      }
    });

    test("an explicit save loses no cookie: the lines come with the end of the request, even of one that fails", async () => {
      const guest = new Browser(world.sessions);
      const lines = await guest.visit(
        async (session) => {
          expect(session.key).toBeNull();
          session.set("a", 1);
          await session.save();
          expect(session.key).toMatch(/^[a-z0-9]{32}$/);
        },
        { status: 500 },
      );
      expect(lines).toHaveLength(2);
      expect(await guest.read("a")).toBe(1);
    });

    test("a session that was made and ended in one request leaves nothing", async () => {
      const guest = new Browser(world.sessions);
      const lines = await guest.visit(async (session) => {
        session.set("a", 1);
        await session.save();
        session.flush();
      });
      expect(lines).toEqual([]);
      expect(await world.stored()).toHaveLength(1);
    });

    test("cookies are given once, and follow what the browser has been given", async () => {
      const guest = new Browser(world.sessions);
      const session = world.sessions.open(undefined);
      session.set("a", 1);
      expect(guest.take(await world.sessions.save(session))).toHaveLength(2);
      expect(await world.sessions.save(session)).toEqual([]);
      session.flush();
      expect(guest.take(await world.sessions.save(session))[0]).toContain("Max-Age=0");
      expect(guest.cookie).toBeUndefined();
      expect(await world.sessions.save(session)).toEqual([]);
    });

    test("a key whose session ended here costs no query", async () => {
      const old = browser.cookie;
      await browser.visit((session) => session.flush());
      world.queries.length = 0;
      expect(await new Browser(world.sessions, old).read("a")).toBeUndefined();
      expect(world.queries).toEqual([]);
    });

    test("each ended session is told once", async () => {
      const id = idOf(browser.cookie);
      const slow = world.sessions.open(browser.cookie);
      await world.sessions.prepare(slow);
      slow.get("a");
      slow.flush();
      await browser.visit((session) => session.flush());
      await world.sessions.save(slow);
      expect(world.ended).toEqual([id]);
    });
  });
}
