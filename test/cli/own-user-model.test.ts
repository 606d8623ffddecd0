import { afterEach, expect, test, vi } from "vitest";
import { main } from "../../dist/cli/program.js";
import { ScriptedPrompt } from "../../dist/cli/prompt.js";
import { Terminal } from "../../dist/cli/terminal.js";
import { CliApp } from "../support/cli-app.ts";

const MODELS = `import { userModel } from "antiphon/auth";
import { p } from "antiphon/models";
export class User extends userModel("User", { phone: p.string().length(12), floorNumber: p.integer(), card: p.json<object>(), isOnCall: p.boolean() }) {}
`;

const GOOD = "correct horse battery";

function ownUsers(): CliApp {
  const app = new CliApp();
  app.write("src/models.ts", MODELS);
  return app;
}

/** Runs a command as at a terminal where a person gives these answers; without answers nobody is there. */
async function run(app: CliApp, argv: readonly string[], answers?: readonly string[]) {
  const written = { out: "", err: "" };
  const stream = (name: "out" | "err") => ({ write: (text: string) => void (written[name] += text) });
  const prompt = new ScriptedPrompt(answers);
  const code = await main(argv, { root: app.root, terminal: new Terminal(stream("out"), stream("err")), prompt });
  return { code, ...written, asked: prompt.asked };
}

afterEach(() => vi.unstubAllEnvs());

test("CMD-4, CMD-5: createsuperuser asks for, or takes, whatever else the app's own user model requires", async () => {
  using app = ownUsers();
  const names = ["--username", "ada", "--email", ""];
  vi.stubEnv("ANTIPHON_SUPERUSER_USERNAME", "deploy");
  vi.stubEnv("ANTIPHON_SUPERUSER_EMAIL", "deploy@example.org");
  vi.stubEnv("ANTIPHON_SUPERUSER_PASSWORD", GOOD);

  // A table that is missing says what makes it.
  const early = await run(app, ["createsuperuser", "--noinput"]);
  expect([early.code, early.err]).toEqual([
    1,
    expect.stringMatching(/^Error: .*no migrations.*antiphon makemigrations.*antiphon migrate\.\n$/),
  ]);
  await run(app, ["makemigrations"]);
  const unmigrated = await run(app, ["createsuperuser", "--noinput"]);
  expect([unmigrated.code, unmigrated.err]).toEqual([
    1,
    "Error: A table is missing in the database. A migration is not applied yet. Run  antiphon migrate.\n",
  ]);
  await run(app, ["migrate"]);

  const asked = await run(
    app,
    ["createsuperuser", ...names],
    ["", "0123456789012", "123", "x", "4", "{", '{"a":1}', "maybe", "yes", GOOD, GOOD],
  );
  expect([asked.code, asked.out]).toEqual([0, 'The superuser "ada" was created.\n']);
  expect(asked.asked).toEqual([
    "Phone:",
    "Phone:",
    "Phone:",
    "Floor number:",
    "Floor number:",
    "Card:",
    "Card:",
    "Is on call:",
    "Is on call:",
    "Password:",
    "Password (again):",
  ]);
  expect(asked.err.trim().split("\n")).toHaveLength(5);

  const nothing = await run(app, ["createsuperuser", "--noinput"]);
  expect([nothing.code, nothing.err]).toEqual([
    1,
    "Error: With --noinput the phone has to be given. Set ANTIPHON_SUPERUSER_PHONE.\n",
  ]);
  vi.stubEnv("ANTIPHON_SUPERUSER_PHONE", "456");
  vi.stubEnv("ANTIPHON_SUPERUSER_FLOOR_NUMBER", "many");
  const wrong = await run(app, ["createsuperuser", "--noinput"]);
  expect([wrong.code, wrong.err]).toEqual([1, expect.stringMatching(/^Error: Floor number: /)]);
  vi.stubEnv("ANTIPHON_SUPERUSER_FLOOR_NUMBER", "7");
  vi.stubEnv("ANTIPHON_SUPERUSER_CARD", "[2]");
  vi.stubEnv("ANTIPHON_SUPERUSER_IS_ON_CALL", "no");
  expect(await run(app, ["createsuperuser", "--noinput"])).toMatchObject({ code: 0, err: "" });
  const { out } = await run(app, ["dumpdata", "User"]);
  expect(out).toContain('"phone":"123","floorNumber":4,"card":{"a":1},"isOnCall":true');
  expect(out).toContain('"phone":"456","floorNumber":7,"card":[2],"isOnCall":false');
});
