import { defineCommand } from "../command.ts";
import { migrationsFolder } from "../migration-folder.ts";

const MARKS = { applied: "[X]", pending: "[ ]", half: "[/]", missing: "[?]" } as const;
const NOTES = {
  applied: "",
  pending: "",
  half: "stopped half-way",
  missing: "applied, and its file is missing",
} as const;

/** `antiphon showmigrations`. */
export const showmigrationsCommand = defineCommand({
  name: "showmigrations",
  summary: "List the migrations and whether they are applied",
  needs: "database",
  async run({ root, terminal, database }) {
    const { migrationStatus } = await import("../../models/migrations/migrate.ts");
    const all = await migrationStatus(database, { folder: migrationsFolder(root) });
    terminal.line(terminal.paint("bold", database.dialect));
    if (all.length === 0) terminal.line("  (no migrations)");
    for (const { name, state, appliedAt, edited } of all) {
      const notes = [appliedAt ?? "", NOTES[state], edited ? "changed since it was applied" : ""];
      terminal.line(` ${MARKS[state]} ${[name, ...notes.filter((note) => note !== "")].join("  ")}`);
    }
    return 0;
  },
});
