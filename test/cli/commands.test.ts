import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { callCommand } from "antiphon";
import { atomic, currentDatabase, Database } from "antiphon/models";
import { testApp } from "antiphon/testing";
import { describe, expect, it } from "vitest";
import { CliApp } from "../support/cli-app.ts";

describe("An app's own commands", () => {
  it("CMD-1: are listed, explained and run, and take the place of the framework's", async () => {
    using app = new CliApp();
    const list = await app.run("help");
    expect(list.out).toMatch(/^ {2}count-books +Count the books$/m);
    expect(list.out).toMatch(/^ {2}routes +Our own list$/m);
    expect((await app.run("routes")).out).toBe("ours\n");
    expect((await app.run("help", "count-books")).out).toContain("Usage: antiphon count-books [title] [--strict]");
    // Help asks no database.
    app.write("antiphon.config.ts", 'export default { database: { url: "postgres://nobody@127.0.0.1:1/none" } };');
    expect((await app.run("help", "migrate")).code).toBe(0);
    expect((await app.run("count-books", "--help")).code).toBe(0);
    const unknown = await app.run("count-boks");
    expect([unknown.code, unknown.err]).toEqual([2, expect.stringMatching(/Did you mean "count-books"\?/)]);
  });

  it("row 197, CMD-3: run with the app's models and database, and fail with one line", async () => {
    using app = new CliApp();
    await app.run("makemigrations");
    await app.run("migrate");
    expect(await app.run("count-books")).toEqual({ code: 0, out: "0 books\n", err: "" });
    expect(await app.run("count-books", "--strict")).toEqual({ code: 1, out: "", err: "Error: There are no books.\n" });
    const traced = await app.run("count-books", "--strict", "--traceback");
    expect(traced.err).toMatch(/^Error: There are no books\.\nAntiphonError: There are no books\.\n {4}at /);
    expect(traced.err).toMatch(/Error: empty shelf/);
  });

  it("CMD-3: end with 1 on Ctrl+C", async () => {
    using app = new CliApp();
    const { child, ended } = app.start("hang");
    await once(child.stdout, "data");
    child.kill("SIGINT");
    expect(await ended).toEqual({ code: 1, out: "hanging\n", err: "Error: Interrupted.\n" });
  });

  it("CMD-1: that cannot be loaded hide no other command", async () => {
    using app = new CliApp();
    app.write("commands/broken.ts", 'throw new Error("no luck");');
    app.write("commands/nothing.ts", "export const x = 1;");
    const list = await app.run("help");
    expect(list.code).toBe(0);
    expect(list.out).toContain("count-books");
    expect(list.err).toMatch(/commands\/broken\.ts could not be loaded: no luck/);
    expect(list.err).toMatch(/commands\/nothing\.ts declares no command.*Got the exports: x/);
    expect((await app.run("count-books", "--help")).err).toBe("");
    expect((await app.run("broken")).err).toMatch(/^CLI_COMMAND_FILE_FAILED/);
  });
});

describe("callCommand", () => {
  it("CMD-1: refuses a command that is named like one of the framework without saying so", async () => {
    using app = new CliApp();
    const { root } = app;
    app.write("commands/migrate.ts", app.read("commands/routes.ts").replace("  replaces: true,\n", ""));
    await expect(callCommand("migrate", [], { root })).rejects.toMatchObject({
      code: "CLI_COMMAND_BUILT_IN",
      message: expect.stringMatching(/^commands\/migrate\.ts declares the command "migrate".*replaces: true/),
    });
    expect(await callCommand("routes", [], { root })).toBe("ours\n");
  });

  it("CMD-3: names the declaration that a command lacks which uses the database", async () => {
    using app = new CliApp();
    const { root } = app;
    app.edit("commands/count-books.ts", '  needs: "database",\n', "");
    app.edit("commands/count-books.ts", "async run(", "async run(_: object) { currentDatabase(); }, async other(");
    await expect(callCommand("count-books", [], { root })).rejects.toMatchObject({
      code: "CLI_NEEDS_DATABASE",
      message: expect.stringContaining('needs: "database"'),
    });
  });

  it("CMD-2: returns the output, and throws in place of ending the process", async () => {
    using app = new CliApp();
    const { root } = app;
    expect(await callCommand("makemigrations", { options: { check: false } }, { root })).toMatch(/0001_initial/);
    const streamed: string[] = [];
    const stream = { write: (text: string) => streamed.push(text) };
    expect(await callCommand("migrate", [], { root, out: stream })).toMatch(
      /^done {2}0001_initial .*\n1 migration applied\.\n28 permissions added\.\n$/,
    );
    expect(streamed.join("")).toMatch(/1 migration applied/);
    expect(await callCommand("count-books", { args: ["--odd"], options: { strict: false } }, { root })).toBe(
      "0 books\n",
    );
    await expect(callCommand("count-books", ["--nope"], { root })).rejects.toMatchObject({ code: "CLI_USAGE" });
    await expect(callCommand("nope", [], { root })).rejects.toMatchObject({ code: "CLI_COMMAND_UNKNOWN" });
    await expect(callCommand("count-books", ["--strict"], { root })).rejects.toMatchObject({
      code: "CLI_COMMAND_ERROR",
      message: "There are no books.",
    });
    app.edit("src/models.ts", "title: p.string()", "name: p.string().nullable(), title: p.string()");
    await expect(callCommand("makemigrations", ["--check"], { root })).rejects.toMatchObject({
      code: "CLI_COMMAND_FAILED",
      details: { code: 1, out: expect.stringContaining("Add Book.name") },
    });
  });

  it("CMD-2: uses a database that is open already", async () => {
    using app = new CliApp();
    await callCommand("makemigrations", [], { root: app.root });
    await using database = await Database.open({ url: "sqlite::memory:", models: [] });
    expect(await callCommand("migrate", [], { root: app.root, database })).toMatch(/1 migration applied/);
    expect((await database.execute("select name from antiphon_migrations")).rows).toHaveLength(1);
  });

  it("CMD-2: uses the database, the mail and the transaction of the running app, and not those of the settings", async () => {
    using app = new CliApp();
    const { root } = app;
    app.write(
      "commands/add-author.ts",
      `import { defineCommand, openSession, sendMail } from "antiphon";
      import { objects } from "antiphon/models";
      import { Author } from "../src/models.ts";
      export default defineCommand({
        summary: "Add an author",
        args: ["name"],
        needs: "database",
        async run({ args: [name] }) {
          await objects(Author).create({ name });
          sendMail({ to: "ada@example.org", subject: name, text: "Added." });
          await openSession("none");
        },
      });`,
    );
    await using running = await testApp({ root });
    await running.run(async () => {
      await callCommand("add-author", ["Ada"], { root });
      await expect(
        atomic(async () => {
          await callCommand("add-author", ["Bob"], { root });
          throw new Error("undo");
        }),
      ).rejects.toThrow("undo");
      const { rows } = await currentDatabase().execute("select name from author");
      expect(rows).toEqual([{ name: "Ada" }]);
    });
    expect((await running.mailsSent()).map(({ subject }) => subject)).toEqual(["Ada", "Bob"]);
    expect(existsSync(join(root, "db.sqlite3"))).toBe(false);
  });
});
