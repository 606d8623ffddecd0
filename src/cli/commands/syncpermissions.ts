import { defineCommand } from "../command.ts";
import { counted } from "../counted.ts";
import { addPermissions } from "../permissions.ts";

/** `antiphon syncpermissions`. */
export const syncpermissionsCommand = defineCommand({
  name: "syncpermissions",
  summary: "Write the permissions of models that are not in the database yet",
  description: "migrate does so at its end. Permissions that no model declares any more stay: users may have them.",
  needs: "database",
  async run({ root, terminal, database }) {
    const added = await addPermissions(root, database);
    terminal.line(added === 0 ? "Nothing to do." : `${counted(added, "permission")} added.`);
    return 0;
  },
});
