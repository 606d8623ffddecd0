import { userInfo } from "node:os";
import type { Auth } from "../../auth/identity/auth.ts";
import type { FieldInfo } from "../../models/schema/field-info.ts";
import { askPassword } from "../ask-password.ts";
import { type CommandContext, defineCommand } from "../command.ts";
import { CommandError } from "../command-error.ts";

/** What a new superuser is made of. */
interface Answers {
  readonly username: string;
  readonly email: string;
  readonly password: string;
  /** Fields that the app's own user model adds, and that no row may be without. */
  readonly own: OwnFields;
}

type OwnFields = { readonly [name: string]: unknown };

type Field = keyof Omit<Answers, "own">;

const OPTIONS = {
  username: { type: "string", placeholder: "name", description: "The user name" },
  email: { type: "string", placeholder: "address", description: "The e-mail address" },
  noinput: {
    type: "boolean",
    description:
      "Ask nothing: options and the variables ANTIPHON_SUPERUSER_USERNAME, …_EMAIL, …_PASSWORD and one for each other required field say it all",
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
    const { currentAuth } = await import("../../auth/identity/auth.ts");
    const { createSuperuser } = await import("../../auth/account/create-user.ts");
    const auth = currentAuth();
    const answers = options.noinput ? await readAnswers(context, auth) : await askAnswers(context, auth);
    const { own, ...known } = answers;
    const user = await createSuperuser({ ...own, ...known });
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
  const known = { username: read("username"), email: read("email"), password: read("password") };
  const wrong = (await usernameProblem(auth, known.username)) ?? (await emailProblem(auth, known.email));
  if (wrong !== undefined) throw new CommandError(wrong);
  const answers = { ...known, own: await readOwnFields(auth) };
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
  const own = await askOwnFields(context, auth);
  const password = await askPassword({
    prompt,
    terminal,
    mayBypass: true,
    problems: (typed) => problemsOf(auth, { ...names, password: typed, own }),
  });
  return { ...names, password: password ?? "", own };
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
  const { objects } = await import("../../models/query/query-set.ts");
  const { normalizeUsername } = await import("../../auth/users/username.ts");
  const username = normalizeUsername(given);
  if (username === "") return "The username cannot be blank.";
  const taken = await objects(auth.user)
    .filter({ username: { iexact: username } })
    .exists();
  if (taken) return auth.settings.messages.usernameTaken;
  const problem = await fieldProblem(auth, "username", username);
  return problem === undefined ? undefined : `The username "${username.slice(0, 60)}" cannot be used: ${problem}`;
}

async function emailProblem(auth: Auth, email: string): Promise<string | undefined> {
  if (email.trim() === "") return auth.settings.emailRequired ? auth.settings.messages.emailRequired : undefined;
  return fieldProblem(auth, "email", email);
}

const KNOWN: ReadonlySet<string> = new Set(["username", "email", "password"]);

async function ownFields(auth: Auth): Promise<readonly FieldInfo[]> {
  const { fieldInfo } = await import("../../models/schema/field-info.ts");
  return fieldInfo(auth.user).filter(({ name, required }) => required && !KNOWN.has(name));
}

async function readOwnFields(auth: Auth): Promise<OwnFields> {
  const own: { [name: string]: unknown } = {};
  for (const { name, label } of await ownFields(auth)) {
    const variable = `ANTIPHON_SUPERUSER_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
    const given = process.env[variable] ?? "";
    if (given === "") throw new CommandError(`With --noinput the ${name} has to be given. Set ${variable}.`);
    const { value, problem } = await cleanField(auth, name, given);
    if (problem !== undefined) throw new CommandError(`${label}: ${problem}`);
    own[name] = value;
  }
  return own;
}

async function askOwnFields({ prompt, terminal }: Context, auth: Auth): Promise<OwnFields> {
  const own: { [name: string]: unknown } = {};
  for (const { name, label } of await ownFields(auth)) {
    while (own[name] === undefined) {
      const { value, problem } = await cleanField(auth, name, (await prompt.text(`${label}:`)).trim());
      if (problem === undefined) own[name] = value;
      else terminal.warn(problem);
    }
  }
  return own;
}

/** Texts that stand for yes and no at a prompt. */
const YES_NO: { readonly [text: string]: boolean } = { y: true, yes: true, n: false, no: false };

/** A text as the field's input would read it. */
async function readText(auth: Auth, name: string, text: string): Promise<{ value?: unknown; problem?: string }> {
  const [{ fieldOf }, { fieldKinds }] = await Promise.all([
    import("../../models/schema/field-info.ts"),
    import("../../models/schema/field-kinds.ts"),
  ]);
  const field = fieldOf(auth.user, name);
  if (field?.kind === "boolean") return { value: YES_NO[text.toLowerCase()] ?? text };
  const read = field && fieldKinds[field.kind].parseText?.(text, field);
  if (!read) return { value: text };
  return read.ok ? { value: read.value } : { problem: read.message };
}

/** What the model makes of a text for one of its fields. */
async function cleanField(auth: Auth, name: string, text: string): Promise<{ value?: unknown; problem?: string }> {
  const read = await readText(auth, name, text);
  if (read.problem !== undefined) return read;
  const { cleanData } = await import("../../models/validation/validate.ts");
  const { values, errors } = await cleanData(auth.user, { [name]: read.value }, { partial: true });
  const [problem] = Object.values(errors).flat();
  return problem === undefined ? { value: (values as OwnFields)[name] } : { problem };
}

/** What the model says about a single field. */
async function fieldProblem(auth: Auth, name: string, text: string): Promise<string | undefined> {
  return (await cleanField(auth, name, text)).problem;
}

async function problemsOf(auth: Auth, { username, email, password }: Answers): Promise<readonly string[]> {
  const { passwordProblems } = await import("../../auth/passwords/password-rules.ts");
  const validators = auth.settings.passwordValidators;
  return (await passwordProblems(password, { username, email }, { validators })).map(({ message }) => message);
}
