import { spawn } from "node:child_process";
import { loadConfig } from "../../config/load-config.ts";
import { resolveConfig } from "../../config/resolve-config.ts";
import { defineCommand } from "../command.ts";
import { CommandError } from "../command-error.ts";

/** A program to start, with a password in its environment and not among its arguments, which other users can read. */
interface Client {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Package of Debian that has it. */
  readonly package: string;
}

/** `antiphon dbshell`. */
export const dbshellCommand = defineCommand({
  name: "dbshell",
  summary: "Open the database's own command line",
  description: "Starts sqlite3, psql or mysql with the address of the settings.",
  // The client takes Ctrl+C itself, to stop a statement.
  handlesSignals: true,
  options: { print: { type: "boolean", description: "Only print the command, without a password" } },
  async run({ root, options, terminal }) {
    const { config } = await loadConfig({ root });
    const { readDatabaseUrl } = await import("../../models/database/database-url.ts");
    const { dialect, url } = readDatabaseUrl(resolveConfig(config, { root, mode: "production" }).database.url, root);
    const client = clientOf(dialect, url);
    if (options.print) {
      terminal.line([client.program, ...client.args].join(" "));
      return 0;
    }
    return start(client);
  },
});

function clientOf(dialect: "sqlite" | "postgres" | "mysql", url: string): Client {
  if (dialect === "sqlite") {
    if (url === ":memory:")
      throw new CommandError("A database in memory is gone when its process ends: there is nothing to open.");
    return { program: "sqlite3", args: [url], env: {}, package: "sqlite3" };
  }
  const { hostname, port, username, password, pathname } = new URL(url);
  const [user, name, secret] = [username, pathname.slice(1), password].map(decodeURIComponent) as [
    string,
    string,
    string,
  ];
  if (dialect === "postgres") {
    const parsed = new URL(url);
    parsed.password = "";
    return {
      program: "psql",
      args: [parsed.href],
      env: secret === "" ? {} : { PGPASSWORD: secret },
      package: "postgresql-client",
    };
  }
  const args = [
    ...(hostname === "" ? [] : [`--host=${hostname}`]),
    ...(port === "" ? [] : [`--port=${port}`]),
    ...(user === "" ? [] : [`--user=${user}`]),
    "--protocol=tcp",
    name,
  ].filter((arg) => arg !== "");
  return { program: "mysql", args, env: secret === "" ? {} : { MYSQL_PWD: secret }, package: "default-mysql-client" };
}

function start(client: Client): Promise<number> {
  return new Promise((resolve, reject) => {
    const ignore = () => {};
    process.on("SIGINT", ignore);
    const child = spawn(client.program, client.args, { stdio: "inherit", env: { ...process.env, ...client.env } });
    child.once("error", (cause: NodeJS.ErrnoException) => {
      process.off("SIGINT", ignore);
      if (cause.code !== "ENOENT") return reject(cause);
      reject(
        new CommandError(`The program ${client.program} is not installed. On Debian: apt install ${client.package}`, {
          cause,
        }),
      );
    });
    child.once("close", (code) => {
      process.off("SIGINT", ignore);
      resolve(code ?? 1);
    });
  });
}
