import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { envOverrides } from "./env-overrides.ts";
import { loadConfig } from "./load-config.ts";
import { resolveConfig } from "./resolve-config.ts";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function app(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), "antiphon-config-"));
  folders.push(root);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text);
  return root;
}

describe("Loading settings", () => {
  it("row 18: gives all defaults when there is no file", async () => {
    expect(await loadConfig({ root: app({}), env: {} })).toEqual({ config: {}, file: undefined, warnings: [] });
  });

  it("row 1: reads a TypeScript file, or a JavaScript one when there is no other", async () => {
    const both = app({
      "antiphon.config.ts": "const port: number = 4000;\nexport default { port };",
      "antiphon.config.js": "export default { port: 1 };",
    });
    expect(await loadConfig({ root: both, env: {} })).toMatchObject({
      config: { port: 4000 },
      file: join(both, "antiphon.config.ts"),
    });
    expect(
      (await loadConfig({ root: app({ "antiphon.config.mjs": "export default { port: 5 };" }), env: {} })).config.port,
    ).toBe(5);
  });

  it("row 2: reads the .env files first: what is set already stays, .env.local beats .env", async () => {
    const root = app({
      ".env": "A_FROM=env\nB_FROM=env\nC_FROM=env\nANTIPHON_PORT=4100",
      ".env.local": 'B_FROM="local # not a comment"',
    });
    const env: Record<string, string | undefined> = { C_FROM: "shell" };
    expect((await loadConfig({ root, env })).config.port).toBe(4100);
    expect(env).toMatchObject({ A_FROM: "env", B_FROM: "local # not a comment", C_FROM: "shell" });
  });

  it("row 17: lays the environment's variables over the file, group by group", async () => {
    const root = app({
      "antiphon.config.mjs": 'export default { port: 1, host: "::1", limits: { tabs: 1, depth: 9 } };',
    });
    const env = { ANTIPHON_PORT: "2", ANTIPHON_LIMITS__TABS: "3" };
    expect((await loadConfig({ root, env })).config).toEqual({ port: 2, host: "::1", limits: { tabs: 3, depth: 9 } });
  });

  it.each([
    [
      "a file that throws",
      'throw new Error("no SECRET_KEY is set.");',
      "CONFIG_FILE_FAILED",
      /antiphon\.config\.mjs could not be loaded: no SECRET_KEY is set\. Expected/,
    ],
    [
      "a file that does not parse",
      "export default {",
      "CONFIG_FILE_FAILED",
      /antiphon\.config\.mjs could not be loaded/,
    ],
    ["a file that imports what is not there", 'import "./gone.js";', "CONFIG_FILE_FAILED", /gone\.js/],
    [
      "a file without a default export",
      "export const config = {};",
      "CONFIG_NO_DEFAULT_EXPORT",
      /Got the exports: config/,
    ],
    ["an empty file", "", "CONFIG_NO_DEFAULT_EXPORT", /Got the exports: none/],
    [
      "a default export that is no object",
      "export default () => ({});",
      "CONFIG_NO_DEFAULT_EXPORT",
      /of type function/,
    ],
    [
      "a problem in the file",
      "export default { prot: 3 };",
      "CONFIG_INVALID",
      /antiphon\.config\.mjs has a problem:\n {2}prot: /,
    ],
  ])("refuses %s by name", async (_name, text, code, message) => {
    const root = app({ "antiphon.config.mjs": text });
    await expect(loadConfig({ root, env: {} })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it("keeps the foreign error as the cause", async () => {
    const root = app({ "antiphon.config.mjs": 'throw new TypeError("x");' });
    await expect(loadConfig({ root, env: {} })).rejects.toMatchObject({ cause: { name: "TypeError", message: "x" } });
  });
});

describe("The environment's variables", () => {
  it("become values of the kind that their key expects", () => {
    const { config, warnings } = envOverrides({
      ANTIPHON_PORT: " 4000 ",
      ANTIPHON_BACKEND_PREFIX: "/api",
      ANTIPHON_EXTRA_PREFIXES: "/a, /b,",
      ANTIPHON_TRUST_PROXY: "true",
      ANTIPHON_TRUSTED_ORIGINS: "https://a.example,https://b.example",
      ANTIPHON_LIMITS__FRAME_SIZE: "100",
      ANTIPHON_LIMITS__TABS: "3",
      ANTIPHON_CONTENT_SECURITY_POLICY: "false",
      ANTIPHON_HOST: "",
      OTHER: "x",
    });
    expect(config).toEqual({
      port: 4000,
      backendPrefix: "/api",
      extraPrefixes: ["/a", "/b"],
      trustProxy: true,
      trustedOrigins: ["https://a.example", "https://b.example"],
      limits: { frameSize: 100, tabs: 3 },
      contentSecurityPolicy: false,
    });
    expect(warnings).toEqual([]);
  });

  it("name the database; DATABASE_URL does where the file and ANTIPHON_DATABASE__URL do not", async () => {
    const silent = app({ "antiphon.config.mjs": "export default { database: { poolSize: 3 } };" });
    const named = app({ "antiphon.config.mjs": 'export default { database: { url: "sqlite:./own.db" } };' });
    const hosted = { DATABASE_URL: "postgres://host/db" };
    const database = async (root: string, env: Record<string, string>) =>
      (await loadConfig({ root, env })).config.database;
    expect(await database(silent, hosted)).toEqual({ url: "postgres://host/db", poolSize: 3 });
    expect(await database(named, hosted)).toEqual({ url: "sqlite:./own.db" });
    expect(await database(named, { ...hosted, ANTIPHON_DATABASE__URL: "mysql://host/db" })).toEqual({
      url: "mysql://host/db",
    });
    expect(resolveConfig({}, { root: silent, mode: "test" }).database.url).toBe("sqlite:./db.sqlite3");
    await expect(loadConfig({ root: named, env: { ANTIPHON_DATABASE__URL: "oracle://x" } })).rejects.toMatchObject({
      code: "CONFIG_ENV_INVALID",
    });
  });

  it("are named when what they say of the database cannot be read, and its password is told to nobody", async () => {
    const silent = app({});
    const named = app({ "antiphon.config.mjs": 'export default { database: { url: "sqlite:./own.db" } };' });
    const wrong = "postgresql+psycopg://app:hunter2@db/app";
    for (const name of ["DATABASE_URL", "ANTIPHON_DATABASE__URL"]) {
      await expect(loadConfig({ root: silent, env: { [name]: wrong } })).rejects.toMatchObject({
        code: "CONFIG_ENV_INVALID",
        details: [{ key: name, got: `a text of ${wrong.length} characters` }],
      });
    }
    expect((await loadConfig({ root: named, env: { DATABASE_URL: wrong } })).config.database?.url).toBe(
      "sqlite:./own.db",
    );
    const filed = app({ "antiphon.config.mjs": `export default { database: { url: "${wrong}" } };` });
    await expect(loadConfig({ root: filed, env: {} })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.not.stringContaining("hunter2"),
    });
  });

  it("reach keys of groups in groups, beside those that the file sets", async () => {
    const root = app({
      "antiphon.config.mjs":
        "export default { auth: { loginUrl: '/in', throttle: { login: { attempts: 9, window: 60 }, signup: { attempts: 2 } } } };",
    });
    const env = {
      ANTIPHON_AUTH__THROTTLE__LOGIN__ATTEMPTS: "3",
      ANTIPHON_AUTH__THROTTLE__RESET__WINDOW: "7",
      ANTIPHON_AUTH__SIGNUP_ENABLED: "false",
      ANTIPHON_AUTH__LOGIN_FIELDS: "Email, username",
      ANTIPHON_AUTH__REDIRECT_AUTHENTICATED_USER: "false",
      ANTIPHON_EVENT_BRIDGE: "session",
      ANTIPHON_SESSION__SECURE: "1",
    };
    expect((await loadConfig({ root, env })).config).toEqual({
      auth: {
        loginUrl: "/in",
        signupEnabled: false,
        redirectAuthenticatedUser: false,
        loginFields: ["Email", "username"],
        throttle: { login: { attempts: 3, window: 60 }, signup: { attempts: 2 }, reset: { window: 7 } },
      },
      eventBridge: "session",
      session: { secure: true },
    });
  });

  it("are not shown when they hold secrets", () => {
    const env = { ANTIPHON_SECRET_KEY: " ", ANTIPHON_MAIL__URL: "imap://me:hunter2@host" };
    expect(() => envOverrides(env)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("hunter2"), code: "CONFIG_ENV_INVALID" }),
    );
  });

  it("of commands are no mistakes", () => {
    expect(envOverrides({ ANTIPHON_SUPERUSER_PASSWORD: "x", ANTIPHON_SUPERUSER_USERNAME: "ada" }).warnings).toEqual([]);
  });

  it("may name proxies instead of true or false", () => {
    expect(envOverrides({ ANTIPHON_TRUST_PROXY: "10.0.0.1, 10.0.0.2" }).config).toEqual({
      trustProxy: ["10.0.0.1", "10.0.0.2"],
    });
  });

  it("are refused all at once when they are of the wrong kind", () => {
    const env = { ANTIPHON_PORT: "web", ANTIPHON_LIMITS__TABS: "-1", ANTIPHON_TRUSTED_ORIGINS: "*" };
    expect(() => envOverrides(env)).toThrow(
      expect.objectContaining({
        code: "CONFIG_ENV_INVALID",
        message: expect.stringMatching(
          /3 variables [\s\S]*ANTIPHON_PORT: Expected a whole number from 0 to 65535\. Got "web"\.[\s\S]*ANTIPHON_LIMITS__TABS: [\s\S]*ANTIPHON_TRUSTED_ORIGINS: /,
        ),
      }),
    );
  });

  it("give a warning when they set nothing", () => {
    expect(envOverrides({ ANTIPHON_PROT: "3", ANTIPHON_ON_START: "x" }).warnings).toEqual([
      "ANTIPHON_PROT sets nothing; did you mean ANTIPHON_PORT?",
      "ANTIPHON_ON_START sets nothing.",
    ]);
  });
});
