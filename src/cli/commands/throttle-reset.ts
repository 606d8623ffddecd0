import { defineCommand } from "../command.ts";
import { counted } from "../counted.ts";

/** `antiphon throttle:reset`. */
export const throttleResetCommand = defineCommand({
  name: "throttle:reset",
  summary: "Let a user try again who was locked out",
  description:
    "Forgets the counted tries of an address, of a name, or of a name from an address; without an option, all of them.",
  needs: "database",
  options: {
    ip: { type: "string", placeholder: "address", description: "Only those from this address" },
    username: { type: "string", placeholder: "name", description: "Only those for this user name or e-mail address" },
  },
  async run({ options, terminal, database }) {
    const { currentAuth } = await import("../../auth/identity/auth.ts");
    const { accountsOf } = await import("../../auth/identity/model-backend.ts");
    const { Throttle } = await import("../../auth/throttle/throttle.ts");
    const { databaseCounters } = await import("../../auth/throttle/database-counters.ts");
    const throttle = new Throttle({ counters: databaseCounters(database) });
    const { ip, username } = options;
    const match = ip === undefined ? {} : { ip };
    let cleared = 0;
    if (username === undefined) cleared = await throttle.clear(match);
    else {
      // Tries are counted by account, under its name, and by what was typed.
      const accounts = await accountsOf(currentAuth(), { username });
      const names = accounts.flatMap((account) => [account.username, account.email].filter((name) => name !== ""));
      for (const identifier of new Set([username, ...names])) {
        cleared += await throttle.clear({ ...match, identifier });
      }
    }
    terminal.line(`Reset ${counted(cleared, "counter")}.`);
    return 0;
  },
});
