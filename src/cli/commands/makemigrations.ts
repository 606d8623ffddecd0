import { relative } from "node:path";
import { type CommandContext, defineCommand } from "../command.ts";
import { cliErrors } from "../errors.ts";
import { migrationDialects, migrationsFolder } from "../migration-folder.ts";

const options = {
  name: { type: "string", short: "n", description: "Name of the migration; made of the changes when left out" },
  check: { type: "boolean", description: "Write nothing, and exit with 1 when there is something to write" },
  empty: { type: "boolean", description: "Write a migration without statements, for data" },
  noinput: { type: "boolean", description: "Ask nothing; what is not told by the options below is an error" },
  rename: {
    type: "string",
    multiple: true,
    placeholder: "Model.old:new",
    description: "A field (or Old:New, a model) was renamed",
  },
  drop: {
    type: "string",
    multiple: true,
    placeholder: "Model.old",
    description: "A field or model went, and was not renamed",
  },
  default: {
    type: "string",
    multiple: true,
    placeholder: "Model.field=value",
    description: 'What rows that are there get; "now" for a time',
  },
} as const;

/** `antiphon makemigrations`. */
export const makemigrationsCommand = defineCommand({
  name: "makemigrations",
  summary: "Write the migrations that lead to the models as they are now",
  description:
    "Writes migrations/<database>/NNNN_name.ts for each database, without connecting to one. Asks what the models alone\ndo not tell: whether a field or a model was renamed, and what rows that are there get in a field that may not be empty.",
  needs: "models",
  options,
  async run(context) {
    const { root, terminal, models } = context;
    const { name } = context.options;
    if (name !== undefined && !/^\w{1,80}$/.test(name)) {
      throw cliErrors.CLI_USAGE("makemigrations", `--name takes letters, digits and underscores. Got "${name}".`);
    }
    const folder = migrationsFolder(root);
    const dialects = await migrationDialects(root);
    const { makeEmptyMigrations, makeMigrations } = await import("../../models/migrations/make-migrations.ts");
    if (context.options.empty) {
      const paths = await makeEmptyMigrations({ folder, dialects, ...(name === undefined ? {} : { name }) });
      for (const path of paths) terminal.line(relative(root, path));
      return 0;
    }
    const made = await makeMigrations({
      models: [...models.values()],
      folder,
      dialects,
      ...(name === undefined ? {} : { name }),
      check: context.options.check === true,
      answers: answers(context),
    });
    if (made.length === 0) terminal.line("No changes.");
    for (const { dialect, path, changes } of made) {
      terminal.line(terminal.paint("bold", path === undefined ? `${dialect}: not written yet` : relative(root, path)));
      for (const change of changes) terminal.line(`  - ${change}`);
    }
    return context.options.check && made.length > 0 ? 1 : 0;
  },
});

function answers({ options: given, prompt }: CommandContext<typeof options>) {
  const asks = prompt.interactive && !given.noinput;
  return {
    renames: given.rename ?? [],
    drops: given.drop ?? [],
    defaults: given.default ?? [],
    ...(asks
      ? {
          ask: {
            confirm: (question: string) => prompt.confirm(question),
            text: (question: string) => prompt.text(question),
          },
        }
      : {}),
  };
}
