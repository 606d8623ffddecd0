import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { atomic, Database, objects, withDatabase } from "../../dist/models/index.js";
import {
  DatabaseSessions,
  SessionManager,
  SessionRecord,
  sessionCookie,
  sessionIdOf,
} from "../../dist/sessions/index.js";
import { Browser } from "./browser.ts";
import { sqliteStorage } from "./database-storage.ts";

const storage = sqliteStorage();
afterAll(() => storage.stop());

describe("sessions beside an app's own work with its database", () => {
  let database: Database;
  let sessions: SessionManager;
  let browser: Browser;
  let queries: string[];
  let ended: string[];

  beforeEach(async () => {
    queries = [];
    database = await Database.open({
      url: await storage.address(),
      models: [SessionRecord],
      busyTimeout: 500,
      onQuery: (sql) => queries.push(sql.replace(/\s.*/s, "")),
    });
    await database.orm.schema.create();
    await database.execute("create table thing (name text)");
    sessions = new SessionManager({ backend: new DatabaseSessions(database), cookie: sessionCookie() });
    ended = [];
    sessions.onEnded((id) => ended.push(id));
    browser = new Browser(sessions);
    await browser.visit((session) => session.set("a", 1));
    queries.length = 0;
  });
  afterEach(() => database.close());

  const things = async () => (await database.execute("select count(*) as n from thing")).rows[0]?.["n"];

  test("a save is one statement, a rotation one transaction of two, a logout one", async () => {
    await browser.visit((session) => session.set("a", 2));
    expect(queries.splice(0)).toEqual(["update"]);
    await browser.visit((session) => session.cycleKey());
    expect(queries.splice(0)).toEqual(["delete", "insert"]);
    await browser.visit((session) => session.flush());
    expect(queries.splice(0)).toEqual(["delete"]);
  });

  test("requests of one process take turns: none of them finds what it read to be old", async () => {
    const requests = Array.from({ length: 5 }, () => sessions.open(browser.cookie));
    for (const [index, session] of requests.entries()) {
      session.get("a");
      session.set(`key${index}`, index);
    }
    await Promise.all(requests.map((session) => sessions.save(session)));
    expect(queries).toEqual(["update", "update", "update", "update", "update"]);
  });

  test("what was put into the session stays when the app's transaction is undone", async () => {
    await withDatabase(database, () =>
      browser.visit(async (session) => {
        await expect(
          atomic(async () => {
            await database.execute("insert into thing values ('x')");
            session.set("tries", 1);
            throw new Error("no");
          }),
        ).rejects.toThrow("no");
      }),
    );
    expect(await things()).toBe(0);
    expect(await browser.read("tries")).toBe(1);
  });

  test("saving inside of atomic() says at once that this is the wrong place, and undoes nothing by itself", async () => {
    const session = sessions.open(browser.cookie);
    session.set("a", 2);
    await withDatabase(database, () =>
      atomic(async () => {
        await database.execute("insert into thing values ('x')");
        await expect(session.save()).rejects.toMatchObject({ code: "SESSION_IN_TRANSACTION" });
      }),
    );
    expect(await things()).toBe(1);
    await session.save();
    expect(await browser.read("a")).toBe(2);
  });

  test("what a transaction left running may save once it has ended", async () => {
    const session = sessions.open(browser.cookie);
    session.set("a", 2);
    let go = () => {};
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    let later: Promise<void> | undefined;
    await withDatabase(database, () =>
      atomic(async () => {
        await database.execute("insert into thing values ('x')");
        later = gate.then(() => session.save());
      }),
    );
    go();
    await later;
    expect(await browser.read("a")).toBe(2);
  });

  test("a session is read while another request holds a transaction, and saved after it", async () => {
    let end = () => {};
    const gate = new Promise<void>((resolve) => {
      end = resolve;
    });
    const other = withDatabase(database, () =>
      atomic(async () => {
        await database.execute("insert into thing values ('x')");
        await gate;
      }),
    );
    await new Promise<void>((resolve) => setImmediate(resolve));
    const fresh = new SessionManager({ backend: new DatabaseSessions(database), cookie: sessionCookie() });
    const session = fresh.open(browser.cookie);
    expect(session.get("a")).toBe(1);
    session.set("a", 2);
    const saved = fresh.save(session);
    end();
    await Promise.all([other, saved]);
    expect(await new Browser(sessions, browser.cookie).read("a")).toBe(2);
  });

  test("a session that is deleted through its model ends at once", async () => {
    const id = sessionIdOf(browser.cookie as string);
    await withDatabase(database, async () => {
      expect(await objects(SessionRecord).get(id)).toMatchObject({ id, data: '{"a":1}', version: 1 });
      await objects(SessionRecord).filter({ id }).delete();
    });
    expect(ended).toEqual([id]);
    expect(await browser.read("a")).toBeUndefined();
  });

  test("a model's row has the same moment as the session", async () => {
    const id = sessionIdOf(browser.cookie as string);
    const row = await withDatabase(database, () => objects(SessionRecord).get(id));
    await browser.visit((session) => expect(session.expiryDate.toISOString()).toBe(row?.expiresAt));
  });

  test("a database without the table says what to run", async () => {
    const bare = await Database.open({ url: await storage.address(), models: [SessionRecord] });
    const lost = new SessionManager({ backend: new DatabaseSessions(bare), cookie: sessionCookie() });
    try {
      const session = lost.open("abcdefghijklmnopqrstuvwxyz012345");
      const missing = expect.objectContaining({ code: "SESSION_TABLE_MISSING" });
      expect(() => session.get("a")).toThrow(missing);
      session.set("a", 1);
      await expect(lost.save(session)).rejects.toThrow(missing);
    } finally {
      await bare.close();
    }
  });
});
