import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type AntiphonServer, callCommand, createLogger, createServer } from "antiphon";
import { objects } from "antiphon/models";
import { TestApp, testApp } from "antiphon/testing";
import { describe, expect, test } from "vitest";
import { Tag } from "../fixtures/jobs-app/src/models.ts";
import { doings, type JobRun } from "../fixtures/jobs-app/src/routes.ts";
import { TagsState } from "../fixtures/models-app/src/tags.state.ts";

const root = join(import.meta.dirname, "../fixtures/models-app");
const jobs = join(import.meta.dirname, "../fixtures/jobs-app");

const names = async (server: AntiphonServer) =>
  (await server.database?.execute("select name from tag order by name"))?.rows.map(({ name }) => name);

describe("An app with models", () => {
  test("has its database in every event, which sees what it wrote", async () => {
    await using app = await testApp({ root });
    await using tab = await app.open("/");
    await tab.call(TagsState, "add", "one");
    expect(tab.view(TagsState).names).toEqual(["one"]);
    expect(await names(app.server)).toEqual(["one"]);
  });

  test("undoes the rows of an atomic() when the event fails, and its vars with them", async () => {
    await using app = await testApp({ root });
    await using tab = await app.open("/");
    await tab.call(TagsState, "add", "before");
    await expect(tab.call(TagsState, "addTwiceAndFail", "lost")).rejects.toThrow();
    expect(await names(app.server)).toEqual(["before"]);
    expect(tab.view(TagsState).names).toEqual(["before"]);
  });

  test("ends a transaction in which a handler is stuck: the event is answered, the log names it, others write again", async () => {
    const lines: string[] = [];
    const logger = createLogger({ level: "warn", destination: { write: (line) => void lines.push(line) } });
    const database = { transactionTimeout: 100 };
    await using app = await testApp({ root, logger, config: { backendPrefix: "/api", database } });
    await using tab = await app.open("/");
    await using other = await app.open("/");
    await expect(tab.call(TagsState, "addAndWait", "lost")).rejects.toMatchObject({
      code: "DATABASE_TRANSACTION_TIMEOUT",
    });
    await other.call(TagsState, "add", "kept");
    expect(await names(app.server)).toEqual(["kept"]);
    expect(lines.map((line) => JSON.parse(line))).toContainEqual(
      expect.objectContaining({ handler: "TagsState.addAndWait", msg: expect.stringContaining("rolled back") }),
    );
  });

  test("rolls back the transaction of a handler whose page has been left", async () => {
    const limits = { leaveAfter: 20 };
    const database = { busyTimeout: 20_000 };
    await using app = await testApp({ root, config: { backendPrefix: "/api", database, limits } });
    const tab = await app.open("/");
    await using other = await app.open("/");
    const inside = new Promise<void>((resolve) => {
      app.server.database?.orm.em.getEventManager().registerSubscriber({ afterFlush: () => resolve() });
    });
    tab.call(TagsState, "addAndWait", "lost").catch(() => {});
    await inside;
    await tab.disconnect();
    await other.call(TagsState, "add", "kept");
    expect(await names(app.server)).toEqual(["kept"]);
  });

  test("keeps one manager through the yields of an event, and gives background work one too", async () => {
    await using app = await testApp({ root });
    await using tab = await app.open("/");
    await tab.call(TagsState, "slowly", "one");
    await tab.call(TagsState, "addInBackground", "two");
    await tab.until(TagsState, (view) => view.names.length === 3);
    expect(await names(app.server)).toEqual(["one", "one after the yield", "two"]);
  });

  test("has its database in hooks", async () => {
    await using app = await testApp({ root });
    await using tab = await app.open("/");
    await tab.call(TagsState, "add", "one");
    await tab.disconnect();
    await tab.reconnect();
    await tab.until(TagsState, (view) => view.connected === 1);
  });

  test("has its database in every HTTP view, with a manager for each request, after a body was read too", async () => {
    await using app = await testApp({ root });
    const post = async (name: string) => {
      const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ name }) };
      return (await app.fetch("/api/tags", init)).json();
    };
    expect(await post("one")).toEqual({ managers: 1 });
    expect(await post("two")).toEqual({ managers: 2 });
    expect(await (await app.fetch("/api/tags")).json()).toEqual([{ name: "one" }, { name: "two" }]);
  });

  test("tells the browser what was wrong with a row, and no SQL", async () => {
    await using app = await testApp({ root });
    await using tab = await app.open("/");
    await tab.call(TagsState, "add", "one");
    await expect(tab.call(TagsState, "add", "one")).rejects.toMatchObject({
      code: "DATABASE_UNIQUE",
      message: "Another Tag has this name.",
    });
  });

  test("SEC-12: no object that a browser sends stands in a condition, as an argument, in a field, or in a var", async () => {
    await using app = await testApp({ root });
    await using tab = await app.open("/");
    for (const name of ["one", "two"]) await tab.call(TagsState, "add", name);
    const refused = { code: "QUERY_UNTRUSTED" };
    for (const sent of [{ $ne: "zzz" }, { startsWith: "o" }]) {
      await expect(tab.call(TagsState, "find", sent)).rejects.toMatchObject(refused);
      await expect(tab.call(TagsState, "findAny", { name: sent })).rejects.toMatchObject(refused);
      await expect(tab.call(TagsState, "findAny", { $or: [{ name: sent }] })).rejects.toMatchObject(refused);
      await tab.call(TagsState, "keep", sent);
      await expect(tab.call(TagsState, "findKept", "_kept")).rejects.toMatchObject(refused);
      await tab.write(TagsState, "wanted", sent);
      for (const where of ["kept", "plain", "copy"] as const)
        await expect(tab.call(TagsState, "findKept", where)).rejects.toMatchObject(refused);
    }
    await tab.call(TagsState, "find", "two");
    expect(tab.view(TagsState).names).toEqual(["two"]);
    await tab.write(TagsState, "wanted", "one");
    await tab.call(TagsState, "findKept", "kept");
    expect(tab.view(TagsState).names).toEqual(["one"]);
    await expect(tab.call(TagsState, "findRead", '{"name":{"startsWith":"o"}}' as never)).rejects.toMatchObject(
      refused,
    );
    // What the app itself has written stands in a condition, whatever a schema has made of it.
    await expect(tab.call(TagsState, "findGiven", "two" as never)).rejects.toMatchObject(refused);
    await tab.call(TagsState, "findOwn", "two");
    expect(tab.view(TagsState).names).toEqual(["two"]);
  });

  test("closes its database when it stops", async () => {
    const app = await testApp({ root });
    const { database } = app.server;
    await app.close();
    await expect(database?.execute("select 1")).rejects.toMatchObject({ code: "DATABASE_CLOSED" });
  });

  test("goes on with its rows and connections when its models were changed in development", async () => {
    const copy = await mkdtemp(join(import.meta.dirname, "tmp-app-"));
    try {
      await cp(root, copy, { recursive: true });
      await using server = Object.assign(await createServer({ root: copy, mode: "development", port: 0 }), {
        [Symbol.asyncDispose]: () => server.close(),
      });
      await server.listen();
      const app = new TestApp(server);
      await using tab = await app.open("/");
      await tab.call(TagsState, "add", "one");
      const before = server.database;
      const file = join(copy, "src/models.ts");
      const text = await readFile(file, "utf8");
      await writeFile(file, `${text}\nexport class Extra extends model("Extra", { id: p.integer().primary() }) {}\n`);
      while (server.database === before) await sleep(20);
      expect([...(server.database?.models.keys() ?? [])]).toEqual(expect.arrayContaining(["Tag", "Extra"]));
      await tab.call(TagsState, "add", "two");
      expect(await names(server)).toEqual(["one", "two"]);
    } finally {
      // Vite may still be writing its cache.
      await rm(copy, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    }
  });

  test("does not start with a database that can't be opened, and says why", async () => {
    const config = { backendPrefix: "/api", database: { url: "sqlite:/nowhere/at/all.sqlite3" } };
    await expect(createServer({ root, mode: "test", config, port: 0 })).rejects.toMatchObject({
      code: "DATABASE_OPEN_FAILED",
    });
  });
});

describe("An app with jobs", () => {
  test("has its database where its routes are registered, when it is ready and when it is closed", async () => {
    doings.heard.length = 0;
    await using app = await testApp({ root: jobs });
    expect(doings.ready).toBe(0);
    await app.run(() => objects(Tag).create({ name: "one" }));
    const headers = { "content-type": "application/json" };
    await app.fetch("/api/tags", { method: "POST", headers, body: JSON.stringify({ name: "two" }) });
    // Its tables are there before its code runs; its permissions are written afterwards.
    expect(doings.heard).toEqual(["Permission create", "Tag create", "Tag create"]);
    await app.close();
    expect(doings.closed).toBe(2);
  });

  test("has its database in a job, of which each run has a unit of work of its own", async () => {
    await using app = await testApp({ root: jobs });
    const run = () => new Promise<JobRun>((resolve) => (doings.next = resolve));
    const runs = [await run(), await run()];
    expect(runs.map(({ created }) => created)).toEqual(["job 0", "job 1"]);
    expect(await names(app.server)).toEqual(["job 0, done", "job 1, done"]);
    expect(new Set(runs.flatMap(({ inAtomic, inUnitOfWork }) => [inAtomic, inUnitOfWork])).size).toBe(4);
    expect(runs.flatMap(({ refused }) => refused)).toEqual(Array(4).fill("DATABASE_NO_UNIT_OF_WORK"));
  });

  test("is listed without a database of its own: nothing is made ready, and what is registered finds an empty one", async () => {
    delete doings.ready;
    const output = await callCommand("routes", [], { root: jobs });
    expect(output).toContain("/api/tags");
    expect(await callCommand("check", [], { root: jobs })).toContain("No problems");
    expect(doings.ready).toBeUndefined();
  });
});

test("An app without models opens no database", async () => {
  await using app = await testApp({ root: join(import.meta.dirname, "../fixtures/server-app") });
  expect(app.server.database).toBeUndefined();
});
