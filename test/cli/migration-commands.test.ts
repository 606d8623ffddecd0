import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { callCommand } from "antiphon";
import { testApp } from "antiphon/testing";
import { describe, expect, it } from "vitest";
import { CliApp } from "../support/cli-app.ts";

describe("The commands for migrations", () => {
  it("write for each database, apply, show, print and undo", async () => {
    using app = new CliApp();
    expect((await app.run("makemigrations", "--check")).code).toBe(1);
    const made = await app.run("makemigrations");
    expect(made).toMatchObject({ code: 0, err: "" });
    const models = ["Author", "Book", "Group", "Permission", "SessionRecord", "ThrottleRecord", "User"];
    expect(made.out.split("\n").filter((line) => !/many-to-many/.test(line))).toEqual([
      ...["sqlite", "postgres"].flatMap((dialect) => [
        `migrations/${dialect}/0001_initial.ts`,
        ...models.map((name) => `  - Create model ${name}`),
      ]),
      "",
    ]);
    expect((await app.run("makemigrations")).out).toBe("No changes.\n");
    expect((await app.run("makemigrations", "--check")).code).toBe(0);
    expect((await app.run("showmigrations")).out).toBe("sqlite\n [ ] 0001_initial\n");
    expect((await app.run("migrate", "--plan")).out).toBe("apply  0001_initial\n");
    expect((await app.run("migrate")).out).toMatch(
      /^done {2}0001_initial .*\n1 migration applied\.\n28 permissions added\.\n$/,
    );
    expect((await app.run("migrate")).out).toBe("Nothing to do.\n");
    expect((await app.run("showmigrations")).out).toMatch(/^sqlite\n \[X\] 0001_initial {2}\d{4}-/);
    expect((await app.run("sqlmigrate", "0001")).out).toMatch(/^create table `author` .*;\n/);
    expect((await app.run("sqlmigrate", "0001", "--dialect", "postgres", "--backwards")).out).toMatch(
      /drop table if exists "book" cascade;/,
    );
    const wrong = await app.run("migrate", "0009");
    expect([wrong.code, wrong.err]).toEqual([
      1,
      expect.stringMatching(/^MIGRATION_TARGET_UNKNOWN .*zero, 0001_initial/),
    ]);
    expect((await app.run("migrate", "zero")).out).toMatch(/1 migration undone/);
  }, 60_000);

  it("say with --noinput which answers are missing, and take them from options", async () => {
    using app = new CliApp();
    await app.run("makemigrations");
    app.edit("src/models.ts", "title: p.string().length(100)", "name: p.string().length(100),\n  pages: p.integer()");
    const asked = await app.run("makemigrations", "--noinput");
    expect(asked.code).toBe(1);
    expect(asked.err).toMatch(/^MIGRATION_ANSWERS_MISSING /);
    expect(asked.err).toContain("--rename Book.title:name, or --drop Book.title");
    expect(asked.err).toContain("--default Book.pages=<value>");
    expect(existsSync(join(app.root, "migrations/sqlite/0002_rename_book_title_name_and_1_more.ts"))).toBe(false);
    const answers = ["--noinput", "--rename", "Book.title:name", "--default", "Book.pages=0"];
    const made = await app.run("makemigrations", ...answers);
    expect(made.out).toContain(
      "migrations/postgres/0002_rename_book_title_name_and_1_more.ts\n  - Rename Book.title to name\n  - Add Book.pages",
    );
    expect(app.read("migrations/postgres/0002_rename_book_title_name_and_1_more.ts")).toContain(
      'alter table "book" rename column "title" to "name"',
    );
    expect((await app.run("migrate")).out).toMatch(/2 migrations applied/);
    expect((await app.run("makemigrations", "--empty", "--name", "data")).out).toContain(
      "migrations/sqlite/0003_data.ts",
    );
    expect((await app.run("migrate")).out).toMatch(/1 migration applied/);
    expect((await app.run("makemigrations", "--name", "../x")).code).toBe(2);
  }, 60_000);

  it("ask each question once, whatever the number of databases", async () => {
    using app = new CliApp();
    const { root } = app;
    await callCommand("makemigrations", [], { root });
    app.edit("src/models.ts", "title: p.string().length(100)", "name: p.string().length(100),\n  pages: p.integer()");
    const out = await callCommand("makemigrations", [], { root, answers: ["y", "12"] });
    expect(out).toContain("Rename Book.title to name");
    expect(app.read("migrations/postgres/0002_rename_book_title_name_and_1_more.ts")).toContain("= 12");
  });

  it("write a migration for data that type-checks against the package", async () => {
    using app = new CliApp();
    await callCommand("makemigrations", ["--empty", "--name", "tidy"], { root: app.root });
    const strict = { strict: true, noEmit: true, skipLibCheck: true, verbatimModuleSyntax: true };
    const compilerOptions = { ...strict, module: "nodenext", target: "es2024", types: [] };
    app.write("tsconfig.json", JSON.stringify({ compilerOptions, include: ["migrations"] }));
    const tsc = join(import.meta.dirname, "../../node_modules/typescript/bin/tsc");
    const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", app.root], { encoding: "utf8" });
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
  });

  it("say what is missing in an app without models or without migrations", async () => {
    using app = new CliApp();
    expect((await app.run("migrate")).err).toMatch(/There are no migrations in migrations\/sqlite.*makemigrations/);
    app.remove("src/models.ts");
    expect((await app.run("migrate")).err).toMatch(/^CLI_NO_MODELS/);
  });

  it("write rows to a file and read them back, evaluate code, and show the client's command without a password", async () => {
    using app = new CliApp();
    await app.run("makemigrations");
    await app.run("migrate");
    app.write(
      "rows.json",
      JSON.stringify({ Author: [{ id: 4, name: "Ada" }], Book: [{ id: 1, title: "Notes", author: 4 }] }),
    );
    expect((await app.run("loaddata", "rows.json")).out).toBe("2 rows loaded from rows.json\n");
    expect((await app.run("dumpdata", "--output", "copy.json", "Author", "Book")).out).toBe(
      "2 rows of 2 models in copy.json\n",
    );
    expect(JSON.parse(app.read("copy.json"))).toEqual(JSON.parse(app.read("rows.json")));
    expect(JSON.parse((await app.run("dumpdata", "Author")).out)).toEqual({ Author: [{ id: 4, name: "Ada" }] });
    expect(Object.keys(JSON.parse((await app.run("dumpdata")).out)).toSorted()).toEqual([
      ...["Author", "Book", "Group", "Permission", "User"],
    ]);
    expect((await app.run("dumpdata", "Autor")).err).toBe('Error: There is no model "Autor". Did you mean "Author"?\n');
    expect((await app.run("loaddata", "none.json")).err).toMatch(/^Error: none\.json could not be read/);
    const code =
      "(await database.execute('select name from author')).rows[0].name + ' ' + Object.keys(models).slice(0, 2)";
    expect(await app.run("shell", "--eval", code)).toMatchObject({ code: 0, out: "Ada Author,Book\n" });
    expect((await app.run("shell", "--eval", "await objects(Author).count()")).out).toBe("1\n");
    const piped = "const count = await objects(Author).count();\nconsole.log(count + 1);\n";
    expect(await app.runWithInput(piped, "shell")).toEqual({ code: 0, out: "2\n", err: "" });
    expect((await app.runAlone("dbshell")).err).toMatch(/^Error: The program sqlite3 is not installed/);
    app.write("antiphon.config.ts", 'export default { database: { url: "postgres://ada:secret@db.example/app" } };');
    const shown = await app.run("dbshell", "--print");
    expect(shown.out).toMatch(/^psql postgres:\/\/ada@db\.example\/app\n$/);
  }, 60_000);

  it("are named by a server that starts before they are written or applied", async () => {
    using app = new CliApp();
    const warnings = async () => {
      const { child, ended } = app.start("run", "--port", "0");
      let out = "";
      for await (const part of child.stdout) {
        out += part;
        if (out.includes("Ready in")) break;
      }
      child.kill("SIGTERM");
      return (await ended).err;
    };
    expect(await warnings()).toMatch(
      /^Warning: The app has models and no migrations, .* {2}antiphon makemigrations, /m,
    );
    await app.run("makemigrations");
    expect(await warnings()).toMatch(
      /^Warning: 1 migration is not applied: 0001_initial\. Run {2}antiphon migrate\.$/m,
    );
  }, 60_000);
});

describe("The database of an app under test", () => {
  it("is empty and in memory, made from the models, or by the migrations when there are some", async () => {
    using app = new CliApp();
    for (const prepare of [async () => {}, () => callCommand("makemigrations", [], { root: app.root })]) {
      await prepare();
      await using running = await testApp({ root: app.root });
      expect((await running.server.database?.execute("select * from book"))?.rows).toEqual([]);
      const records = await running.server.database?.execute(
        "select name from sqlite_master where name = 'antiphon_migrations'",
      );
      expect(records?.rows.length).toBe(existsSync(join(app.root, "migrations")) ? 1 : 0);
    }
    expect(existsSync(join(app.root, "db.sqlite3"))).toBe(false);
  });
});
