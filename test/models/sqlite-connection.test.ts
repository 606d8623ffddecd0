import { setImmediate } from "node:timers/promises";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { atomic, Database, objects, withDatabase } from "../../src/models/index.ts";
import { opener, sqliteFiles, type TestDatabase } from "../support/database-servers.ts";
import { MODELS, Tag } from "./models.ts";

const files = sqliteFiles();
afterAll(() => files.stop());

describe("A SQLite file", () => {
  let opened: TestDatabase;
  let database: Database;

  beforeEach(async () => {
    opened = await files.open({ busyTimeout: 400 });
    database = opened.database;
  });
  afterEach(() => opened.close());

  const insert = (name: string, target = database) => target.execute("insert into tag (name) values (?)", [name]);
  const names = async () => (await database.execute("select name from tag order by name")).rows.map(({ name }) => name);

  test("is opened with a write-ahead log and with its foreign keys on.", async () => {
    expect((await database.execute("pragma journal_mode")).rows).toEqual([{ journal_mode: "wal" }]);
    expect((await database.execute("pragma foreign_keys")).rows).toEqual([{ foreign_keys: 1 }]);
  });

  test("lower-cases letters of every script.", async () => {
    const { rows } = await database.execute("select antiphon_lower(?) as text, antiphon_lower(?) as none", [
      "ÄÖ ΣΑ",
      null,
    ]);
    expect(rows).toEqual([{ text: "äö σα", none: null }]);
  });

  test("lets others go on while a transaction does statement after statement, and none of theirs into it.", async () => {
    await opened.close();
    opened = await files.open();
    database = opened.database;
    let turns = 0;
    const inside = Promise.withResolvers<void>();
    const writing = withDatabase(database, () =>
      atomic(async () => {
        inside.resolve();
        const end = performance.now() + 8_000;
        for (let n = 0; turns < 3 && performance.now() < end; n++) await insert(`undone ${n}`);
        throw new Error("undone");
      }).catch((error: Error) => error.message),
    );
    await inside.promise;
    const theirs: Promise<unknown>[] = [];
    for (; turns < 3; turns++) {
      theirs.push(insert(`their ${turns}`));
      expect(await names()).toEqual([]);
      await setImmediate();
    }
    expect(await writing).toBe("undone");
    await Promise.all(theirs);
    expect(await names()).toEqual(["their 0", "their 1", "their 2"]);
  });

  test("keeps what a transaction begins and does not await in it, in its order, however much that is.", async () => {
    const many = 20_000;
    await withDatabase(database, () =>
      atomic(async () => {
        for (let n = 0; n < many; n++) void insert(`${n}`);
      }),
    );
    const { rows } = await database.execute(
      "select count(*) as n, sum(cast(name as integer) = id - 1) as ordered from tag",
    );
    expect(rows).toEqual([{ n: many, ordered: many }]);
  });

  test("undoes what a transaction has begun and not awaited when it fails.", async () => {
    const failing = withDatabase(database, () =>
      atomic(async () => {
        for (let n = 0; n < 20_000; n++) insert(`${n}`).catch(() => {});
        throw new Error("undone");
      }),
    );
    await expect(failing).rejects.toThrow("undone");
    await insert("after");
    expect(await names()).toEqual(["after"]);
  });

  test("that another process writes to is waited for, without blocking this one.", async () => {
    const other = await opened.second();
    const goOn = Promise.withResolvers<void>();
    const inside = Promise.withResolvers<void>();
    const writing = withDatabase(other, () =>
      atomic(async () => {
        await insert("theirs", other);
        inside.resolve();
        await goOn.promise;
      }),
    );
    await inside.promise;
    const mine = [insert("mine"), withDatabase(database, () => atomic(() => insert("mine too")))];
    expect(await names()).toEqual([]);
    goOn.resolve();
    await Promise.all([writing, ...mine]);
    expect(await names()).toEqual(["mine", "mine too", "theirs"]);
  });

  test("that another process holds for too long is busy, by its code.", async () => {
    const other = await opened.second();
    const goOn = Promise.withResolvers<void>();
    const inside = Promise.withResolvers<void>();
    const writing = withDatabase(other, () =>
      atomic(async () => {
        inside.resolve();
        await goOn.promise;
      }),
    );
    await inside.promise;
    const results = await Promise.allSettled([insert("a"), withDatabase(database, () => atomic(() => insert("b")))]);
    expect(results).toEqual([
      { status: "rejected", reason: expect.objectContaining({ code: "DATABASE_BUSY" }) },
      { status: "rejected", reason: expect.objectContaining({ code: "DATABASE_BUSY" }) },
    ]);
    goOn.resolve();
    await writing;
    await insert("after");
    expect(await names()).toEqual(["after"]);
  });

  test("that has no space left refuses writes by a code, keeps nothing of them, and goes on when there is space.", async () => {
    const native = database.native as { pragma(text: string, options?: object): number };
    native.pragma(`max_page_count = ${native.pragma("page_count", { simple: true })}`);
    const fill = async (name: string) => {
      for (let index = 0; ; index++) await insert(`${name} ${index} ${"x".repeat(30)}`);
    };
    const FULL = { code: "DATABASE_FULL", status: 507, expose: true };
    await expect(withDatabase(database, () => atomic(() => fill("lost")))).rejects.toMatchObject(FULL);
    expect(await names()).toEqual([]);
    await expect(fill("kept")).rejects.toMatchObject(FULL);
    await expect(
      withDatabase(database, () => objects(Tag).create({ name: `n${"x".repeat(40)}` })),
    ).rejects.toMatchObject(FULL);
    native.pragma("max_page_count = 100000");
    await withDatabase(database, () => atomic(() => insert("after")));
    expect(await names()).toContain("after");
  });

  test("whose tables change is read anew, also by those that read beside a transaction.", async () => {
    const read = () => database.execute("select * from tag");
    await insert("one");
    await withDatabase(database, () => atomic(() => withDatabase(database, read)));
    await database.execute("alter table tag add column big bigint default 9007199254740993");
    expect((await read()).rows[0]).toMatchObject({ name: "one", big: 9007199254740993n });
    const beside = await withDatabase(database, () => atomic(() => withDatabase(database, read)));
    expect(beside.rows[0]).toMatchObject({ name: "one", big: 9007199254740993n });
  });

  test("is found below the folder of the app.", async () => {
    const folder = opened.url.slice("sqlite:".length).replace(/\/[^/]+$/, "");
    await using relative = await Database.open({ url: "sqlite:./relative.sqlite3", root: folder, models: [] });
    expect((await relative.execute("pragma database_list")).rows[0]).toMatchObject({
      file: `${folder}/relative.sqlite3`,
    });
  });

  test("gives its lock back when a transaction is left without an end.", async () => {
    const kysely = database.newManager().getKysely();
    await kysely
      .connection()
      .execute(async (held) => {
        await held.startTransaction().execute();
      })
      .catch(() => {});
    await insert("after");
    expect(await names()).toEqual(["after"]);
  });
});

describe("SQLite in memory", () => {
  const open = opener("sqlite", async () => "sqlite::memory:");

  test("lets a reader outside wait for an open transaction, or fail with a code.", async () => {
    const opened = await open({ busyTimeout: 200 });
    const { database } = opened;
    const read = () => withDatabase(database, () => database.execute("select count(*) as n from tag"));
    let outside: PromiseSettledResult<unknown>[] = [];
    let late: Promise<{ rows: unknown[] }> | undefined;
    await withDatabase(database, () =>
      atomic(async () => {
        await database.execute("insert into tag (name) values ('a')");
        outside = await Promise.allSettled([read()]);
        late = read();
      }),
    );
    expect(outside).toEqual([{ status: "rejected", reason: expect.objectContaining({ code: "DATABASE_BUSY" }) }]);
    expect((await late)?.rows).toEqual([{ n: 1 }]);
    await opened.close();
  });

  test("keeps its rows when the models are loaded again, and tells the same listeners.", async () => {
    const opened = await open();
    const { database } = opened;
    await database.execute("insert into tag (name) values ('a')");
    const again = await database.withModels(MODELS.slice(0, 3));
    expect([...again.models.keys()]).toEqual(["User", "Group", "Tag"]);
    expect((await again.execute("select name from tag")).rows).toEqual([{ name: "a" }]);
    expect(again.changes).toBe(database.changes);
    await again.close();
    await expect(database.execute("select 1")).rejects.toMatchObject({ code: "DATABASE_CLOSED" });
  });
});
