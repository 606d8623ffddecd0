import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach } from "vitest";
import { Database, type Dialect, type ModelClass } from "../../src/models/index.ts";
import { type MakeMigrationsOptions, makeMigrations } from "../../src/models/migrations/make-migrations.ts";
import { migrateDatabase } from "../../src/models/migrations/migrate.ts";
import { blog } from "./migration-models.ts";

const root = mkdtempSync(join(tmpdir(), "antiphon-migrations-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Makes projects with a folder of migrations and a database; what they open is closed after each test. */
export function migrationProjects(dialect: Dialect, address: () => Promise<string>) {
  const opened: Database[] = [];
  afterEach(async () => {
    for (const database of opened.splice(0)) await database.close();
  });

  const isMysql = dialect === "mysql";

  async function project(models: readonly ModelClass[] = blog()) {
    const folder = mkdtempSync(join(root, `${dialect}-`));
    const url = await address();
    const open = async (given: readonly ModelClass[]) => {
      const database = await Database.open({ url, models: given });
      opened.push(database);
      return database;
    };
    const database = await open(models);
    const make = (given: readonly ModelClass[], options: Partial<MakeMigrationsOptions> = {}) =>
      makeMigrations({ models: given, folder, dialects: [dialect], ...options });
    const migrate = (options: Partial<Parameters<typeof migrateDatabase>[1]> = {}) =>
      migrateDatabase(database, { folder, ...options });
    await make(models);
    await migrate();
    const rows = async (sql: string) => (await database.execute(sql.replaceAll("`", isMysql ? "`" : '"'))).rows;
    const write = (name: string, text: string) => writeFileSync(join(folder, dialect, `${name}.ts`), text);
    /** What the ORM would still change; nothing when the tables are those of the models. MariaDB answers in other words. */
    const drift = async (given: readonly ModelClass[]) => {
      if (isMysql) return "";
      const sql = await (await open(given)).orm.schema.getUpdateSchemaSQL({ wrap: false });
      return sql.replace(/drop table if exists [`"]antiphon_migrations[`"](?: cascade)?;/, "").trim();
    };
    return {
      folder,
      url,
      database,
      open,
      make,
      migrate,
      rows,
      write,
      drift,
      files: () => readdirSync(join(folder, dialect)),
    };
  }
  const openDatabase = async (url: string, models: readonly ModelClass[] = []) => {
    const database = await Database.open({ url, models });
    opened.push(database);
    return database;
  };
  return { project, openDatabase, root };
}

/** A project, migrated to its first models. */
export type Project = Awaited<ReturnType<ReturnType<typeof migrationProjects>["project"]>>;

/** Fills a project's tables: two authors, three posts, labels on two of them, an editor. */
export async function fill(rows: (sql: string) => Promise<unknown>) {
  await rows("insert into `author` (`id`, `name`) values (1, 'ada'), (2, 'bob')");
  await rows("insert into `label` (`id`, `text`) values (1, 'red'), (2, 'blue')");
  await rows(
    "insert into `post` (`id`, `title`, `author_id`, `editor_id`) values (1, 'one', 1, 2), (2, 'two', 1, null), (3, 'three', 2, 1)",
  );
  await rows("insert into `post_labels` (`post_id`, `label_id`) values (1, 1), (1, 2), (3, 1)");
}
