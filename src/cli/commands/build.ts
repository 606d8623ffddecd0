import type { AntiphonConfig } from "../../config/define-config.ts";
import { loadConfig } from "../../config/load-config.ts";
import { buildAge } from "../build-age.ts";
import { type CommandContext, defineCommand } from "../command.ts";

/** `antiphon build`. */
export const buildCommand = defineCommand({
  name: "build",
  summary: "Build the app for production",
  description:
    "Writes the browser's files and the server's entry into a new folder below .antiphon, which  antiphon run --prod  serves.\nA server that runs keeps its own build.",
  options: {},
  async run({ root, terminal }) {
    process.env["NODE_ENV"] ??= "production";
    const { config, warnings } = await loadConfig({ root });
    for (const warning of warnings) terminal.warn(warning);
    await buildInto({ root, terminal, config });
    return 0;
  },
});

interface BuildFacts extends Pick<CommandContext, "root" | "terminal"> {
  readonly config: AntiphonConfig;
}

/** Builds the app if there is no build that fits its sources and settings. */
export async function buildWhenNeeded(facts: BuildFacts): Promise<void> {
  const age = buildAge(facts.root, facts.config);
  if (age.state === "fresh") return;
  facts.terminal.step(
    age.state === "missing" ? "There is no build yet, so the app is built" : `${age.reason}, so the app is built again`,
  );
  await buildInto(facts);
}

/** Builds the app and prints what was made. */
async function buildInto({ root, terminal, config }: BuildFacts): Promise<void> {
  const { buildApp } = await import("../../vite/build.ts");
  const result = await buildApp({
    root,
    ...(config.vite === undefined ? {} : { viteConfig: config.vite }),
    assetsUrl: config.assetsUrl,
    basePath: config.basePath,
    onProgress: (step) => terminal.step(step),
  });
  const size = `${result.client.files} files, ${formatBytes(result.client.bytes)}`;
  terminal.line(
    `Built in ${formatMilliseconds(result.milliseconds)}: ${size} for the browser, ${result.server.files} for the server.`,
  );
}

function formatBytes(bytes: number): string {
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(2)} MB`;
}

function formatMilliseconds(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}
