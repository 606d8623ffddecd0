import type { Database } from "../../models/database/database.ts";
import type { MigrateProgress } from "../../models/migrations/migrate.ts";
import { defineCommand } from "../command.ts";
import { counted } from "../counted.ts";
import { MIGRATIONS_FOLDER, migrationsFolder } from "../migration-folder.ts";
import type { Terminal } from "../terminal.ts";

/** `antiphon migrate`. */
export const migrateCommand = defineCommand({
  name: "migrate",
  summary: "Bring the database's tables to where the migrations lead",
  description:
    'Without a target it applies what is not applied yet. A target is a migration\'s name or number; what comes after it is\nundone. "zero" undoes everything. At its end the permissions of new models are written.',
  args: ["[target]"],
  needs: "database",
  options: {
    plan: { type: "boolean", description: "Only show what would be done" },
    fake: { type: "boolean", description: "Only record it as done" },
    "no-backup": { type: "boolean", description: "Do not copy a SQLite file before tables are built anew" },
    wait: {
      type: "string",
      placeholder: "seconds",
      description: "How long to wait for another process that migrates; 60",
    },
  },
  async run({ root, args, options, terminal, database }) {
    const { migrateDatabase, planDatabase } = await import("../../models/migrations/migrate.ts");
    const { migrationFiles } = await import("../../models/migrations/migration-file.ts");
    const folder = migrationsFolder(root);
    const [target] = args;
    const where = { folder, ...(target === undefined ? {} : { target }) };
    const none = migrationFiles(`${folder}/${database.dialect}`).length === 0;
    if (none) {
      terminal.warn(
        `There are no migrations in ${MIGRATIONS_FOLDER}/${database.dialect}. Run  antiphon makemigrations  first.`,
      );
    }
    if (options.plan) {
      const { steps, warnings } = await planDatabase(database, where);
      for (const warning of warnings) terminal.warn(warning);
      for (const { file, direction } of steps) terminal.line(`${direction === "up" ? "apply" : "undo"}  ${file.name}`);
      if (steps.length === 0) terminal.line("Nothing to do.");
      return 0;
    }
    const { applied, undone, warnings } = await migrateDatabase(database, {
      ...where,
      fake: options.fake === true,
      backup: options["no-backup"] !== true,
      ...(options.wait === undefined ? {} : { lockTimeout: secondsOf(options.wait) * 1000 }),
      onProgress: (progress) => report(terminal, progress, options.fake === true),
    });
    for (const warning of warnings) terminal.warn(warning);
    const parts = [
      ...(applied.length > 0 ? [`${counted(applied.length, "migration")} applied`] : []),
      ...(undone.length > 0 ? [`${counted(undone.length, "migration")} undone`] : []),
    ];
    terminal.line(parts.length === 0 ? "Nothing to do." : `${parts.join(", ")}.`);
    if (undone.length === 0 && !options.fake)
      await writePermissions(root, terminal, database, !none && target === undefined);
    return 0;
  },
});

/** The permissions of new models belong to them as their tables do. */
async function writePermissions(
  root: string,
  terminal: Terminal,
  database: Database,
  toTheEnd: boolean,
): Promise<void> {
  const { addPermissions, hasPermissionTable } = await import("../permissions.ts");
  if (await hasPermissionTable(database)) {
    const added = await addPermissions(root, database);
    if (added > 0) terminal.line(`${counted(added, "permission")} added.`);
    return;
  }
  if (!toTheEnd || !database.models.has("Permission")) return;
  terminal.warn(
    "The tables of users and permissions are not there. Run  antiphon makemigrations  and then  antiphon migrate.",
  );
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : 60;
}

function report(terminal: Terminal, progress: MigrateProgress, fake: boolean): void {
  const verb = progress.direction === "up" ? "Applying" : "Undoing";
  switch (progress.state) {
    case "begins":
      terminal.step(`${fake ? "Recording" : verb} ${progress.name}`);
      return;
    case "backup":
      terminal.step(`  A copy of the database is in ${progress.file}`);
      return;
    case "skipped":
      terminal.step(`  ${progress.name} was done by another process`);
      return;
    case "done":
      terminal.line(`${terminal.paint("green", "done")}  ${progress.name}  ${Math.round(progress.milliseconds)} ms`);
      return;
    case "statement":
      return;
  }
}
