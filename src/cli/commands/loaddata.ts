import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { defineCommand } from "../command.ts";
import { CommandError } from "../command-error.ts";
import { counted } from "../counted.ts";

/** `antiphon loaddata`. */
export const loaddataCommand = defineCommand({
  name: "loaddata",
  summary: "Load rows that dumpdata wrote",
  description:
    "Rows keep their keys; one that is there already gets the new values. Permissions are told apart by their names,\nand keep the keys that they have here. All of it is loaded, or nothing.",
  args: ["file"],
  needs: "database",
  async run({ root, args, terminal, database }) {
    const [name = ""] = args;
    let text: string;
    try {
      text = await readFile(resolve(root, name), "utf8");
    } catch (cause) {
      throw new CommandError(`${name} could not be read: ${(cause as Error).message}`, { cause });
    }
    const { loadRows } = await import("../../models/dump/load-rows.ts");
    const { PERMISSION_FIELDS } = await import("../../auth/users/permission.ts");
    const { rows } = await loadRows(database, text, name, { matchBy: { Permission: PERMISSION_FIELDS } });
    terminal.line(`${counted(rows, "row")} loaded from ${name}`);
    return 0;
  },
});
