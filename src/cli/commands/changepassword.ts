import { userInfo } from "node:os";
import { askPassword } from "../ask-password.ts";
import { defineCommand } from "../command.ts";
import { CommandError } from "../command-error.ts";

const TRIES = 3;

/** `antiphon changepassword`. */
export const changepasswordCommand = defineCommand({
  name: "changepassword",
  summary: "Give a user another password",
  description:
    "Asks for the password of the user, or of the one who is called as you are on this machine. All sessions\nof the user end.",
  args: ["[username]"],
  needs: "database",
  async run({ args, prompt, terminal }) {
    const { currentAuth } = await import("../../auth/identity/auth.ts");
    const { setPassword } = await import("../../auth/account/set-password.ts");
    const { passwordProblems } = await import("../../auth/passwords/password-rules.ts");
    const { normalizeUsername } = await import("../../auth/users/username.ts");
    const { objects } = await import("../../models/query/query-set.ts");
    const auth = currentAuth();
    const username = normalizeUsername(args[0] ?? userInfo().username);
    const [user] = await objects(auth.user)
      .filter({ username: { iexact: username } })
      .rows();
    if (!user) throw new CommandError(`There is no user "${username}".`);
    terminal.line(`Changing the password of "${user.username}".`);
    const validators = auth.settings.passwordValidators;
    const password = await askPassword({
      prompt,
      terminal,
      tries: TRIES,
      problems: async (typed) => (await passwordProblems(typed, user, { validators })).map(({ message }) => message),
    });
    if (password === undefined) {
      throw new CommandError(`The password of "${user.username}" was not changed, after ${TRIES} tries.`);
    }
    await setPassword(user, password);
    terminal.line(`The password of "${user.username}" was changed.`);
    return 0;
  },
});
