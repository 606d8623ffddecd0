import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, globSync } from "node:fs";
import { chown, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { Database, type DatabaseOptions, type Dialect } from "../../src/models/database/database.ts";
import { MODELS } from "../models/models.ts";

const run = promisify(execFile);

/** A database server for tests. */
export interface TestServer {
  /** Makes an empty database and gives its address. */
  createDatabase(): Promise<string>;
  stop(): Promise<void>;
}

/** An open database with the test models' tables, empty. */
export interface TestDatabase {
  readonly database: Database;
  readonly url: string;
  /** Another connection to the same database, as another process would have it; not on SQLite in memory. */
  second(options?: Partial<DatabaseOptions>): Promise<Database>;
  close(): Promise<void>;
}

/** What opens a fresh database for one test. */
export type OpenDatabase = ((options?: Partial<DatabaseOptions>) => Promise<TestDatabase>) & {
  readonly dialect: Dialect;
};

/** Opens fresh databases at addresses that `address` makes. */
export function opener(dialect: Dialect, address: () => Promise<string>): OpenDatabase {
  const open = async (options: Partial<DatabaseOptions> = {}): Promise<TestDatabase> => {
    const url = options.url ?? (await address());
    const others: Database[] = [];
    const database = await Database.open({ url, models: MODELS, ...options });
    try {
      await database.orm.schema.create();
    } catch (error) {
      await database.close();
      throw error;
    }
    return {
      database,
      url,
      async second(more = {}) {
        const other = await Database.open({ url, models: MODELS, ...options, ...more });
        others.push(other);
        return other;
      },
      async close() {
        for (const each of [...others, database]) await each.close();
      },
    };
  };
  return Object.assign(open, { dialect });
}

/** Opens SQLite files of their own, taken away at the end. */
export function sqliteFiles(): { open: OpenDatabase; stop(): Promise<void> } {
  let folder: Promise<string> | undefined;
  const address = async () => {
    folder ??= mkdtemp(join(tmpdir(), "antiphon-sqlite-"));
    return `sqlite:${join(await folder, `${randomUUID()}.sqlite3`)}`;
  };
  return {
    open: opener("sqlite", address),
    stop: async () => {
      if (folder) await rm(await folder, { recursive: true, force: true });
    },
  };
}

/** Starts PostgreSQL, or uses ANTIPHON_TEST_POSTGRES_URL; a sentence says why there is none. */
export async function postgresServer(): Promise<TestServer | string> {
  const given = process.env.ANTIPHON_TEST_POSTGRES_URL;
  if (given) return postgresAt(given, async () => {});
  const folder = globSync("/usr/lib/postgresql/*/bin").sort().at(-1);
  if (!folder || !existsSync(join(folder, "initdb"))) return "PostgreSQL is not installed: apt install postgresql";
  const user = await unprivileged("postgres");
  const data = await dataFolder("antiphon-postgres-", user);
  const port = await freePort();
  await run(
    join(folder, "initdb"),
    ["-D", data, "-U", "antiphon", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"],
    asUser(user),
  );
  const settings = [
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=300",
  ];
  const options = settings.flatMap((setting) => ["-c", setting]);
  const child = spawn(join(folder, "postgres"), ["-D", data, "-p", String(port), ...options], {
    stdio: "ignore",
    ...asUser(user),
  });
  const stop = () => stopped(child, "SIGINT", data);
  const server = postgresAt(`postgres://antiphon@127.0.0.1:${port}/postgres`, stop);
  return ready(server, stop);
}

function postgresAt(url: string, stop: () => Promise<void>): TestServer {
  return {
    async createDatabase() {
      const name = `antiphon_${randomUUID().replaceAll("-", "")}`;
      await using admin = await Database.open({ url, models: [], poolSize: 1 });
      await admin.execute(`create database ${name}`);
      return withPath(url, name);
    },
    stop,
  };
}

/** Starts MariaDB, or uses ANTIPHON_TEST_MYSQL_URL; a sentence says why there is none. */
export async function mysqlServer(): Promise<TestServer | string> {
  const given = process.env.ANTIPHON_TEST_MYSQL_URL;
  if (given) return mysqlAt(given, async () => {});
  const binary = ["/usr/sbin/mariadbd", "/usr/sbin/mysqld"].find((file) => existsSync(file));
  const install = "/usr/bin/mariadb-install-db";
  if (!binary || !existsSync(install)) return "MariaDB is not installed: apt install mariadb-server";
  const user = await unprivileged("mysql");
  const data = await dataFolder("antiphon-mariadb-", user);
  const port = await freePort();
  await run(
    install,
    ["--no-defaults", `--datadir=${data}`, "--auth-root-authentication-method=normal", "--skip-test-db"],
    asUser(user),
  );
  const settings = [
    "--no-defaults",
    `--datadir=${data}`,
    `--port=${port}`,
    "--bind-address=127.0.0.1",
    `--socket=${join(data, "s.sock")}`,
    "--innodb-flush-log-at-trx-commit=0",
    "--skip-log-bin",
    "--skip-name-resolve",
    "--character-set-server=utf8mb4",
  ];
  const child = spawn(binary, settings, { stdio: "ignore", ...asUser(user) });
  const stop = () => stopped(child, "SIGTERM", data);
  // With --skip-name-resolve, root may come from the socket only: the one account is made over it.
  const server = mysqlAt(`mysql://root@127.0.0.1:${port}/mysql`, stop);
  return ready(server, stop);
}

function mysqlAt(url: string, stop: () => Promise<void>): TestServer {
  return {
    async createDatabase() {
      const name = `antiphon_${randomUUID().replaceAll("-", "")}`;
      await using admin = await Database.open({ url, models: [], poolSize: 1 });
      await admin.execute(`create database ${name} character set utf8mb4`);
      return withPath(url, name);
    },
    stop,
  };
}

async function ready(server: TestServer, stop: () => Promise<void>): Promise<TestServer> {
  const end = Date.now() + 30_000;
  for (;;) {
    try {
      await server.createDatabase();
      return server;
    } catch (error) {
      if (Date.now() > end) {
        await stop();
        throw error;
      }
      await sleep(100);
    }
  }
}

function withPath(url: string, name: string): string {
  const parsed = new URL(url);
  parsed.pathname = `/${name}`;
  return parsed.href;
}

interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** Database servers refuse to run as root; undefined when this process is nobody special already. */
async function unprivileged(name: string): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const id = async (flag: string, account: string) => Number((await run("id", [flag, account])).stdout);
  for (const account of [name, "nobody"]) {
    try {
      return { uid: await id("-u", account), gid: await id("-g", account) };
    } catch {
      // The next one.
    }
  }
  return undefined;
}

function asUser(user: Account | undefined): { uid?: number; gid?: number; cwd: string } {
  return { ...user, cwd: "/" };
}

async function dataFolder(prefix: string, user: Account | undefined): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), prefix));
  if (user) await chown(folder, user.uid, user.gid);
  return folder;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

async function stopped(child: ChildProcess, signal: NodeJS.Signals, data: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill(signal);
    await Promise.race([ended, sleep(10_000, undefined, { ref: false })]);
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await ended;
  }
  await rm(data, { recursive: true, force: true });
}
