import { userInfo } from "node:os";
import type { Auth } from "../../auth/auth.ts";
import { askPassword } from "../ask-password.ts";
import { type CommandContext, defineCommand } from "../command.ts";
import { CommandError } from "../command-error.ts";

/** What a new superuser is made of. */
interface Answers {
  readonly username: string;
  readonly email: string;
  readonly password: string;
}

type Field = keyof Answers;

const OPTIONS = {
  username: { type: "string", placeholder: "name", description: "The user name" },
  email: { type: "string", placeholder: "address", description: "The e-mail address" },
  noinput: {
    type: "boolean",
    description: "Ask nothing: options and the variables ANTIPHON_SUPERUSER_USERNAME, …_EMAIL, …_PASSWORD say it all",
  },
} as const;

type Context = CommandContext<typeof OPTIONS>;

/** `antiphon createsuperuser`. */
export const createsuperuserCommand = defineCommand({
  name: "createsuperuser",
  summary: "Create a user who may do everything",
  description:
    "Asks for what is not given by options. There is no option for the password, which a list of commands would keep.",
  needs: "database",
  options: OPTIONS,
  async run(context) {
    const { terminal, prompt, options } = context;
    if (!options.noinput && !prompt.interactive) {
      terminal.line(
        "No superuser was created: there is no terminal to ask at. Run  antiphon createsuperuser  in one, or use --noinput.",
      );
      return 0;
    }
    const { currentAuth } = await import("../../auth/auth.ts");
    const { createSuperuser } = await import("../../auth/create-user.ts");
    const auth = currentAuth();
    const answers = options.noinput ? await readAnswers(context, auth) : await askAnswers(context, auth);
    const user = await createSuperuser({ ...answers });
    terminal.line(`The superuser "${user.username}" was created.`);
    return 0;
  },
});

async function readAnswers({ options, terminal }: Context, auth: Auth): Promise<Answers> {
  const read = (field: Field): string => {
    const variable = `ANTIPHON_SUPERUSER_${field.toUpperCase()}`;
    const given = (field === "password" ? undefined : options[field]) ?? process.env[variable];
    if (given !== undefined && given.trim() !== "") return given;
    const way = field === "password" ? `Set ${variable}` : `Use --${field}, or set ${variable}`;
    throw new CommandError(`With --noinput the ${field} has to be given. ${way}.`);
  };
  const answers = { username: read("username"), email: read("email"), password: read("password") };
  const wrong = (await usernameProblem(auth, answers.username)) ?? (await emailProblem(auth, answers.email));
  if (wrong !== undefined) throw new CommandError(wrong);
  for (const problem of await problemsOf(auth, answers)) terminal.warn(problem);
  return answers;
}

async function askAnswers(context: Context, auth: Auth): Promise<Answers> {
  const { prompt, terminal, options } = context;
  const username = options.username ?? "";
  const refused = username === "" ? undefined : await usernameProblem(auth, username);
  if (refused !== undefined) terminal.warn(refused);
  const names = {
    username: username !== "" && refused === undefined ? username : await askUsername(context, auth),
    email: await askEmail(context, auth),
  };
  const password = await askPassword({
    prompt,
    terminal,
    mayBypass: true,
    problems: (typed) => problemsOf(auth, { ...names, password: typed }),
  });
  return { ...names, password: password ?? "" };
}

async function askUsername({ prompt, terminal }: Context, auth: Auth): Promise<string> {
  const usual = await usualUsername(auth);
  for (;;) {
    const typed = (await prompt.text(usual === "" ? "Username:" : `Username (leave blank to use "${usual}"):`)).trim();
    const username = typed === "" ? usual : typed;
    const problem = await usernameProblem(auth, username);
    if (problem === undefined) return username;
    terminal.warn(problem);
  }
}

async function askEmail({ prompt, terminal, options }: Context, auth: Auth): Promise<string> {
  let given = options.email;
  for (;;) {
    const email = (given ?? (await prompt.text("E-mail address:"))).trim();
    const problem = await emailProblem(auth, email);
    if (problem === undefined) return email;
    terminal.warn(problem);
    given = undefined;
  }
}

/** The name that the person has on this machine, if it can be a user's name here. */
async function usualUsername(auth: Auth): Promise<string> {
  try {
    const { username } = userInfo();
    return (await usernameProblem(auth, username)) === undefined ? username : "";
  } catch {
    return "";
  }
}

async function usernameProblem(auth: Auth, given: string): Promise<string | undefined> {
  const { objects } = await import("../../models/query-set.ts");
  const { normalizeUsername } = await import("../../auth/username.ts");
  const username = normalizeUsername(given);
  if (username === "") return "The username cannot be blank.";
  const taken = await objects(auth.user)
    .filter({ username: { iexact: username } })
    .exists();
  if (taken) return auth.settings.messages.usernameTaken;
  const problem = await fieldProblem(auth, { username });
  return problem === undefined ? undefined : `The username "${username.slice(0, 60)}" cannot be used: ${problem}`;
}

async function emailProblem(auth: Auth, email: string): Promise<string | undefined> {
  if (email.trim() === "") return auth.settings.emailRequired ? auth.settings.messages.emailRequired : undefined;
  return fieldProblem(auth, { email });
}

/** What the model says about a single field. */
async function fieldProblem(auth: Auth, data: { readonly [name: string]: string }): Promise<string | undefined> {
  const { cleanData } = await import("../../models/validate.ts");
  const { errors } = await cleanData(auth.user, data, { partial: true });
  return Object.values(errors).flat()[0];
}

async function problemsOf(auth: Auth, { username, email, password }: Answers): Promise<readonly string[]> {
  const { passwordProblems } = await import("../../auth/password-rules.ts");
  const validators = auth.settings.passwordValidators;
  return (await passwordProblems(password, { username, email }, { validators })).map(({ message }) => message);
}
