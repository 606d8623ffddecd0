import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AntiphonError } from "../../../src/errors.ts";
import { atomic, type Database, entityManager, objects, withDatabase } from "../../../src/models/index.ts";
import { DatabaseSessions } from "../../../src/sessions/database-sessions.ts";
import { SessionRecord } from "../../../src/sessions/session-record.ts";
import type { OpenDatabase, TestDatabase } from "../../support/database-servers.ts";
import { Branch, Tag } from "../models.ts";

/** What fails although no value of a row is wrong. */
export function failures(open: OpenDatabase): void {
  describe("failures", () => {
    let opened: TestDatabase;
    let database: Database;

    beforeEach(async () => {
      opened = await open({ busyTimeout: 1_000 });
      database = opened.database;
    });
    afterEach(() => opened.close());

    const request = <T>(work: () => Promise<T>, target = database): Promise<T> => withDatabase(target, work);
    const insert = (name: string) =>
      database.execute(`insert into tag (name) values (${database.placeholder(0)})`, [name]);

    const ways: Readonly<Record<string, (sql: string) => Promise<unknown>>> = {
      SQL: (sql) => database.execute(sql),
      "SQL in atomic()": (sql) => atomic(() => database.execute(sql)),
      "SQL of the ORM": (sql) => entityManager().execute(sql),
      "SQL of the ORM in atomic()": (sql) => atomic(() => entityManager().execute(sql)),
    };

    test.each([
      ["select * from nowhere", "DATABASE_TABLE_MISSING"],
      ["select colour from tag", "DATABASE_COLUMN_UNKNOWN"],
      ["insert into tag (colour) values (1)", "DATABASE_COLUMN_UNKNOWN"],
      ["selekt 1", "DATABASE_STATEMENT_FAILED"],
      ["select no_such_function(1)", "DATABASE_STATEMENT_FAILED"],
      ["select 1 union select 1, 2", "DATABASE_STATEMENT_FAILED"],
    ])("A refused statement has a code of ours, whichever way it came: %s", async (sql, code) => {
      for (const [way, run] of Object.entries(ways)) {
        const error = await request(() => run(sql)).catch((reason: unknown) => reason);
        expect([way, error]).toEqual([way, expect.any(AntiphonError)]);
        expect([way, error]).toMatchObject([way, { code, status: 500, expose: false }]);
      }
    });

    test("A model without its table is told with the command that makes it.", async () => {
      await database.execute(`drop table ${database.quote("invoice")}`);
      const { Invoice } = await import("../models.ts");
      for (const read of [() => objects(Invoice).rows(), () => entityManager().find(Invoice, {})]) {
        await expect(request<unknown>(read)).rejects.toMatchObject({
          code: "DATABASE_TABLE_MISSING",
          message: expect.stringContaining("antiphon migrate"),
        });
      }
    });

    test.runIf(open.dialect === "postgres")("A sequence without further numbers has a code.", async () => {
      await database.execute("create sequence few maxvalue 2");
      await database.execute("select nextval('few'), nextval('few')");
      await expect(database.execute("select nextval('few')")).rejects.toMatchObject({
        code: "DATABASE_KEYS_EXHAUSTED",
      });
    });

    test.skipIf(open.dialect === "mysql")("A database that can only be read has a code.", async () => {
      const readOnly = open.dialect === "sqlite" ? "pragma query_only = on" : "set transaction read only";
      const failing = request(() =>
        atomic(async () => {
          await database.execute(readOnly);
          await insert("a");
        }),
      );
      await expect(failing).rejects.toMatchObject({ code: "DATABASE_READ_ONLY", status: 503, expose: true });
    });

    test("An error of the app's own code keeps its words, whatever they are.", async () => {
      for (const words of ["no such table: x", "No space left on device", "Got error 28"]) {
        const error = new Error(words);
        await expect(request(() => atomic(() => Promise.reject(error)))).rejects.toBe(error);
      }
    });

    test("A whole tree whose parents must stay until their children are gone is deleted at once.", async () => {
      const woods = await opened.second({ models: [Branch] });
      await woods.orm.schema.update();
      await request(async () => {
        const root = await objects(Branch).create({ name: "root" });
        const left = await objects(Branch).create({ name: "left", parent: root.id });
        await objects(Branch).create({ name: "right", parent: root.id });
        const leaf = await objects(Branch).create({ name: "leaf", parent: left.id });
        const own = await objects(Branch).create({ name: "own" });
        await objects(Branch).filter({ id: own.id }).update({ parent: own.id });
        const ring = await objects(Branch).create({ name: "ring", parent: own.id });
        const ring2 = await objects(Branch).create({ name: "ring 2", parent: ring.id });
        await objects(Branch).filter({ id: ring.id }).update({ parent: ring2.id });
        // A part of it that others still need stays whole.
        const needed = objects(Branch).filter({ name: { in: ["left", "right"] } });
        await expect(needed.delete()).rejects.toMatchObject({ code: "DATABASE_FOREIGN_KEY" });
        expect(await objects(Branch).count()).toBe(7);
        await objects(Branch)
          .filter({ id: { in: [left.id, leaf.id] } })
          .delete();
        expect(await objects(Branch).orderBy("name").pluck("name")).toEqual(["own", "right", "ring", "ring 2", "root"]);
        expect(await objects(Branch).delete()).toBe(5);
      }, woods);
    });

    describe.skipIf(open.dialect === "sqlite")("an exhausted pool", () => {
      test("Sessions and users are read and written while slow queries have all connections.", async () => {
        const crowded = await opened.second({ models: [Tag, SessionRecord], poolSize: 2, busyTimeout: 20_000 });
        await crowded.orm.schema.update();
        const sessions = new DatabaseSessions(crowded);
        const goOn = Promise.withResolvers<void>();
        const inside = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
        const holders = inside.map(({ resolve }) =>
          request(
            () =>
              atomic(() => {
                resolve();
                return goOn.promise;
              }),
            crowded,
          ),
        );
        await Promise.all(inside.map(({ promise }) => promise));
        const waiting = request(() => objects(Tag).count(), crowded);
        const stored = { data: "{}", version: 1, expiresAt: Date.now() + 60_000 };
        expect(await sessions.create("a".repeat(32), stored)).toBe(true);
        expect(await sessions.load("a".repeat(32))).toMatchObject({ data: "{}" });
        expect((await crowded.runReserved("select 1 as n")).rows).toEqual([{ n: 1 }]);
        goOn.resolve();
        await Promise.all([...holders, waiting]);
        await crowded.close();
        await expect(crowded.runReserved("select 1")).rejects.toMatchObject({ code: "DATABASE_CLOSED" });
      });
    });
  });
}
