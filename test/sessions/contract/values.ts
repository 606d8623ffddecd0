import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RequestSession } from "../../../dist/bridge/request-types.js";
import { isUntrusted } from "../../../dist/untrusted.js";
import { Browser } from "../browser.ts";
import { type OpenStorage, type SessionWorld, sessionWorld } from "../session-world.ts";

/** What a session holds. */
export function values(open: OpenStorage): void {
  describe("values", () => {
    let world: SessionWorld;
    let browser: Browser;

    beforeEach(async () => {
      world = await sessionWorld(open);
      browser = new Browser(world.sessions);
    });
    afterEach(() => world.close());

    test("SEC-12: an object that is read out of a session is from outside, in the request that set it and in the next", async () => {
      const kept = { where: { startsWith: "a" }, list: [{ in: [1] }] };
      const parts = (session: RequestSession) => {
        const read = session.get("kept") as typeof kept;
        return [read, read.where, read.list, read.list[0] as object].map(isUntrusted);
      };
      await browser.visit((session) => {
        session.set("kept", structuredClone(kept));
        expect(parts(session)).toEqual([true, true, true, true]);
      });
      await browser.visit((session) => {
        expect(session.get("kept")).toEqual(kept);
        expect(parts(session)).toEqual([true, true, true, true]);
        expect(session.entries().map(([, value]) => isUntrusted(value as object))).toEqual([true]);
        expect(isUntrusted(session.pop("kept") as object)).toBe(true);
      });
    });

    test("SES-15: the whole dict API, over several requests", async () => {
      await browser.visit((session) => {
        session.update({ a: 1, b: "two", c: null, d: [1, { deep: true }] });
        expect(session.get("a")).toBe(1);
        expect(session.setDefault("a", 9)).toBe(1);
        expect(session.setDefault("e", 5)).toBe(5);
      });
      await browser.visit((session) => {
        expect(session.keys()).toEqual(["a", "b", "c", "d", "e"]);
        expect(session.entries()[3]).toEqual(["d", [1, { deep: true }]]);
        expect(session.get("c", "fallback")).toBeNull();
        expect(session.get("nothing", "fallback")).toBe("fallback");
        expect(session.has("c")).toBe(true);
        expect(session.has("nothing")).toBe(false);
        expect(session.modified).toBe(false);
        expect(session.pop("b")).toBe("two");
        expect(session.pop("b", "gone")).toBe("gone");
        expect(session.delete("a")).toBe(true);
        expect(session.delete("a")).toBe(false);
        expect(session.modified).toBe(true);
      });
      await browser.visit((session) => expect(session.keys()).toEqual(["c", "d", "e"]));
    });

    test("SES-15: reading, and asking for what is not there, does not count as a change", async () => {
      await browser.visit((session) => session.set("list", [1]));
      world.queries.length = 0;
      await browser.visit((session) => {
        session.get("list");
        session.has("nothing");
        session.delete("nothing");
        session.pop("nothing");
        session.setDefault("list", []);
        session.entries();
        expect(session.modified).toBe(false);
      });
      expect(world.queries).toEqual([]);
    });

    test("SES-15: an object that was read or set and is changed in place is saved", async () => {
      await browser.visit((session) => {
        const cart: unknown[] = [];
        session.set("cart", cart);
        cart.push({ id: 1, many: 1 });
      });
      await browser.visit((session) => {
        const cart = session.get<{ many: number }[]>("cart") ?? [];
        expect(session.modified).toBe(false);
        (cart[0] as { many: number }).many = 2;
        expect(session.modified).toBe(true);
        expect(session.get("cart")).toBe(cart);
      });
      expect(await browser.read("cart")).toEqual([{ id: 1, many: 2 }]);
    });

    test("an object that is changed after an explicit save is saved at the end", async () => {
      await browser.visit(async (session) => {
        const list = [1];
        session.set("list", list);
        await session.save();
        expect(session.modified).toBe(false);
        list.push(2);
        expect(session.modified).toBe(true);
      });
      expect(await browser.read("list")).toEqual([1, 2]);
    });

    test("keys that mean something to JavaScript or to the session are keys like any other", async () => {
      const names = [
        "__proto__",
        "constructor",
        "prototype",
        "save",
        "get",
        "toString",
        "then",
        "",
        "a b",
        "ключ",
        "1",
      ];
      await browser.visit((session) => {
        for (const name of names) session.set(name, { name });
        session.update(JSON.parse('{"__proto__": {"name": "__proto__", "polluted": true}}') as object as never);
      });
      await browser.visit((session) => {
        for (const name of names) expect(session.get(name)).toMatchObject({ name });
        expect(session.keys().sort()).toEqual([...names].sort());
      });
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
      await browser.visit((session) => session.delete("__proto__"));
      await browser.visit((session) => expect(session.has("__proto__")).toBe(false));
    });

    test("text of every kind comes back as it was", async () => {
      const texts = ["😀 \u0000 \u2028 \ud800 \" ' \\ `", "</script>", "a\r\nb", "%s ? $1 :x"];
      await browser.visit((session) => session.set("texts", texts));
      const elsewhere = await world.another();
      expect(await browser.read("texts", elsewhere)).toEqual(texts);
    });

    test("a value that JSON cannot say is refused at once, and nothing of the session is lost", async () => {
      await browser.visit((session) => session.set("theme", "dark"));
      const circle: { self?: unknown } = {};
      circle.self = circle;
      await browser.visit((session) => {
        for (const bad of [
          () => {},
          new Date(),
          1n,
          circle,
          new Map(),
          undefined,
          Number.NaN,
          Symbol("s"),
          [undefined],
        ]) {
          expect(() => session.set("bad", bad)).toThrow(expect.objectContaining({ code: "SESSION_VALUE_INVALID" }));
        }
        expect(session.has("bad")).toBe(false);
        session.set("theme", "light");
      });
      expect(await browser.read("theme")).toBe("light");
    });

    test("an object that was made unsayable after it was set is refused when it is saved", async () => {
      await browser.visit((session) => session.set("cart", { items: [] }));
      const session = world.sessions.open(browser.cookie);
      await world.sessions.prepare(session);
      session.get<{ items: unknown[] }>("cart")?.items.push(() => {});
      expect(session.modified).toBe(true);
      await expect(world.sessions.save(session)).rejects.toMatchObject({
        code: "SESSION_VALUE_INVALID",
        message: expect.stringContaining("cart.items.0"),
      });
      expect(await browser.read("cart")).toEqual({ items: [] });
    });

    test("more than 64 KiB of JSON is refused, the largest value is named, and nothing is saved", async () => {
      await browser.visit((session) => session.set("small", "x".repeat(60_000)));
      const session = world.sessions.open(browser.cookie);
      await world.sessions.prepare(session);
      session.set("large", "é".repeat(5_000));
      await expect(world.sessions.save(session)).rejects.toMatchObject({
        code: "SESSION_TOO_LARGE",
        message: expect.stringContaining('"small"'),
      });
      expect(await browser.read("large")).toBeUndefined();
      session.set("small", "");
      await world.sessions.save(session);
      expect(await browser.read("large")).toHaveLength(5_000);
    });
  });
}
