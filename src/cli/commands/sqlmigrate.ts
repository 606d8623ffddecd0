import { join } from "node:path";
import { defineCommand } from "../command.ts";
import { cliErrors } from "../errors.ts";
import { configuredDialect, migrationsFolder } from "../migration-folder.ts";

/** `antiphon sqlmigrate`. */
export const sqlmigrateCommand = defineCommand({
  name: "sqlmigrate",
  summary: "Print the SQL of a migration",
  args: ["migration"],
  options: {
    backwards: { type: "boolean", description: "The SQL that undoes it" },
    dialect: {
      type: "string",
      placeholder: "name",
      description: "sqlite, postgres or mysql; the settings' own when left out",
    },
  },
  async run({ root, args, options, terminal }) {
    const dialect = options.dialect ?? (await configuredDialect(root));
    if (!["sqlite", "postgres", "mysql"].includes(dialect)) {
      throw cliErrors.CLI_USAGE("sqlmigrate", `--dialect takes sqlite, postgres or mysql. Got "${dialect}".`);
    }
    const { findMigration, loadMigration } = await import("../../models/migrations/migration-file.ts");
    const file = findMigration(join(migrationsFolder(root), dialect), args[0] ?? "");
    const { up, down = [], run, undo } = await loadMigration(file);
    const change = options.backwards ? undo : run;
    if (change && options.backwards) terminal.line("-- undo() changes data here");
    for (const sql of options.backwards ? down : up) terminal.line(`${sql};`);
    if (change && !options.backwards) terminal.line("-- run() changes data here");
    return 0;
  },
});
