import { copyFile, mkdir, readdir, readlink, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { loadConfig } from "../../config/load-config.ts";
import { defineCommand } from "../command.ts";
import { CommandError } from "../command-error.ts";
import { counted } from "../counted.ts";
import { cliErrors } from "../errors.ts";
import { buildWhenNeeded } from "./build.ts";

/** `antiphon collectstatic`: everything that browsers load, in one folder. */
export const collectstaticCommand = defineCommand({
  name: "collectstatic",
  summary: "Copy all files that browsers load into one folder",
  description:
    "Copies the built files, the framework's parts among them, and those of public/, for a CDN or a web server. Builds first when there is no build, or an older one.\nFiles of earlier builds stay in the folder, so that pages which are open can still load theirs.",
  options: {
    output: { type: "string", short: "o", placeholder: "folder", description: "Copy into this folder" },
  },
  async run({ root, options, terminal }) {
    if (options.output === undefined || options.output === "") {
      throw cliErrors.CLI_USAGE("collectstatic", "--output is missing: the folder to copy into.");
    }
    const output = resolve(root, options.output);
    await assertUsable(root, output, options.output);
    process.env["NODE_ENV"] ??= "production";
    const { config, warnings } = await loadConfig({ root });
    for (const warning of warnings) terminal.warn(warning);
    await buildWhenNeeded({ root, terminal, config });
    const { currentBuild } = await import("../../vite/build-folder.ts");
    const place = currentBuild(root);
    if (!place) throw new CommandError("The build has been removed meanwhile. Run it again.");
    const { copied, kept } = await copyFiles(join(place.folder, "client"), output);
    const unchanged = kept > 0 ? `, ${kept} unchanged` : "";
    terminal.line(`Copied ${counted(copied, "file")} to ${options.output}${unchanged}.`);
    if (config.assetsUrl === undefined) {
      terminal.line("Pages load these files from the app itself. To change that, set assetsUrl and run this again.");
    } else {
      terminal.line(`Pages load these files from ${config.assetsUrl}`);
    }
    return 0;
  },
});

/** Files copied into the app's own folders would become part of the next build, or be deleted with the old one. */
async function assertUsable(root: string, output: string, given: string): Promise<void> {
  const holds = (outer: string, inner: string) =>
    `${inner}${sep}`.startsWith(outer.endsWith(sep) ? outer : outer + sep);
  // A link may lead into one of them, or one of them may be a link.
  const [app, target] = [await realFolder(root), await realFolder(output)];
  const folders = ["src", "public", ".antiphon", "node_modules"];
  const real = await Promise.all(folders.map((name) => realFolder(join(root, name))));
  const taken = folders.find((name, at) => holds(join(app, name), target) || holds(real[at] as string, target));
  if (!holds(target, app) && taken === undefined) return;
  const reason = taken === undefined ? "it holds the app" : `it is within ${taken}/ of the app`;
  throw new CommandError(`The files cannot be copied to "${given}", because ${reason}. Use a folder of its own.`);
}

/** Returns the path without links of a folder that need not exist yet. */
async function realFolder(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    // Of links in a circle, which nothing can be copied to.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") return path;
  }
  // A link that leads nowhere would be followed when the folder is made.
  const link = await readlink(path).catch(() => undefined);
  if (link !== undefined) return realFolder(resolve(dirname(path), link));
  const parent = dirname(path);
  return parent === path ? path : join(await realFolder(parent), basename(path));
}

async function copyFiles(from: string, to: string): Promise<{ readonly copied: number; readonly kept: number }> {
  let copied = 0;
  let kept = 0;
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const source = join(entry.parentPath, entry.name);
    const name = relative(from, source);
    const target = join(to, name);
    // The names of these change with their content.
    if (name.startsWith(`_assets${sep}`) && (await isSameSize(source, target))) {
      kept++;
      continue;
    }
    await mkdir(dirname(target), { recursive: true });
    // In one step: a web server may read the folder meanwhile.
    const part = `${target}.${process.pid}.part`;
    try {
      await copyFile(source, part);
      await rename(part, target);
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
    copied++;
  }
  return { copied, kept };
}

async function isSameSize(one: string, other: string): Promise<boolean> {
  const found = await stat(other).catch(() => undefined);
  return found?.isFile() === true && found.size === (await stat(one)).size;
}
