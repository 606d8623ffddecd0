import { userInfo } from "node:os";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { authenticate } from "../../dist/auth/account/authenticate.js";
import { builtInModels } from "../../dist/auth/built-in-models.js";
import { AuthHashes } from "../../dist/auth/identity/auth-hash.js";
import { databaseCounters } from "../../dist/auth/throttle/database-counters.js";
import { Throttle } from "../../dist/auth/throttle/throttle.js";
import { Group } from "../../dist/auth/users/group.js";
import { Permission } from "../../dist/auth/users/permission.js";
import { User } from "../../dist/auth/users/user-model.js";
import { callCommand } from "../../dist/cli/call-command.js";
import { main } from "../../dist/cli/program.js";
import { ScriptedPrompt } from "../../dist/cli/prompt.js";
import { Terminal } from "../../dist/cli/terminal.js";
import { Database, objects, withDatabase } from "../../dist/models/index.js";
import { DatabaseSessions } from "../../dist/sessions/database-sessions.js";
import { sessionIdOf } from "../../dist/sessions/session-key.js";
import { CliApp } from "../support/cli-app.ts";

const SETTINGS = `import { defineConfig } from "antiphon";
export default defineConfig({
  appName: "library",
  auth: { passwordHashing: { memory: 8, passes: 1 } },
});
`;

const app = new CliApp();
let database: Database;

beforeAll(async () => {
  app.write("antiphon.config.ts", SETTINGS);
  await callCommand("makemigrations", [], { root: app.root });
  await callCommand("migrate", [], { root: app.root });
  database = await Database.open({ url: "sqlite:./db.sqlite3", root: app.root, models: builtInModels([]) });
});

afterEach(() => vi.unstubAllEnvs());

afterAll(async () => {
  await database?.close();
  app[Symbol.dispose]();
});

/** Runs a command as at a terminal where a person gives these answers; without answers nobody is there. */
async function run(argv: readonly string[], answers?: readonly string[]) {
  const written = { out: "", err: "" };
  const stream = (name: "out" | "err") => ({ write: (text: string) => void (written[name] += text) });
  const prompt = new ScriptedPrompt(answers);
  const terminal = new Terminal(stream("out"), stream("err"));
  const code = await main(argv, { root: app.root, terminal, prompt });
  return { code, ...written, asked: prompt.asked };
}

const inDatabase = <T>(work: () => Promise<T>) => withDatabase(database, work);
const stored = (username: string) =>
  inDatabase(async () => {
    const fields = ["id", "username", "email", "password", "isStaff", "isSuperuser"] as const;
    return (await objects(User).filter({ username }).rows(fields))[0];
  });
const isRight = (username: string, password: string) =>
  inDatabase(async () => (await authenticate({ username, password })) !== undefined);

const GOOD = "correct horse battery";

describe("createsuperuser", () => {
  it("CMD-4: asks for name, address and password, and creates a user who may do everything", async () => {
    const { code, out, asked } = await run(["createsuperuser"], ["Ada", "Ada@EXAMPLE.org", GOOD, GOOD]);
    expect([code, out]).toEqual([0, 'The superuser "Ada" was created.\n']);
    expect(asked).toEqual([
      `Username (leave blank to use "${userInfo().username}"):`,
      "E-mail address:",
      "Password:",
      "Password (again):",
    ]);
    expect(await stored("Ada")).toMatchObject({ email: "Ada@example.org", isStaff: true, isSuperuser: true });
    expect(await isRight("Ada", GOOD)).toBe(true);
  });

  it("CMD-4: takes the name that one has on the machine, and offers none that is taken", async () => {
    const own = userInfo().username;
    expect((await run(["createsuperuser"], ["", "", GOOD, GOOD])).code).toBe(0);
    expect(await stored(own)).toMatchObject({ isSuperuser: true, email: "" });
    const again = await run(["createsuperuser"], ["", own.toUpperCase(), "grace", "", GOOD, GOOD]);
    expect(again.asked.slice(0, 4)).toEqual(["Username:", "Username:", "Username:", "E-mail address:"]);
    expect(again.err).toBe("Warning: The username cannot be blank.\nWarning: That username is already taken.\n");
    expect(again.code).toBe(0);
  });

  it("CMD-4: asks again for a name or an address that will not do", async () => {
    const answers = ["no spaces", "a".repeat(151), "eve", "not an address", "eve@example.org", GOOD, GOOD];
    const { code, err, asked } = await run(["createsuperuser", "--username", "Ada"], answers);
    expect(code).toBe(0);
    expect(err.split("\n")).toHaveLength(5);
    expect(err).toMatch(/already taken\.\nWarning: The username "no spaces" cannot be used: .*\n.*cannot be used.*\n/);
    expect(asked.filter((question) => question === "E-mail address:")).toHaveLength(2);
  });

  it("CMD-4: asks again for passwords that differ or are blank, and takes a weak one when told to", async () => {
    const answers = [GOOD, "other", " ", " ", "12345678", "12345678", "", "12345678", "12345678", "y"];
    const { code, err, asked } = await run(["createsuperuser", "--username", "weak", "--email", ""], answers);
    expect(code).toBe(0);
    expect(err).toMatch(
      /do not match\.\nWarning: A password cannot be blank\.\nWarning: .*common.*\nWarning: .*numeric/,
    );
    expect(asked.filter((question) => question.endsWith("[y/N]"))).toHaveLength(2);
    expect(await isRight("weak", "12345678")).toBe(true);
  });

  it("CMD-4: keeps spaces around a password", async () => {
    const typed = `  ${GOOD} `;
    await run(["createsuperuser", "--username", "spaces", "--email", ""], [typed, typed]);
    expect(await isRight("spaces", typed)).toBe(true);
    expect(await isRight("spaces", GOOD)).toBe(false);
  });

  it("CMD-5: --noinput takes everything from options and the environment", async () => {
    vi.stubEnv("ANTIPHON_SUPERUSER_USERNAME", "deploy");
    vi.stubEnv("ANTIPHON_SUPERUSER_EMAIL", "deploy@example.org");
    vi.stubEnv("ANTIPHON_SUPERUSER_PASSWORD", GOOD);
    expect(await run(["createsuperuser", "--noinput"])).toEqual({
      code: 0,
      out: 'The superuser "deploy" was created.\n',
      err: "",
      asked: [],
    });
    expect(await isRight("deploy", GOOD)).toBe(true);
    expect(await run(["createsuperuser", "--noinput"])).toMatchObject({
      code: 1,
      err: "Error: That username is already taken.\n",
    });
    expect((await run(["createsuperuser", "--noinput", "--username", "second"])).code).toBe(0);
    expect(await stored("second")).toMatchObject({ email: "deploy@example.org" });
    expect((await run(["createsuperuser", "--noinput", "--username", "third", "--email", "x"])).code).toBe(1);
    expect(await stored("third")).toBeUndefined();
  });

  it.each([
    ["username", "Use --username, or set ANTIPHON_SUPERUSER_USERNAME."],
    ["email", "Use --email, or set ANTIPHON_SUPERUSER_EMAIL."],
    ["password", "Set ANTIPHON_SUPERUSER_PASSWORD."],
  ])("CMD-5: --noinput without the %s is an error", async (missing, way) => {
    const given = { username: "partly", email: "partly@example.org", password: GOOD, [missing]: "" };
    for (const [name, value] of Object.entries(given)) vi.stubEnv(`ANTIPHON_SUPERUSER_${name.toUpperCase()}`, value);
    const { code, err } = await run(["createsuperuser", "--noinput"]);
    expect([code, err]).toEqual([1, `Error: With --noinput the ${missing} has to be given. ${way}\n`]);
    expect(await stored("partly")).toBeUndefined();
  });

  it("CMD-5: without a terminal nothing is created, and that is no failure", async () => {
    const before = await inDatabase(() => objects(User).count());
    expect(await run(["createsuperuser"])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^No superuser was created: .*--noinput/),
    });
    expect(await inDatabase(() => objects(User).count())).toBe(before);
  });
});

describe("changepassword", () => {
  it("CMD-6: gives a user another password, which ends all his sessions", async () => {
    await run(["createsuperuser", "--username", "bob", "--email", ""], [GOOD, GOOD]);
    const before = await stored("bob");
    const secrets = ["a secret"];
    const session = before && new AuthHashes(before, secrets).current;
    const next = "staple horse battery";
    const { code, out, asked } = await run(["changepassword", "BOB"], [next, next]);
    expect([code, out]).toEqual([0, 'Changing the password of "bob".\nThe password of "bob" was changed.\n']);
    expect(asked).toEqual(["Password:", "Password (again):"]);
    expect([await isRight("bob", next), await isRight("bob", GOOD)]).toEqual([true, false]);
    const after = await stored("bob");
    expect(after && new AuthHashes(after, secrets).match(session)).toBe(-1);
  });

  it("CMD-6: gives up after three tries, weak ones among them, and changes nothing", async () => {
    await run(["createsuperuser", "--username", "carol", "--email", ""], [GOOD, GOOD]);
    const before = await stored("carol");
    const answers = ["one", "two", "password", "password", "", ""];
    const { code, err, asked } = await run(["changepassword", "carol"], answers);
    expect(code).toBe(1);
    expect(err).toMatch(
      /do not match[\s\S]*common[\s\S]*blank[\s\S]*Error: The password of "carol" was not changed, after 3/,
    );
    expect(asked).toHaveLength(6);
    expect(await stored("carol")).toEqual(before);
  });

  it("CMD-6: knows no unknown user, and asks nobody without a terminal", async () => {
    expect(await run(["changepassword", "nobody"], [])).toMatchObject({
      code: 1,
      err: 'Error: There is no user "nobody".\n',
    });
    expect((await run(["changepassword", "Ada"])).err).toMatch(/^CLI_NOT_INTERACTIVE/);
  });

  it("CMD-6: means the one who is called as one is on the machine", async () => {
    const next = "battery staple horse";
    expect((await run(["changepassword"], [next, next])).out).toContain(`"${userInfo().username}"`);
  });
});

describe("syncpermissions and migrate", () => {
  it("PRM-1, CMD-7: write four permissions for each model, and nothing the second time", async () => {
    const codenames = async (model: string) =>
      (await inDatabase(() => objects(Permission).filter({ app: "library", model }).rows(["codename"]))).map(
        ({ codename }) => codename,
      );
    const all = ["add_book", "change_book", "delete_book", "view_book"];
    expect(await codenames("book")).toEqual(all);
    expect((await run(["migrate"])).out).toBe("Nothing to do.\n");
    expect((await run(["syncpermissions"])).out).toBe("Nothing to do.\n");
    await inDatabase(() => objects(Permission).filter({ codename: "add_book" }).delete());
    await inDatabase(() =>
      objects(Permission).create({ app: "library", model: "book", codename: "lend_book", name: "Can lend books" }),
    );
    expect((await run(["syncpermissions"])).out).toBe("1 permission added.\n");
    expect((await codenames("book")).toSorted()).toEqual([...all, "lend_book"].toSorted());
    await inDatabase(() => objects(Permission).filter({ codename: "view_author" }).delete());
    expect((await run(["migrate"])).out).toBe("Nothing to do.\n1 permission added.\n");
  });

  it("PRM-1: migrations that are older than users are applied all the same, with a word about it", async () => {
    using old = new CliApp();
    await callCommand("makemigrations", [], { root: old.root });
    for (const dialect of ["sqlite", "postgres"]) {
      const file = `migrations/${dialect}/0001_initial.ts`;
      old.write(file, old.read(file).replace(/^.*(?:auth_|antiphon_).*\n/gm, ""));
    }
    const migrated = await old.run("migrate");
    expect(migrated).toMatchObject({ code: 0, out: expect.stringMatching(/1 migration applied\.\n$/) });
    expect(migrated.err).toMatch(/Warning: The tables of users and permissions are not there\. Run {2}antiphon make/);
  });
});

describe("clearsessions", () => {
  it("SES-16, CMD-7: deletes what has expired and nothing else, and says how much", async () => {
    const sessions = new DatabaseSessions(database);
    const until = (milliseconds: number) => ({ data: "{}", version: 1, expiresAt: Date.now() + milliseconds });
    await sessions.create("expired", until(-1000));
    await sessions.create("lasting", until(60_000));
    expect(await run(["clearsessions"])).toMatchObject({ code: 0, out: "1 expired session deleted.\n", err: "" });
    expect(await run(["clearsessions"])).toMatchObject({ code: 0, out: "0 expired sessions deleted.\n" });
    expect(await sessions.load("lasting")).toMatchObject({ data: "{}" });
  });

  it("SES-16: fails where sessions are in a server's memory", async () => {
    vi.stubEnv("ANTIPHON_SESSION__BACKEND", "memory");
    expect(await run(["clearsessions"])).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringMatching(/^SESSION_OUT_OF_REACH {2}This app keeps its sessions in the memory of its server/),
    });
  });
});

describe("openSession in a command", () => {
  it("RT-7: opens what the server has stored, keeps it for as long as the settings say, and makes nothing else", async () => {
    vi.stubEnv("ANTIPHON_SESSION__MAX_AGE", "7200");
    const sessions = new DatabaseSessions(database);
    const key = "k".repeat(32);
    await sessions.create(sessionIdOf(key), { data: '{"theme":"dark"}', version: 1, expiresAt: Date.now() + 60_000 });
    app.write(
      "commands/theme.ts",
      `import { defineCommand, openSession } from "antiphon";
export default defineCommand({
  summary: "Changes the theme",
  args: ["key"],
  needs: "database",
  async run({ args: [key], terminal }) {
    const session = await openSession(key);
    terminal.line(String(session?.get("theme")));
    session?.set("theme", "light");
    await session?.save();
  },
});
`,
    );
    expect(await run(["theme", key])).toMatchObject({ code: 0, out: "dark\n" });
    const stored = await sessions.load(sessionIdOf(key));
    expect(stored).toMatchObject({ data: '{"theme":"light"}', version: 2 });
    expect(Math.abs((stored?.expiresAt ?? 0) - Date.now() - 7_200_000)).toBeLessThan(60_000);
    expect(await run(["theme", "x".repeat(32)])).toMatchObject({ code: 0, out: "undefined\n" });
  });

  it("RT-7: says so where sessions are in a server's memory", async () => {
    vi.stubEnv("ANTIPHON_SESSION__BACKEND", "memory");
    expect(await run(["theme", "k".repeat(32)])).toMatchObject({
      code: 1,
      err: expect.stringContaining("This app keeps its sessions in the memory of its server"),
    });
  });
});

describe("throttle:reset", () => {
  const throttle = () => new Throttle({ counters: databaseCounters(database) });
  const lock = async (ip: string, identifier: string) => {
    for (let count = 0; count < 5; count++) await throttle().begin("login", { ip, identifier });
    await expect(throttle().begin("login", { ip, identifier })).rejects.toMatchObject({ code: "AUTH_THROTTLED" });
  };

  it("THR-5, CMD-7: lets a name from an address try again, and no other", async () => {
    await lock("192.0.2.1", "ada");
    await lock("192.0.2.2", "ada");
    const both = await run(["throttle:reset", "--ip", "192.0.2.1", "--username", "ADA"]);
    expect(both).toMatchObject({ code: 0, out: "Reset 1 counter.\n" });
    await throttle().begin("login", { ip: "192.0.2.1", identifier: "ada" });
    await expect(throttle().begin("login", { ip: "192.0.2.2", identifier: "ada" })).rejects.toThrow();
    expect((await run(["throttle:reset", "--ip", "192.0.2.2"])).out).toMatch(/^Reset 2 counters/);
    await throttle().begin("login", { ip: "192.0.2.2", identifier: "ada" });
  });

  it("THR-5: forgets all of them without an option", async () => {
    await lock("192.0.2.3", "bob");
    expect((await run(["throttle:reset"])).code).toBe(0);
    expect(await throttle().list()).toEqual([]);
    expect((await run(["throttle:reset"])).out).toBe("Reset 0 counters.\n");
  });
});

describe("dumpdata and loaddata", () => {
  it("carry groups with their permissions into a database that numbers permissions in another order", async () => {
    const names = async () => {
      const [row] = await objects(Group).filter({ name: "Editors" }).related("permissions").rows();
      return row?.permissions.map(({ codename }) => codename).sort();
    };
    const wanted = await inDatabase(async () => {
      const permissions = await objects(Permission).limit(3).pluck("id");
      await objects(Group).create({ name: "Editors", permissions });
      return names();
    });
    expect(wanted).toHaveLength(3);
    const written = await callCommand("dumpdata", ["Group"], { root: app.root });
    const dumped = JSON.parse(written) as { Permission: { id: number }[]; Group: { permissions: number[] }[] };
    // As a database would have them that wrote its permissions the other way round.
    const ids = dumped.Permission.map(({ id }) => id);
    const turned = new Map(ids.map((id, index) => [id, ids[ids.length - 1 - index] as number]));
    const other = (id: number) => turned.get(id) as number;
    app.write(
      "turned.json",
      JSON.stringify({
        Permission: dumped.Permission.map((row) => ({ ...row, id: other(row.id) })),
        Group: dumped.Group.map((row) => ({ ...row, permissions: row.permissions.map(other) })),
      }),
    );
    await inDatabase(() => objects(Group).update({ permissions: [] }));
    await callCommand("loaddata", ["turned.json"], { root: app.root });
    expect(await inDatabase(names)).toEqual(wanted);
  });
});
