import { networkInterfaces } from "node:os";
import { isAllowedHost } from "../../bridge/allowed-host.ts";
import { loadConfig } from "../../config/load-config.ts";
import { checkProduction } from "../../config/production-problems.ts";
import { resolveConfig } from "../../config/resolve-config.ts";
import type { AntiphonServer } from "../../server/assembly/server-parts.ts";
import { defineCommand } from "../command.ts";
import { counted } from "../counted.ts";
import { cliErrors } from "../errors.ts";
import { migrationsFolder } from "../migration-folder.ts";
import { packageVersion } from "../package-version.ts";
import { installProcessHandlers } from "../process-handlers.ts";
import type { Terminal } from "../terminal.ts";
import { buildWhenNeeded } from "./build.ts";

/** `antiphon run`: serves the app until a signal stops it. */
export const runCommand = defineCommand({
  name: "run",
  summary: "Run the app: pages, socket and HTTP views on one port",
  description:
    "Without --prod it serves the sources and takes changes in at once. With --prod it serves the last build, and builds first when the sources are newer.",
  handlesSignals: true,
  options: {
    prod: { type: "boolean", description: "Serve the built app" },
    port: { type: "string", short: "p", placeholder: "number", description: "Port to listen on; 0 takes a free one" },
    host: { type: "string", placeholder: "address", description: "Address to listen on; 0.0.0.0 for all" },
  },
  async run({ root, options, terminal }) {
    const startedAt = performance.now();
    const mode = options.prod ? "production" : "development";
    const port = readPort(options.port);
    process.env["NODE_ENV"] ??= mode;
    const { config, warnings } = await loadConfig({ root });
    for (const warning of warnings) terminal.warn(warning);
    if (options.prod) {
      // The server checks this too; here it is told before a build that may take a while.
      checkProduction(config);
      await buildWhenNeeded({ root, terminal, config });
    } else {
      terminal.step("Loading the app");
    }
    const { createServer, createLogger } = await import("../../server/index.ts");
    const resolved = resolveConfig(config, { root, mode });
    const { appName } = resolved;
    const logger = createLogger({ name: appName, pretty: !options.prod });
    const server = await createServer({
      root,
      config,
      mode,
      logger,
      ...(port === undefined ? {} : { port }),
      ...(options.host === undefined ? {} : { host: options.host }),
    });
    installProcessHandlers({ close: () => server.close(), log: logger });
    try {
      await warnOfPending(terminal, server, root, mode);
      await server.listen();
    } catch (error) {
      await server.close();
      throw error;
    }
    const { host = resolved.host } = options;
    const { allowedHosts } = resolved;
    printBanner(terminal, server, {
      appName,
      mode,
      host,
      basePath: resolved.basePath,
      names: allowedHosts,
      isAllowed: (name) => isAllowedHost(name, { mode, allowedHosts }),
      milliseconds: performance.now() - startedAt,
    });
    // The signal handlers end the process; until then the command is not over.
    return new Promise<never>(() => {});
  },
});

function readPort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (port >= 0 && port <= 65535) return port;
  throw cliErrors.CLI_USAGE("run", `--port takes a whole number from 0 to 65535. Got "${text}".`);
}

/**
 * In production too this is a warning: while a new version is rolled out, its processes may well come before its
 * migrations, and one that refuses to start would make an outage of it.
 */
async function warnOfPending(terminal: Terminal, server: AntiphonServer, root: string, mode: string): Promise<void> {
  if (!server.database) return;
  const { migrationFiles } = await import("../../models/migrations/migration-file.ts");
  const { pendingMigrations } = await import("../../models/migrations/migrate.ts");
  const folder = migrationsFolder(root);
  if (migrationFiles(`${folder}/${server.database.dialect}`).length === 0) {
    terminal.warn(
      "The app has models and no migrations, so their tables are missing. Run  antiphon makemigrations,  then  antiphon migrate.",
    );
    return;
  }
  const pending = await pendingMigrations(server.database, { folder });
  if (pending.length === 0) return;
  const names = pending.slice(0, 3).join(", ") + (pending.length > 3 ? ", …" : "");
  const loud = mode === "production" ? " What uses the new tables and fields fails until then." : "";
  terminal.warn(
    `${counted(pending.length, "migration")} ${pending.length === 1 ? "is" : "are"} not applied: ${names}. Run  antiphon migrate.${loud}`,
  );
}

interface BannerFacts {
  readonly appName: string;
  readonly mode: string;
  readonly host: string;
  readonly basePath: string;
  /** Names under which the server may be asked for. */
  readonly names: readonly string[];
  isAllowed(host: string): boolean;
  readonly milliseconds: number;
}

function printBanner(terminal: Terminal, server: AntiphonServer, facts: BannerFacts): void {
  const { pages, states, routes } = server.counts;
  terminal.line();
  terminal.line(
    `  ${terminal.paint("bold", facts.appName)}  ${terminal.paint("dim", `Antiphon ${packageVersion()} · ${facts.mode}`)}`,
  );
  terminal.line();
  for (const { url, note } of addresses(server, facts)) {
    terminal.line(`  ${terminal.paint("cyan", url)}${note === "" ? "" : `  ${terminal.paint("dim", note)}`}`);
  }
  terminal.line();
  terminal.line(`  ${counted(pages, "page")}, ${counted(states, "state")}, ${counted(routes, "HTTP view")}`);
  terminal.line(`  ${terminal.paint("dim", `Ready in ${Math.round(facts.milliseconds)} ms. Ctrl+C stops.`)}`);
  terminal.line();
}

/** Where the app answers. A name that `allowedHosts` does not hold is answered with 421, so it is not printed. */
function addresses(
  server: AntiphonServer,
  { host, basePath, isAllowed, names }: BannerFacts,
): { url: string; note: string }[] {
  const { port } = server;
  const own = new URL(server.url).hostname;
  const found = [
    { name: own, note: "" },
    ...networkAddresses(host).map((name) => ({ name, note: "on the network" })),
  ].filter(({ name }) => isAllowed(`${name}:${port}`));
  // Names lead here by the DNS or by a proxy, which may have another port.
  const named = names.filter((name) => !/^[.*]/.test(name) && !found.some((each) => each.name === name));
  const all = [...found, ...named.map((name) => ({ name, note: "if the name leads to this machine" }))];
  if (all.length === 0) return [{ url: `${server.url}${basePath}/`, note: `answers only for ${names.join(", ")}` }];
  return all.map(({ name, note }) => ({ url: `http://${name}:${port}${basePath}/`, note }));
}

function networkAddresses(host: string): string[] {
  if (host !== "0.0.0.0" && host !== "::") return [];
  return Object.values(networkInterfaces())
    .flat()
    .filter((address) => address !== undefined && !address.internal && address.family === "IPv4")
    .map((address) => address?.address ?? "");
}
