import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Database, type Dialect } from "../../dist/models/index.js";
import { DatabaseSessions, SessionRecord } from "../../dist/sessions/index.js";
import type { OpenStorage } from "./session-world.ts";

/** Sessions in databases at addresses that `address` makes. */
export function databaseStorage(label: Dialect, address: () => Promise<string>): OpenStorage {
  const open = async () => {
    const url = await address();
    const queries: string[] = [];
    const databases: Database[] = [];
    const connect = async () => {
      const database = await Database.open({ url, models: [SessionRecord], onQuery: (sql) => queries.push(sql) });
      databases.push(database);
      return database;
    };
    const admin = await connect();
    await admin.orm.schema.create();
    const at = (index: number) => admin.placeholder(index);
    return {
      queries,
      backend: async (now: () => number) => {
        const database = await connect();
        queries.length = 0;
        return new DatabaseSessions(database, { now });
      },
      stored: async () => {
        const { rows } = await admin.execute("select id from antiphon_session");
        queries.pop();
        return rows.map(({ id }) => String(id));
      },
      plant: async (id: string, data: string) => {
        const sql = `update antiphon_session set data = ${at(0)}, version = version + 1 where id = ${at(1)}`;
        await admin.execute(sql, [data, id]);
        queries.pop();
      },
      close: async () => {
        for (const database of databases) await database.close();
      },
    };
  };
  return Object.assign(open, { label });
}

/** Sessions in SQLite files of their own, taken away at the end. */
export function sqliteStorage(): { open: OpenStorage; address(): Promise<string>; stop(): Promise<void> } {
  let folder: Promise<string> | undefined;
  const address = async () => {
    folder ??= mkdtemp(join(tmpdir(), "antiphon-sessions-"));
    return `sqlite:${join(await folder, `${randomUUID()}.sqlite3`)}`;
  };
  return {
    open: databaseStorage("sqlite", address),
    address,
    stop: async () => {
      if (folder) await rm(await folder, { recursive: true, force: true });
    },
  };
}
