import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { atomic, type Database, entityManager, objects, withDatabase } from "../../../src/models/index.ts";
import { Tag } from "../models.ts";
import type { OpenDatabase, TestDatabase } from "../servers.ts";

/** A network between the app and the database that can begin to drop every packet. */
class Network {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #port = 0;

  constructor(port: number) {
    this.#server = createServer((near) => {
      const far = connect(port, "127.0.0.1");
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(one);
        one.on("error", () => {});
        one.on("close", () => other.destroy());
        one.on("data", (data) => void (this.#sockets.has(one) && other.write(data)));
      }
    });
  }

  async listen(url: string): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.#port = (this.#server.address() as { port: number }).port;
    const address = new URL(url);
    address.port = String(this.#port);
    return address.href;
  }

  /** Drops what the connections of now send from here on; new ones work. */
  swallow(): void {
    this.#sockets.clear();
  }

  close(): void {
    this.#server.close();
  }
}

/** A database server that does not answer, and whose connections do not end either. */
export function silentNetwork(open: OpenDatabase): void {
  describe.skipIf(open.dialect === "sqlite")("a network that drops packets", () => {
    let opened: TestDatabase;
    let network: Network;
    let database: Database;

    beforeEach(async () => {
      opened = await open({});
      network = new Network(Number(new URL(opened.url).port || (open.dialect === "mysql" ? 3306 : 5432)));
      const url = await network.listen(opened.url);
      database = await opened.second({ url, statementTimeout: 100, poolSize: 6 });
    });
    afterEach(async () => {
      await opened.close();
      network.close();
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
      network.swallow();
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
