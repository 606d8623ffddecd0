import { defineCommand } from "../command.ts";
import { counted } from "../counted.ts";

/** `antiphon throttle:reset`. */
export const throttleResetCommand = defineCommand({
  name: "throttle:reset",
  summary: "Let somebody try again who was locked out",
  description:
    "Forgets the counted tries of an address, of a name, or of a name from an address; without an option, all of them.",
  needs: "database",
  options: {
    ip: { type: "string", placeholder: "address", description: "Only those from this address" },
    username: { type: "string", placeholder: "name", description: "Only those for this user name or e-mail address" },
  },
  async run({ options, terminal, database }) {
    const { Throttle } = await import("../../auth/throttle.ts");
    const { databaseCounters } = await import("../../auth/database-counters.ts");
    const cleared = await new Throttle({ counters: databaseCounters(database) }).clear({
      ...(options.ip === undefined ? {} : { ip: options.ip }),
      ...(options.username === undefined ? {} : { identifier: options.username }),
    });
    terminal.line(`${counted(cleared, "count")} of tries forgotten.`);
    return 0;
  },
});
