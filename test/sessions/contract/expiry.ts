import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sessionIdOf } from "../../../dist/sessions/index.js";
import { Browser } from "../browser.ts";
import { type OpenStorage, type SessionWorld, sessionWorld } from "../session-world.ts";

const FOURTEEN_DAYS = 1_209_600;
const DAY = 86_400;

/** How long sessions live. */
export function expiry(open: OpenStorage): void {
  describe("expiry", () => {
    let world: SessionWorld;
    let browser: Browser;

    beforeEach(async () => {
      world = await sessionWorld(open);
      browser = new Browser(world.sessions);
    });
    afterEach(() => world.close());

    const pass = (seconds: number) => {
      world.clock.now += seconds * 1_000;
    };

    test("SES-11: 14 days by default; age and date agree, before and after it is saved", async () => {
      const check = (session: { expiryAge: number; expiryDate: Date; expiresAtBrowserClose: boolean }, age: number) => {
        expect(session.expiryAge).toBe(age);
        expect(session.expiryDate.getTime()).toBe(world.clock.now + age * 1_000);
        expect(session.expiresAtBrowserClose).toBe(false);
      };
      const lines = await browser.visit((session) => {
        session.set("a", 1);
        check(session, FOURTEEN_DAYS);
      });
      expect(lines[0]).toContain("Max-Age=1209600");
      pass(100);
      await browser.visit((session) => check(session, FOURTEEN_DAYS - 100));
    });

    test("SES-11: setExpiry takes seconds, a Date, 0 and null, and the cookie and the row follow", async () => {
      let lines = await browser.visit((session) => {
        session.set("a", 1);
        session.setExpiry(600);
        expect(session.expiryAge).toBe(600);
      });
      expect(lines[0]).toContain("Max-Age=600");
      pass(10);
      const end = new Date(world.clock.now + 3_000_000);
      lines = await browser.visit((session) => {
        expect(session.expiryAge).toBe(590);
        session.setExpiry(end);
        expect(session.expiryDate).toEqual(end);
      });
      expect(lines[0]).toContain("Max-Age=3000;");
      lines = await browser.visit((session) => {
        session.setExpiry(0);
        expect(session.expiresAtBrowserClose).toBe(true);
        expect(session.expiryAge).toBe(FOURTEEN_DAYS);
      });
      expect(lines).toHaveLength(2);
      for (const line of lines) expect(line).not.toContain("Max-Age");
      await browser.visit((session) => expect(session.expiresAtBrowserClose).toBe(true));
      lines = await browser.visit((session) => {
        session.setExpiry(null);
        expect(session.expiresAtBrowserClose).toBe(false);
      });
      expect(lines[0]).toContain("Max-Age=1209600");
      await browser.visit((session) => expect(session.keys()).toEqual(["a"]));
    });

    test("SES-11: a session ends when its own expiry says so", async () => {
      await browser.visit((session) => {
        session.set("a", 1);
        session.setExpiry(60);
      });
      pass(59);
      expect(await browser.read("a")).toBe(1);
      pass(61);
      expect(await browser.read("a")).toBeUndefined();
    });

    test("SES-11: an expiry in the past ends the session", async () => {
      await browser.visit((session) => session.set("a", 1));
      const id = sessionIdOf(browser.cookie as string);
      await browser.visit((session) => session.setExpiry(-1));
      expect(browser.cookie).toBeUndefined();
      expect(await world.stored()).toEqual([]);
      expect(world.ended).toEqual([id]);
      const lines = await browser.visit((session) => {
        session.set("a", 1);
        session.setExpiry(new Date(world.clock.now - 1));
      });
      expect(lines).toEqual([]);
      expect(await world.stored()).toEqual([]);
    });

    test("SES-11: setExpiry refuses what is no time, and its own key is not for the app", async () => {
      await browser.visit((session) => {
        for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, new Date("nonsense"), "60", undefined]) {
          expect(() => session.setExpiry(bad as number)).toThrow(
            expect.objectContaining({ code: "SESSION_EXPIRY_INVALID" }),
          );
        }
        session.setExpiry(60);
        expect(session.has("_session_expiry")).toBe(false);
        expect(session.get("_session_expiry")).toBeUndefined();
        expect(session.delete("_session_expiry")).toBe(false);
        expect(() => session.set("_session_expiry", 1)).toThrow(
          expect.objectContaining({ code: "SESSION_KEY_INVALID" }),
        );
        expect(session.isEmpty).toBe(true);
      });
      expect(await world.stored()).toEqual([]);
    });

    test("SES-11: until the browser closes there is no need to send the cookie again, only the row lives on", async () => {
      await browser.visit((session) => {
        session.set("a", 1);
        session.setExpiry(0);
      });
      pass(10 * DAY);
      expect(await browser.visit((session) => session.get("a"))).toEqual([]);
      pass(10 * DAY);
      expect(await browser.read("a")).toBe(1);
    });

    test("SES-11: seconds count from the moment at which they were last asked for", async () => {
      await browser.visit((session) => {
        session.set("a", 1);
        session.setExpiry(1_000);
      });
      pass(20);
      const lines = await browser.visit((session) => session.setExpiry(1_000));
      expect(lines[0]).toContain("Max-Age=1000;");
      await browser.visit((session) => expect(session.expiryAge).toBe(1_000));
    });

    test("a session that is used lives on, written at most once per 5 % of its life", async () => {
      await browser.visit((session) => session.set("a", 1));
      pass(FOURTEEN_DAYS * 0.05);
      world.queries.length = 0;
      expect(await browser.visit((session) => session.get("a"))).toEqual([]);
      expect(world.queries.filter((sql) => sql.startsWith("update"))).toEqual([]);
      pass(1);
      const identity = browser.identity;
      const lines = await browser.visit((session) => session.get("a"));
      expect(lines[0]).toContain("Max-Age=1209600");
      expect(lines).toHaveLength(2);
      expect(browser.identity).toBe(identity);
      expect(await browser.visit((session) => session.get("a"))).toEqual([]);
      for (let days = 0; days < 60; days++) {
        pass(DAY);
        expect(await browser.read("a")).toBe(1);
      }
    });

    test("a change within the 5 % leaves expiry and cookie as they are", async () => {
      await browser.visit((session) => session.set("a", 1));
      pass(DAY / 2);
      expect(await browser.visit((session) => session.set("a", 2))).toEqual([]);
      pass(DAY);
      expect(await browser.visit((session) => session.set("a", 3))).toHaveLength(2);
    });

    test("RT-5: what does not use the session does not extend it", async () => {
      await browser.visit((session) => session.set("a", 1));
      for (let days = 0; days < 13; days++) {
        pass(DAY);
        expect(await browser.visit()).toEqual([]);
      }
      pass(DAY);
      expect(await browser.read("a")).toBeUndefined();
    });

    test("a fixed end is never moved by using the session", async () => {
      const end = new Date(world.clock.now + 1_000_000);
      await browser.visit((session) => {
        session.set("a", 1);
        session.setExpiry(end);
      });
      pass(900);
      expect(await browser.visit((session) => session.set("a", 2))).toEqual([]);
      await browser.visit((session) => expect(session.expiryDate).toEqual(end));
      pass(100);
      expect(await browser.read("a")).toBeUndefined();
    });

    test("SES-9: with save-every-request each request sets the cookie, also one that does not touch the session", async () => {
      const eager = await world.another({ saveEveryRequest: true });
      const guest = new Browser(eager);
      expect(await guest.visit()).toEqual([]);
      await guest.visit((session) => session.set("a", 1));
      pass(10);
      const lines = await guest.visit();
      expect(lines[0]).toContain("Max-Age=1209600");
      await guest.visit((session) => expect(session.expiryAge).toBe(FOURTEEN_DAYS));
      expect(await guest.visit((session) => session.get("a"))).toHaveLength(2);
    });

    test("SES-16: clearExpired deletes the expired rows, and those alone", async () => {
      const others = [new Browser(world.sessions), new Browser(world.sessions), new Browser(world.sessions)];
      for (const [index, other] of others.entries()) {
        await other.visit((session) => {
          session.set("index", index);
          session.setExpiry(index === 0 ? 10_000 : 60);
        });
      }
      pass(60);
      expect(await world.sessions.clearExpired()).toBe(2);
      expect(world.ended.sort()).toEqual(
        others
          .slice(1)
          .map(({ cookie }) => sessionIdOf(cookie as string))
          .sort(),
      );
      expect(await world.sessions.clearExpired()).toBe(0);
      expect(await world.stored()).toEqual([sessionIdOf(others[0]?.cookie as string)]);
      expect(await others[0]?.read("index")).toBe(0);
    });
  });
}
