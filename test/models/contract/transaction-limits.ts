import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  atomic,
  type Database,
  type DatabaseOptions,
  entityManager,
  objects,
  withDatabase,
} from "../../../src/models/index.ts";
import type { OpenDatabase, TestDatabase } from "../../support/database-servers.ts";
import { Group, Tag } from "../models.ts";

const never = new Promise<never>(() => {});

/** Transactions that do not end by themselves. */
export function transactionLimits(open: OpenDatabase): void {
  describe("transaction limits", () => {
    let opened: TestDatabase | undefined;
    let database: Database;
    let lines: { readonly details: object; readonly message: string }[];

    beforeEach(() => {
      lines = [];
    });
    afterEach(async () => {
      await opened?.close();
      opened = undefined;
    });

    /** One connection, so that a transaction that keeps it takes it from everybody. */
    const start = async (options: Partial<DatabaseOptions>) => {
      const logger = {
        info: () => {},
        warn: (details: object, message: string) => void lines.push({ details, message }),
      };
      opened = await open({ poolSize: 1, logger, caller: () => ({ label: "NotesState.save" }), ...options });
      database = opened.database;
    };
    const request = <T>(work: () => Promise<T>): Promise<T> => withDatabase(database, work);
    const insert = (name: string) =>
      database.execute(`insert into tag (name) values (${database.placeholder(0)})`, [name]);
    const names = () => request(() => objects(Tag).orderBy("name").pluck("name"));
    const TIMEOUT = { code: "DATABASE_TRANSACTION_TIMEOUT", status: 503, expose: true };
    const ENDED = { code: "DATABASE_TRANSACTION_ENDED" };

    const stuck: Readonly<Record<string, () => Promise<unknown>>> = {
      "in atomic()": () => atomic(() => insert("lost").then(() => never)),
      "in a nested atomic()": () =>
        atomic(async () => {
          await objects(Tag).create({ name: "lost" });
          await atomic(() => insert("lost too").then(() => never));
        }),
      "in the ORM's transaction": () => entityManager().transactional(() => insert("lost").then(() => never)),
      "in a hook of a flush": async () => {
        const subscriber = { getSubscribedEntities: () => [Group], afterCreate: () => never };
        database.orm.em.getEventManager().registerSubscriber(subscriber as never);
        entityManager().create(Group, { name: "lost" } as never);
        await entityManager().flush();
      },
    };

    test.each(Object.keys(stuck))(
      "Code that is stuck %s is rolled back, named in the log, and gives its connection to others.",
      async (where) => {
        await start({ transactionTimeout: 100 });
        await expect(request(() => stuck[where]?.() ?? never)).rejects.toMatchObject(TIMEOUT);
        await request(() => atomic(() => insert("next"), { timeout: 30_000 }));
        expect(await names()).toEqual(["next"]);
        expect(await request(() => objects(Group).count())).toBe(0);
        expect(lines).toEqual([
          {
            details: expect.objectContaining({ handler: "NotesState.save", code: "DATABASE_TRANSACTION_TIMEOUT" }),
            message: expect.stringMatching(/^NotesState\.save: .* open for 0\.1 s/),
          },
        ]);
      },
    );

    test("A transaction that code begins after its page was left is rolled back, and gives its connection to others.", async () => {
      const reason = new Error("The page was left.");
      let isGone = true;
      const onGone = (listener: (reason: Error) => void) => {
        if (isGone) listener(reason);
        return () => {};
      };
      await start({ caller: () => ({ label: "NotesState.save", onGone }) });
      await expect(request(() => atomic(() => insert("lost")))).rejects.toThrow();
      isGone = false;
      await request(() => atomic(() => insert("next")));
      expect(await names()).toEqual(["next"]);
      expect(lines.map(({ message }) => message)).toEqual([expect.stringContaining("NotesState.save: ")]);
    });

    test("What code does after its transaction was ended is refused, and touches no other transaction.", async () => {
      await start({ transactionTimeout: 500 });
      const late = Promise.withResolvers<void>();
      const ways: (() => Promise<unknown>)[] = [
        () => insert("late"),
        () => objects(Tag).create({ name: "late" }),
        () => entityManager().find(Tag, {}),
        () => atomic(() => insert("late")),
      ];
      const outcomes = Promise.withResolvers<unknown[]>();
      const ended = request(() =>
        atomic(async () => {
          await insert("lost");
          await late.promise;
          outcomes.resolve(await Promise.all(ways.map((way) => way().catch((error) => error))));
        }),
      );
      await expect(ended).rejects.toMatchObject(TIMEOUT);
      await request(() =>
        atomic(
          async () => {
            await insert("kept");
            late.resolve();
            expect(await outcomes.promise).toEqual(ways.map(() => expect.objectContaining(ENDED)));
          },
          { timeout: 30_000 },
        ),
      );
      expect(await names()).toEqual(["kept"]);
    });

    test.skipIf(open.dialect === "sqlite")(
      "A statement that is still running is not waited for, and is no outage of the database.",
      async () => {
        await start({ transactionTimeout: 100 });
        const sleep = open.dialect === "postgres" ? "pg_sleep(60)" : "sleep(60)";
        const ways: (() => Promise<unknown>)[] = [
          () => database.execute(`select ${sleep}`),
          () => entityManager().execute(`select ${sleep}`),
          () => database.execute(`insert into tag (name) select 'lost' where ${sleep} is null`),
        ];
        for (const run of ways) {
          const ended = request(() => atomic<unknown>(() => insert("lost").then(run)));
          await expect(ended).rejects.toMatchObject(TIMEOUT);
          expect((await database.execute("select 1 as n")).rows).toEqual([{ n: 1 }]);
        }
        expect(await names()).toEqual([]);
        expect(lines.map(({ details }) => (details as { code: string }).code)).toEqual(ways.map(() => TIMEOUT.code));
      },
    );

    test("One call may have a limit of its own, or none.", async () => {
      await start({ transactionTimeout: 50 });
      const later = (name: string) => () => new Promise((resolve) => setTimeout(resolve, 200)).then(() => insert(name));
      await request(() => atomic(later("a"), { timeout: 30_000 }));
      await request(() => atomic(later("b"), { timeout: Number.POSITIVE_INFINITY }));
      await expect(request(() => atomic(() => insert("c").then(() => never)))).rejects.toMatchObject(TIMEOUT);
      expect(await names()).toEqual(["a", "b"]);
    });

    test("The limit of a nested one undoes the nested one alone.", async () => {
      await start({});
      await request(() =>
        atomic(async () => {
          await insert("outer");
          const nested = atomic(() => insert("nested").then(() => never), { timeout: 50 });
          await expect(nested).rejects.toMatchObject(TIMEOUT);
          await insert("outer 2");
        }),
      );
      expect(await names()).toEqual(["outer", "outer 2"]);
    });

    test("One that sends nothing makes way for whoever has waited too long for the database.", async () => {
      await start({ busyTimeout: 2_500 });
      const inside = Promise.withResolvers<void>();
      const idle = request(() =>
        atomic(async () => {
          await insert("idle");
          inside.resolve();
          await never;
        }),
      );
      await inside.promise;
      const others = [request(() => insert("one")), request(() => atomic(() => insert("two")))];
      await expect(idle).rejects.toMatchObject(TIMEOUT);
      await Promise.all(others);
      expect(await names()).toEqual(["one", "two"]);
      expect(lines).toHaveLength(1);
      expect(lines[0]?.message).toContain("while others waited");
    });

    test("One whose caller is gone is rolled back, for the reason that the caller gives.", async () => {
      const gone = Promise.withResolvers<Error>();
      let listening = 0;
      const onGone = (listener: (reason: Error) => void) => {
        listening++;
        void gone.promise.then(listener);
        return () => void listening--;
      };
      await start({ caller: () => ({ label: "NotesState.save", onGone }) });
      await request(() => atomic(() => insert("kept")));
      expect(listening).toBe(0);
      const left = request(() =>
        atomic(async () => {
          await insert("lost");
          gone.resolve(new Error("The page was left."));
          await never;
        }),
      );
      await expect(left).rejects.toThrow("The page was left.");
      expect(await names()).toEqual(["kept"]);
      expect(listening).toBe(0);
    });
  });
}
