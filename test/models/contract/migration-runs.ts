import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Database, type Dialect } from "../../../src/models/index.ts";
import { makeEmptyMigrations, makeMigrations } from "../../../src/models/migrations/make-migrations.ts";
import {
  type MigrateProgress,
  migrateDatabase,
  migrationStatus,
  pendingMigrations,
  planDatabase,
} from "../../../src/models/migrations/migrate.ts";
import { putRecord, readRecords } from "../../../src/models/migrations/migration-records.ts";
import { blog } from "../migration-models.ts";
import { fill, migrationProjects } from "../migration-project.ts";

/** What migrate promises, on one kind of database; `address` makes an empty database of it. */
export function migrationRunContract(dialect: Dialect, address: () => Promise<string>): void {
  const { project, openDatabase, root } = migrationProjects(dialect, address);
  const isMysql = dialect === "mysql";

  describe(`Migrations that are run on ${dialect}`, () => {
    it("leave data and tables as they were when a migration fails half-way", async () => {
      const { write, migrate, rows, database, folder } = await project();
      await fill(rows);
      const q = isMysql ? "`" : '"';
      const statements = [
        `alter table ${q}post${q} add column ${q}extra${q} integer null`,
        `update ${q}post${q} set ${q}extra${q} = 1`,
        `insert into ${q}nowhere${q} values (1)`,
        `update ${q}post${q} set ${q}extra${q} = ${q}extra${q} + 1`,
      ];
      const text = (list: readonly string[]) =>
        `export const up = ${JSON.stringify(list)};\nexport const down = [${JSON.stringify(`alter table ${q}post${q} drop column ${q}extra${q}`)}];\n`;
      write("0002_broken", text(statements));
      const error = await migrate().catch((failure) => failure);
      expect(error.message).toContain("0002_broken failed at statement 3 of 4");
      if (!isMysql) {
        expect(error.code).toBe("MIGRATION_FAILED");
        await expect(rows("select `extra` from `post`")).rejects.toThrow();
        expect(await rows("select * from `post`")).toHaveLength(3);
        expect(await pendingMigrations(database, { folder })).toEqual(["0002_broken"]);
        return;
      }
      // What was done stays, and the next run goes on behind it.
      expect(error.code).toBe("MIGRATION_STOPPED");
      expect(await migrationStatus(database, { folder })).toMatchObject([{ state: "applied" }, { state: "half" }]);
      await expect(migrate({ target: "0001" })).rejects.toMatchObject({ code: "MIGRATION_HALF_DONE" });
      write("0002_broken", text(["select 1", ...statements.slice(1)]));
      await expect(migrate()).rejects.toMatchObject({ code: "MIGRATION_HALF_DONE" });
      write("0002_broken", text(statements.with(2, "select 1")));
      expect((await migrate()).applied).toEqual(["0002_broken"]);
      expect(await rows("select `extra` from `post` where `id` = 1")).toEqual([{ extra: 2 }]);
      expect((await migrate({ target: "0001" })).undone).toEqual(["0002_broken"]);
    });

    it("name the columns and the values that keep a column from being unique", async () => {
      const { write, migrate, rows } = await project();
      await fill(rows);
      await rows("create table `stamp` (`name` varchar(20), `kind` varchar(20))");
      for (const name of ["twice", "once", "twice"]) await rows(`insert into \`stamp\` values ('${name}', 'a')`);
      const q = isMysql ? "`" : '"';
      const list = `(${q}name${q}, ${q}kind${q})`;
      const unique = {
        sqlite: `create unique index "stamp_unique" on "stamp" ${list}`,
        postgres: `alter table "stamp" add constraint "stamp_unique" unique ${list}`,
        mysql: `alter table \`stamp\` add unique \`stamp_unique\` ${list}`,
      }[dialect];
      write("0002_unique", `export const up = ${JSON.stringify([unique])};\n`);
      await expect(migrate()).rejects.toMatchObject({
        code: "MIGRATION_FAILED",
        message: expect.stringContaining(
          'several rows of stamp have the same name and kind, for example "twice" and "a"',
        ),
      });
    });

    it("change data in run() and undo(), and take everything back when it fails", async () => {
      const { write, migrate, rows, folder } = await project();
      await fill(rows);
      const [path] = await makeEmptyMigrations({ folder, dialects: [dialect], name: "data" });
      expect(readFileSync(path as string, "utf8")).toContain("export async function run(database: MigrationDatabase)");
      const body = (ending: string) => `export const up = [];
        export const down = [];
        export async function run(database: { execute(sql: string, values?: unknown[]): Promise<unknown>; placeholder(index: number): string }) {
          await database.execute(\`update post set title = \${database.placeholder(0)} where id = \${database.placeholder(1)}\`, ["new", 1]);
          ${ending}
        }
        export async function undo(database: { execute(sql: string): Promise<unknown> }) {
          await database.execute("update post set title = 'old' where id = 1");
        }`;
      rmSync(path as string);
      write("0002_data", body('throw new Error("no luck");'));
      await expect(migrate()).rejects.toMatchObject({
        code: "MIGRATION_FAILED",
        message: expect.stringContaining("failed at its run(): no luck"),
      });
      expect(await rows("select `title` from `post` where `id` = 1")).toEqual([{ title: "one" }]);
      write("0002_data", body(""));
      await migrate();
      expect(await rows("select `title` from `post` where `id` = 1")).toEqual([{ title: "new" }]);
      await migrate({ target: "0001_initial" });
      expect(await rows("select `title` from `post` where `id` = 1")).toEqual([{ title: "old" }]);
    });

    it("are done once when several processes migrate at once", async () => {
      const folder = mkdtempSync(join(root, `${dialect}-`));
      const url = await address();
      await makeMigrations({ models: blog(), folder, dialects: [dialect] });
      const slow = {
        sqlite:
          "with recursive c(n) as (select 1 union all select n + 1 from c where n < 2000000) insert into label (id, text) select 1, count(*) from c",
        postgres: "insert into label (id, text) select 1, 'x' from pg_sleep(0.4)",
        mysql: "insert into label (id, text) select 1, sleep(0.4)",
      }[dialect];
      writeFileSync(
        join(folder, dialect, "0002_slow.ts"),
        `export const up = [${JSON.stringify(slow)}];\nexport const down = [];\n`,
      );
      const database = await openDatabase(url);
      const script = join(import.meta.dirname, "../migrate-child.ts");
      const children = [1, 2, 3].map(() =>
        spawn(process.execPath, [script, url, folder], { stdio: ["pipe", "pipe", "inherit"] }),
      );
      const outputs = children.map((child) => {
        let text = "";
        child.stdout.setEncoding("utf8").on("data", (part) => {
          text += part;
        });
        return () => text;
      });
      const ready = (child: (typeof children)[number]) =>
        Promise.race([once(child.stdout, "data"), once(child, "close")]);
      await Promise.all(children.map(ready));
      for (const child of children) child.stdin.write("go\n");
      const codes = await Promise.all(children.map((child) => once(child, "close").then(([code]) => code)));
      expect(codes).toEqual([0, 0, 0]);
      const applied = outputs.flatMap((text) => JSON.parse(text().split("\n")[1] ?? "[]") as string[]);
      expect(applied.sort()).toEqual(["0001_initial", "0002_slow"]);
      expect((await database.execute("select id from label")).rows).toEqual([{ id: 1 }]);
    });

    it("plan without doing, record without doing, and tell how each stands", async () => {
      const { make, migrate, database, folder, rows } = await project();
      await make(blog({ without: ["title"] }));
      const { steps } = await planDatabase(database, { folder });
      expect(steps.map(({ file, direction }) => [file.name, direction])).toEqual([["0002_remove_post_title", "up"]]);
      expect((await migrate({ fake: true })).applied).toEqual(["0002_remove_post_title"]);
      await rows("select `title` from `post`");
      expect(await migrationStatus(database, { folder })).toMatchObject([
        { name: "0001_initial", state: "applied", edited: false },
        { name: "0002_remove_post_title", state: "applied", edited: false },
      ]);
      expect((await migrate({ target: "0001", fake: true })).undone).toEqual(["0002_remove_post_title"]);
      await expect(migrate({ target: "0007" })).rejects.toMatchObject({ code: "MIGRATION_TARGET_UNKNOWN" });
    });

    it("notice files that were changed, are missing, come too late or share a number", async () => {
      const { migrate, write, folder, database } = await project();
      const empty = "export const up = [];\nexport const down = [];\n";
      write("0003_later", empty);
      await migrate();
      write("0003_later", `// edited\n${empty}`);
      expect((await migrate()).warnings).toEqual([
        expect.stringMatching(/changed after they were applied: 0003_later/),
      ]);
      await migrate({ fake: true });
      expect((await migrate()).warnings).toEqual([]);
      write("0002_early", empty);
      await expect(migrate()).rejects.toMatchObject({ code: "MIGRATION_OUT_OF_ORDER" });
      rmSync(join(folder, dialect, "0002_early.ts"));
      write("0003_twin", empty);
      await expect(migrate()).rejects.toMatchObject({ code: "MIGRATION_NUMBER_TWICE" });
      rmSync(join(folder, dialect, "0003_twin.ts"));
      rmSync(join(folder, dialect, "0003_later.ts"));
      await expect(migrate()).rejects.toMatchObject({ code: "MIGRATION_MISSING_ON_DISK" });
      expect(await migrationStatus(database, { folder })).toMatchObject([{ state: "applied" }, { state: "missing" }]);
      write("0003_later", "export const up = 3;");
      await migrate({ target: "0001", fake: true });
      await expect(migrate()).rejects.toMatchObject({ code: "MIGRATION_FILE_INVALID" });
    });

    it("record how far one came in a single statement, so that a crash loses no record", async () => {
      const { database } = await project();
      const seen: string[] = [];
      const watched = {
        dialect,
        placeholder: (index: number) => database.placeholder(index),
        execute: (sql: string, values?: readonly unknown[]) => {
          seen.push(sql);
          return database.execute(sql, values);
        },
      };
      const half = { done: 2, direction: "up" } as const;
      await putRecord(watched, { name: "0001_initial", checksum: "x", half });
      expect(seen).toHaveLength(1);
      expect(await readRecords(database)).toMatchObject([{ name: "0001_initial", checksum: "x", half }]);
    });

    if (dialect === "sqlite") sqliteOnly(project, root);
    else {
      it("tell what failed when the connection is lost with it", async () => {
        const { write, migrate } = await project();
        const end = isMysql ? "kill connection_id()" : "select pg_terminate_backend(pg_backend_pid())";
        write("0002_lost", `export const up = [${JSON.stringify(end)}];\nexport const down = [];\n`);
        await expect(migrate()).rejects.toMatchObject({
          code: "MIGRATION_FAILED",
          message: expect.stringContaining("0002_lost failed at statement 1 of 1"),
        });
        write("0002_lost", "export const up = [];\nexport const down = [];\n");
        expect((await migrate()).applied).toEqual(["0002_lost"]);
      });
    }
  });
}

function sqliteOnly(project: ReturnType<typeof migrationProjects>["project"], root: string): void {
  it("refuse to drop something outside a transaction, where the rows that refer to it would go too", async () => {
    const { make, migrate, rows, write, folder } = await project();
    await fill(rows);
    await make(blog({ nullableName: true }));
    const name = "0002_change_author_name";
    const text = readFileSync(join(folder, "sqlite", `${name}.ts`), "utf8");
    write(name, `${text}\nexport const transaction = false;\n`);
    await expect(migrate()).rejects.toMatchObject({
      code: "MIGRATION_FILE_INVALID",
      message: expect.stringContaining("transaction = false"),
    });
    expect(await rows("select * from post")).toHaveLength(3);
    write(name, "export const up = ['vacuum'];\nexport const down = [];\nexport const transaction = false;\n");
    expect((await migrate()).applied).toEqual([name]);
  });

  it("keep the rows that refer to a table that run() builds anew", async () => {
    const { migrate, rows, write, url } = await project();
    await fill(rows);
    const steps = [
      "create table fresh (id integer primary key, name text, email text)",
      "insert into fresh select id, upper(name), email from author",
      "drop table author",
      "alter table fresh rename to author",
    ];
    write(
      "0002_by_hand",
      `export const up = [];
      export async function run(database: { execute(sql: string): Promise<unknown> }) {
        ${steps.map((sql) => `await database.execute("${sql}");`).join("\n")}
      }`,
    );
    await migrate();
    expect(await rows("select name from author where id = 1")).toEqual([{ name: "ADA" }]);
    expect(await rows("select * from post where author_id = 1")).toHaveLength(2);
    expect(existsSync(`${url.replace("sqlite:", "")}.0002_by_hand.backup`)).toBe(true);
  });

  it("copy the file once in a run, as it was before the first that takes something away", async () => {
    const { make, migrate, rows, url } = await project();
    await fill(rows);
    await make(blog({ without: ["title"] }));
    await make(blog({ without: ["title", "body"] }));
    const seen: MigrateProgress[] = [];
    const onProgress = (progress: MigrateProgress) => seen.push(progress);
    await migrate({ onProgress });
    const copies = seen.flatMap((progress) => (progress.state === "backup" ? [progress.file] : []));
    expect(copies).toEqual([`${url.replace("sqlite:", "")}.0002_remove_post_title.backup`]);
    const copy = await Database.open({ url: `sqlite:${copies[0]}`, models: [] });
    expect((await copy.execute("select title, body from post where id = 1")).rows).toEqual([
      { title: "one", body: "" },
    ]);
    await copy.close();
  });

  it("copy the file in the run that does the work alone, when two begin at once", async () => {
    const { make, database, open, rows, folder } = await project();
    await fill(rows);
    await make(blog({ without: ["title"] }));
    const copies: string[] = [];
    const onProgress = (progress: MigrateProgress) => {
      if (progress.state === "backup") copies.push(progress.file);
    };
    const other = await open([]);
    const both = [database, other].map((one) => migrateDatabase(one, { folder, onProgress }));
    const applied = (await Promise.all(both)).flatMap((result) => result.applied);
    expect(applied).toEqual(["0002_remove_post_title"]);
    expect(copies).toHaveLength(1);
    const copy = await Database.open({ url: `sqlite:${copies[0]}`, models: [] });
    expect((await copy.execute("select title from post where id = 1")).rows).toEqual([{ title: "one" }]);
    await copy.close();
  });

  it("are not made anew when the snapshot of the tables is lost", async () => {
    const { make, folder, files } = await project();
    rmSync(join(folder, "sqlite/.snapshot.json"));
    await expect(make(blog())).rejects.toMatchObject({ code: "MIGRATION_SNAPSHOT_INVALID" });
    await expect(makeEmptyMigrations({ folder, dialects: ["sqlite"] })).rejects.toMatchObject({
      code: "MIGRATION_SNAPSHOT_INVALID",
    });
    expect(files()).toEqual(["0001_initial.ts"]);
  });

  it("may begin with one for data", async () => {
    const folder = mkdtempSync(join(root, "sqlite-"));
    await makeEmptyMigrations({ folder, dialects: ["sqlite", "postgres"], name: "extensions" });
    const made = await makeMigrations({ models: blog(), folder, dialects: ["sqlite", "postgres"] });
    expect(made.map(({ path = "" }) => path.slice(folder.length + 1))).toEqual([
      "sqlite/0002_initial.ts",
      "postgres/0002_initial.ts",
    ]);
    expect(made[1]?.up.join("\n")).not.toMatch(/create schema/);
  });

  it("refuse to leave rows that refer to nothing behind, and take everything back", async () => {
    const { write, migrate, rows } = await project();
    await fill(rows);
    write(
      "0002_orphans",
      'export const up = ["create table gone (id integer)", "drop table gone", "delete from author where id = 1"];',
    );
    await expect(migrate()).rejects.toMatchObject({
      code: "MIGRATION_FOREIGN_KEYS",
      message: expect.stringMatching(/3 of post to author/),
    });
    expect(await rows("select * from author")).toHaveLength(2);
    expect(await rows("pragma foreign_keys")).toEqual([{ foreign_keys: 1 }]);
  });

  it("keep triggers and views of a table that is built anew, and the numbers that were given", async () => {
    const { make, migrate, rows } = await project();
    await fill(rows);
    await rows("insert into author (id, name) values (50, 'gone')");
    await rows("delete from author where id = 50");
    await rows("create view names as select name from author");
    await rows(
      "create trigger shout after insert on author begin update author set email = 'new' where id = new.id; end",
    );
    await make(blog({ nullableName: true }));
    await migrate();
    await rows("insert into author (name) values ('cy')");
    expect(await rows("select id, email from author where name = 'cy'")).toEqual([{ id: 51, email: "new" }]);
    expect(await rows("select * from names")).toHaveLength(3);
  });

  it("copy the file before a table is built anew", async () => {
    const { make, migrate, rows, url } = await project();
    await fill(rows);
    await make(blog({ nullableName: true }));
    const backup = `${url.replace("sqlite:", "")}.0002_change_author_name.backup`;
    expect(existsSync(backup)).toBe(false);
    await migrate();
    const copy = await Database.open({ url: `sqlite:${backup}`, models: [] });
    expect((await copy.execute("select id from post")).rows).toHaveLength(3);
    expect((await copy.execute("select name from antiphon_migrations")).rows).toEqual([{ name: "0001_initial" }]);
    await copy.close();
  });
}
