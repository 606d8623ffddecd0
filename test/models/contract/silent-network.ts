import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { atomic, type Database, entityManager, objects, withDatabase } from "../../../src/models/index.ts";
import type { OpenDatabase, TestDatabase } from "../../support/database-servers.ts";
import { type Network, openNetwork } from "../../support/network.ts";
import { Tag } from "../models.ts";

/** A database server that does not answer, and whose connections do not end either. */
export function silentNetwork(open: OpenDatabase): void {
  describe.skipIf(open.dialect === "sqlite")("a network that drops packets", () => {
    let opened: TestDatabase;
    let network: Network;
    let database: Database;

    beforeEach(async () => {
      opened = await open({});
      network = await openNetwork(Number(new URL(opened.url).port || (open.dialect === "mysql" ? 3306 : 5432)));
      const address = new URL(opened.url);
      address.port = String(network.port);
      database = await opened.second({ url: address.href, statementTimeout: 100, poolSize: 6 });
    });
    afterEach(async () => {
      await opened.close();
      await network[Symbol.asyncDispose]();
    });

    const insert = (name: string) =>
      database.execute(`insert into tag (name) values (${database.placeholder(0)})`, [name]);

    test("Every statement ends with a code, dead connections are thrown away, and new ones work.", async () => {
      const request = <T>(work: () => Promise<T>): Promise<T> => withDatabase(database, work);
      const inside = Promise.withResolvers<void>();
      const dead = Promise.withResolvers<void>();
      const transaction = request(() =>
        atomic(async () => {
          await insert("lost");
          inside.resolve();
          await dead.promise;
          await insert("lost too");
        }),
      );
      const committingIsInside = Promise.withResolvers<void>();
      const committing = request(() =>
        atomic(async () => {
          await insert("unknown too");
          committingIsInside.resolve();
          await dead.promise;
        }),
      );
      await Promise.all([inside.promise, committingIsInside.promise]);
      // The rest of the pool is open and idle.
      await Promise.all([1, 2, 3, 4].map(() => request(() => atomic(() => insert(crypto.randomUUID())))));
      network.freeze();
      dead.resolve();
      const UNKNOWN = { status: "rejected", reason: expect.objectContaining({ code: "DATABASE_OUTCOME_UNKNOWN" }) };
      const unknown = Promise.allSettled([committing, request(() => insert("unknown"))]);
      const results = await Promise.allSettled([
        transaction,
        request(() => objects(Tag).count()),
        request(() => entityManager().find(Tag, {})),
      ]);
      expect(results).toEqual(
        results.map(() => ({
          status: "rejected",
          reason: expect.objectContaining({ code: "DATABASE_CONNECTION_LOST" }),
        })),
      );
      // What was sent outside of a transaction, or with its commit, may have been stored.
      expect(await unknown).toEqual([UNKNOWN, UNKNOWN]);
      // One of the pool has not been used since: it is as dead as the others, and nobody gets it.
      await Promise.all([1, 2, 3, 4].map((index) => request(() => insert(`next ${index}`))));
      const names = await request(() =>
        objects(Tag)
          .filter({ name: { startsWith: "next" } })
          .pluck("name"),
      );
      expect(names).toHaveLength(4);
    });

    test("A migration's connection waits for answers as long as they take.", async () => {
      const { MigrationSession } = await import("../../../src/models/migrations/migration-session.ts");
      const { alone } = await import("../../../src/models/migrations/migration-lock.ts");
      const sleep = open.dialect === "postgres" ? "select pg_sleep(6)" : "do sleep(6)";
      const patient = await opened.second({ statementTimeout: 500 });
      await MigrationSession.hold(patient, (session) =>
        alone(session, 1_000, async () => {
          if (open.dialect === "mysql") await session.execute("set session max_statement_time = 0");
          await session.execute(sleep);
        }),
      );
    });
  });
}
