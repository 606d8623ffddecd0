import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Session, SessionManager } from "../../../dist/sessions/index.js";
import { Browser } from "../browser.ts";
import { type OpenStorage, type SessionWorld, sessionWorld } from "../session-world.ts";

/** Several requests of one browser at once. */
export function parallel(open: OpenStorage): void {
  describe("at once", () => {
    let world: SessionWorld;
    let browser: Browser;

    beforeEach(async () => {
      world = await sessionWorld(open);
      browser = new Browser(world.sessions);
      await browser.visit((session) => session.update({ a: 1, b: 1 }));
    });
    afterEach(() => world.close());

    const begin = async (on: SessionManager): Promise<Session> => {
      const session = on.open(browser.cookie);
      await on.prepare(session);
      session.get("a");
      return session;
    };

    test("SES-20: writers of different keys both survive, in one process and in two", async () => {
      for (const other of [world.sessions, await world.another()]) {
        const [one, two] = [await begin(world.sessions), await begin(other)];
        one.set("one", true);
        two.set("two", true);
        two.delete("b");
        await world.sessions.save(one);
        await other.save(two);
        world.clock.now += 6_000;
        await browser.visit((session) => {
          expect(session.get("one")).toBe(true);
          expect(session.get("two")).toBe(true);
          expect(session.has("b")).toBe(false);
          session.clear();
          session.set("b", 1);
        });
      }
    });

    test("SES-20: what was only read is not written back over another's change", async () => {
      await browser.visit((session) => session.set("list", [1]));
      const [one, two] = [await begin(world.sessions), await begin(await world.another())];
      one.get("list");
      one.set("mine", 1);
      two.set("list", [1, 2]);
      await two.save();
      await world.sessions.save(one);
      expect(one.get("list")).toEqual([1, 2]);
      world.clock.now += 6_000;
      expect(await browser.read("list")).toEqual([1, 2]);
    });

    test("SES-20: of one key the last writer counts, and a delete is a write", async () => {
      const [one, two] = [await begin(world.sessions), await begin(await world.another())];
      one.set("a", "one");
      two.delete("a");
      await world.sessions.save(one);
      await two.save();
      world.clock.now += 6_000;
      expect(await browser.read("a")).toBeUndefined();
    });

    test("SES-20: twenty requests in one process and three others lose nothing", async () => {
      const managers = [world.sessions, await world.another(), await world.another(), await world.another()];
      const requests = await Promise.all(
        Array.from({ length: 26 }, async (_, index) => {
          const on = managers[index < 20 ? 0 : (index % 3) + 1] as SessionManager;
          const session = await begin(on);
          session.set(`key${index}`, index);
          return { on, session };
        }),
      );
      await Promise.all(requests.map(({ on, session }) => on.save(session)));
      world.clock.now += 6_000;
      await browser.visit((session) => {
        expect(session.keys()).toHaveLength(28);
        for (let index = 0; index < 26; index++) expect(session.get(`key${index}`)).toBe(index);
      });
    });

    test("SES-20: a rotation takes along what another has written meanwhile", async () => {
      const [one, two] = [await begin(world.sessions), await begin(await world.another())];
      one.cycleKey();
      two.set("late", true);
      await two.save();
      browser.take(await world.sessions.save(one));
      expect(await browser.read("late")).toBe(true);
      expect(await world.stored()).toHaveLength(1);
    });

    test("a session that seems to become empty keeps what another has put into it", async () => {
      const [one, two] = [await begin(world.sessions), await begin(await world.another())];
      one.delete("a");
      one.delete("b");
      two.set("c", 3);
      await two.save();
      await world.sessions.save(one);
      world.clock.now += 6_000;
      await browser.visit((session) => expect(session.entries()).toEqual([["c", 3]]));
    });

    test("of parallel rotations of one key a single one counts", async () => {
      const sessions = await Promise.all(Array.from({ length: 8 }, () => begin(world.sessions)));
      for (const session of sessions) session.cycleKey();
      const outcomes = await Promise.allSettled(sessions.map((session) => world.sessions.save(session)));
      expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      expect(await world.stored()).toHaveLength(1);
      expect(world.ended).toHaveLength(1);
    });

    test("saves of one request take turns, and what is done meanwhile is not lost", async () => {
      const guest = new Browser(world.sessions);
      await guest.visit(async (session) => {
        session.set("a", 1);
        const first = session.save();
        session.set("a", 2);
        session.set("b", 1);
        const second = session.save();
        session.set("b", 2);
        await Promise.all([first, second]);
        expect(session.get("a")).toBe(2);
        expect(session.get("b")).toBe(2);
      });
      expect(await guest.read("a")).toBe(2);
      expect(await guest.read("b")).toBe(2);
      expect(await world.stored()).toHaveLength(2);
    });
  });
}
