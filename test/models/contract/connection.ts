import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  atomic,
  currentDatabase,
  Database,
  entityManager,
  setDefaultDatabase,
  withDatabase,
} from "../../../src/models/index.ts";
import type { OpenDatabase, TestDatabase } from "../../support/database-servers.ts";
import { MODELS, Note, Tag, User } from "../models.ts";

/** Opening, pools, lost connections and values. */
export function connection(open: OpenDatabase): void {
  describe("connection", () => {
    let opened: TestDatabase;
    let database: Database;

    beforeEach(async () => {
      opened = await open({ busyTimeout: 500, poolSize: 2 });
      database = opened.database;
    });
    afterEach(async () => {
      setDefaultDatabase(undefined);
      await opened.close();
    });

    const insert = (name: string, target = database) =>
      target.execute(`insert into tag (name) values (${target.placeholder(0)})`, [name]);
    const names = async () =>
      (await database.execute("select name from tag order by name")).rows.map(({ name }) => name);

    test("Values are bound: what looks like SQL stays text.", async () => {
      const texts = ["'; drop table tag; --", '" or 1=1 --', "\\' or 1=1 --", "ü 漢 🙂", "a\\", "?", "$1", "%_"];
      for (const text of texts) await insert(text);
      expect((await names()).toSorted()).toEqual(texts.toSorted());
    });

    test("A list or an object is no value, and is refused before anything runs.", async () => {
      const ran: string[] = [];
      const watched = await opened.second({ onQuery: (sql) => void ran.push(sql) });
      ran.length = 0;
      for (const value of [["a"], { $gt: 0 }, Object.create(null), () => "a", Symbol("a")]) {
        await expect(watched.execute("select 1", [value])).rejects.toMatchObject({
          code: "DATABASE_PARAMETER_INVALID",
        });
      }
      expect(ran).toEqual([]);
    });

    test("Large integers keep their digits, and small ones are numbers.", async () => {
      const note = database.quote("note");
      await withDatabase(database, async () => {
        const user = entityManager().create(User, { username: "ann" } as never);
        entityManager().create(Note, { title: "n", user, big: 9007199254740993n } as never);
        await entityManager().flush();
      });
      const { rows } = await database.execute(
        `select id, big, quantity from ${note} where big = ${database.placeholder(0)}`,
        [9007199254740993n],
      );
      expect(String(rows[0]?.big)).toBe("9007199254740993");
      expect(rows[0]).toMatchObject({ id: 1, quantity: 0 });
    });

    test("A limit can be bound, and changes are counted.", async () => {
      for (const name of ["a", "b", "c"]) await insert(name);
      const { rows } = await database.execute(
        `select name from tag order by name limit ${database.placeholder(0)}`,
        [2],
      );
      expect(rows).toEqual([{ name: "a" }, { name: "b" }]);
      expect((await database.execute("update tag set name = name")).changes).toBe(3);
      expect((await database.execute("delete from tag")).changes).toBe(3);
    });

    test("onQuery sees every statement: ours and the ORM's.", async () => {
      const ran: string[] = [];
      const watched = await opened.second({ onQuery: (sql) => void ran.push(sql) });
      ran.length = 0;
      await watched.execute("select 1");
      await withDatabase(watched, () => entityManager().find(Tag, {}));
      expect(ran).toHaveLength(2);
      expect(ran[0]).toBe("select 1");
      expect(ran[1]).toMatch(/from .tag./);
    });

    test("Outside of any context a query says how to make one.", () => {
      expect(() => currentDatabase()).toThrowError(/withDatabase\(database/);
      expect(() => entityManager()).toThrowError(expect.objectContaining({ code: "DATABASE_NOT_OPEN" }));
    });

    test("A default database serves code that runs in no context.", async () => {
      setDefaultDatabase(database);
      await atomic(() => insert("one"));
      expect(currentDatabase()).toBe(database);
      expect(await names()).toEqual(["one"]);
    });

    test("Two models of one name are refused, and one that was not given is named.", async () => {
      const { model, p } = await import("../../../src/models/index.ts");
      class Other extends model("Tag", { id: p.integer().primary() }) {}
      await expect(Database.open({ url: opened.url, models: [Tag, Other] })).rejects.toMatchObject({
        code: "DATABASE_MODEL_TWICE",
      });
      class Stranger extends model("Stranger", { id: p.integer().primary() }) {}
      expect(() => database.meta(Stranger)).toThrowError(expect.objectContaining({ code: "DATABASE_MODEL_MISSING" }));
    });

    test("Two databases with the same models are open at once.", async () => {
      const other = await open();
      try {
        await withDatabase(database, () => insert("here"));
        await withDatabase(other.database, () => insert("there", other.database));
        const read = (target: Database) => withDatabase(target, () => entityManager().find(Tag, {}));
        expect((await read(database)).map((tag) => (tag as { name: string }).name)).toEqual(["here"]);
        expect((await read(other.database)).map((tag) => (tag as { name: string }).name)).toEqual(["there"]);
      } finally {
        await other.close();
      }
    });

    test("A database that only ran SQL gives all its connections back when it is closed.", async () => {
      const other = await opened.second();
      await Promise.all([1, 2, 3].map(() => other.execute("select 1")));
      const native = other.native as { readonly open: boolean } | undefined;
      await other.close();
      if (native) return expect(native.open).toBe(false);
      const mine =
        database.dialect === "mysql"
          ? "select count(*) as n from information_schema.processlist where db = database()"
          : "select count(*) as n from pg_stat_activity where datname = current_database()";
      // The server takes a moment to notice that a connection was closed.
      await expect.poll(async () => Number((await database.execute(mine)).rows[0]?.["n"])).toBe(1);
    });

    test("What is closed answers with an error, and can be closed twice.", async () => {
      const other = await opened.second();
      await other.close();
      await other.close();
      await expect(other.execute("select 1")).rejects.toMatchObject({ code: "DATABASE_CLOSED" });
    });

    test("Many contexts at once share few connections.", async () => {
      const work = (index: number) => withDatabase(database, () => atomic(() => insert(`n${index}`)));
      await Promise.all(Array.from({ length: 40 }, (_, index) => work(index)));
      expect(await names()).toHaveLength(40);
      if (open.dialect === "sqlite") return;
      const { rows } = await database.execute(
        open.dialect === "postgres"
          ? "select count(*) as n from pg_stat_activity where datname = current_database()"
          : "select count(*) as n from information_schema.processlist where db = database()",
      );
      expect(Number(rows[0]?.n)).toBeLessThanOrEqual(2);
    });

    test("Whoever waits too long for a connection gets a code, and the database goes on.", async () => {
      const goOn = Promise.withResolvers<void>();
      const started: Promise<void>[] = [];
      const holders = [1, 2].map(() => {
        const inside = Promise.withResolvers<void>();
        started.push(inside.promise);
        return withDatabase(database, () =>
          atomic(async () => {
            inside.resolve();
            await goOn.promise;
          }),
        ).catch(() => {});
      });
      await Promise.race(started);
      if (open.dialect !== "sqlite") await Promise.all(started);
      await expect(withDatabase(database, () => atomic(() => insert("waits")))).rejects.toMatchObject({
        code: "DATABASE_BUSY",
        status: 503,
      });
      goOn.resolve();
      await Promise.allSettled(holders);
      await withDatabase(database, () => atomic(() => insert("after")));
      expect(await names()).toEqual(["after"]);
    });

    test.skipIf(open.dialect === "sqlite")(
      "SEC-20: A statement that takes too long is ended, by its code.",
      async () => {
        const hasty = await opened.second({ statementTimeout: 100 });
        const sleep = open.dialect === "postgres" ? "select pg_sleep(10)" : "select sleep(10)";
        await expect(hasty.execute(sleep)).rejects.toMatchObject({ code: "DATABASE_TIMEOUT", status: 503 });
        expect((await hasty.execute("select 1 as n")).rows).toEqual([{ n: 1 }]);
      },
    );

    describe.skipIf(open.dialect === "sqlite")("a lost connection", () => {
      const kill = async (id: unknown) => {
        const other = await opened.second();
        await other.execute(
          open.dialect === "postgres" ? "select pg_terminate_backend($1)" : `kill ${Number(id)}`,
          open.dialect === "postgres" ? [id] : [],
        );
      };
      const myId = async () => {
        const { rows } = await database.execute(
          open.dialect === "postgres" ? "select pg_backend_pid() as id" : "select connection_id() as id",
        );
        return rows[0]?.id;
      };

      test("fails the transaction that had it with a code, and the next one works, as often as it happens.", async () => {
        for (let round = 0; round < 4; round++) {
          const failing = withDatabase(database, () =>
            atomic(async () => {
              await insert("lost");
              await kill(await myId());
              await insert("lost too");
            }),
          );
          await expect(failing).rejects.toMatchObject({ code: "DATABASE_CONNECTION_LOST", status: 503, expose: true });
        }
        await withDatabase(database, () => atomic(() => insert("next")));
        expect(await names()).toEqual(["next"]);
      });

      test("in the pool fails at most the request that gets it.", async () => {
        const id = await myId();
        await kill(id);
        await database
          .execute("select 1")
          .catch((error) => expect(error).toMatchObject({ code: "DATABASE_CONNECTION_LOST" }));
        expect(await names()).toEqual([]);
        await withDatabase(database, async () => {
          entityManager().create(Tag, { name: "a" } as never);
          await entityManager().flush();
        });
        expect(await names()).toEqual(["a"]);
      });

      test("during a flush fails that flush and publishes nothing.", async () => {
        const published: unknown[] = [];
        database.changes.subscribe((changes) => void published.push(changes));
        const subscriber = {
          async afterCreate() {
            await kill(await myId());
          },
        };
        const manager = database.orm.em.getEventManager();
        manager.registerSubscriber(subscriber);
        const flush = withDatabase(database, () => {
          entityManager().create(Tag, { name: "a" } as never);
          return entityManager().flush();
        });
        // The commit may already be on its way when the loss is noticed.
        const code = expect.stringMatching(/^DATABASE_(?:CONNECTION_LOST|OUTCOME_UNKNOWN)$/);
        await expect(flush).rejects.toMatchObject({ code });
        expect(published).toEqual([]);
        expect(await names()).toEqual([]);
      });
    });

    test("An address that nobody serves is told without its password.", async () => {
      const url =
        open.dialect === "sqlite" ? "sqlite:/nowhere/at/all.db" : `${open.dialect}://user:secret@127.0.0.1:1/db`;
      const failing = Database.open({ url, models: MODELS, busyTimeout: 500 });
      await expect(failing).rejects.toMatchObject({
        code: "DATABASE_OPEN_FAILED",
        message: expect.not.stringContaining("secret"),
      });
    });
  });
}
