import { once } from "node:events";
import { createWriteStream, renameSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { finished } from "node:stream/promises";
import { nearestName } from "../../nearest-name.ts";
import { defineCommand } from "../command.ts";
import { CommandError } from "../command-error.ts";
import { counted } from "../counted.ts";

/** Models whose rows are worth nothing elsewhere. */
const PASSING: ReadonlySet<string> = new Set(["SessionRecord", "ThrottleRecord"]);

/** `antiphon dumpdata`. */
export const dumpdataCommand = defineCommand({
  name: "dumpdata",
  summary: "Write rows as JSON, to be read by loaddata",
  description:
    "Writes every model but sessions and counted tries, or those that are named, with the permissions that they refer to.\nHidden fields such as passwords are among it: keep the file safe.",
  args: ["[model …]"],
  needs: "database",
  options: { output: { type: "string", short: "o", placeholder: "file", description: "Write to this file" } },
  async run({ root, args, options, terminal, database, models }) {
    const lasting = [...models.keys()].filter((name) => !PASSING.has(name));
    const chosen = (args.length === 0 ? lasting : args).map((name) => {
      const model = models.get(name);
      if (model) return model;
      const nearest = nearestName(name, models.keys());
      throw new CommandError(
        `There is no model "${name}".${nearest === undefined ? "" : ` Did you mean "${nearest}"?`}`,
      );
    });
    const { dumpRows } = await import("../../models/dump/dump-rows.ts");
    const { fieldInfo } = await import("../../models/schema/field-info.ts");
    // What refers to permissions can be loaded only beside them: their keys differ from database to database.
    const permission = models.get("Permission");
    const refers = chosen.some((model) => fieldInfo(model).some(({ relation }) => relation?.target() === permission));
    if (permission && refers && !chosen.includes(permission)) chosen.push(permission);
    if (options.output === undefined) {
      const text: string[] = [];
      await dumpRows(database, chosen, (part) => text.push(part));
      terminal.line(text.join("").trimEnd());
      return 0;
    }
    const file = resolve(root, options.output);
    // Whole or not at all, and for the owner alone.
    const part = `${file}.part`;
    const stream = createWriteStream(part, { mode: 0o600 });
    try {
      const { rows } = await dumpRows(database, chosen, (text) => stream.write(text) || once(stream, "drain"));
      stream.end();
      await finished(stream);
      renameSync(part, file);
      terminal.line(`${counted(rows, "row")} of ${counted(chosen.length, "model")} in ${options.output}`);
      return 0;
    } catch (error) {
      stream.destroy();
      rmSync(part, { force: true });
      throw error;
    }
  },
});
