import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { PageKeys } from "../protocol/messages.ts";

/** The file that names the build which a server that starts now serves, below the app's folder. */
export const BUILD_POINTER = ".antiphon/build.json";
const BUILDS = ".antiphon/builds";

/** Milliseconds after which a build that nobody serves may go. */
const UNUSED_AFTER = 60 * 60_000;
/** Milliseconds between two signs of a server that it serves a build. */
const SIGN_EVERY = 10 * 60_000;

/** A build that can be served. */
export interface BuildPlace {
  /** Changes with every change of what the browser gets. */
  readonly build: string;
  /** Where it lies; only its `client` is public. No two builds share a folder, so a running server keeps its files. */
  readonly folder: string;
  /** URL from which browsers load its files; undefined for the server itself. */
  readonly assetsUrl?: string | undefined;
  /** Path under which it is hosted. */
  readonly basePath?: string | undefined;
  /** When it was made, in milliseconds since 1970. */
  readonly madeAt: number;
}

/** The build that a server which starts now serves; undefined when there is none. */
export function currentBuild(root: string): BuildPlace | undefined {
  try {
    const pointer = join(root, BUILD_POINTER);
    const { build, folder, assetsUrl, basePath } = JSON.parse(readFileSync(pointer, "utf8")) as Omit<
      BuildPlace,
      "madeAt"
    >;
    const place = join(root, BUILDS, basename(folder));
    if (!statSync(place).isDirectory()) return undefined;
    return { build, folder: place, assetsUrl, basePath, madeAt: statSync(pointer).mtimeMs };
  } catch {
    return undefined;
  }
}

/** The file of a build that lists the keys of the messages that each page uses. */
const KEYS_FILE = "messages.json";

/** Writes the keys of the messages that the pages of a build use. */
export async function writePageKeys(folder: string, keys: PageKeys): Promise<void> {
  await writeFile(join(folder, KEYS_FILE), JSON.stringify(keys));
}

const builtKeys = new Map<string, Promise<PageKeys>>();

/** Returns the keys of the messages that the pages of a build use. */
export function builtPageKeys(folder: string): Promise<PageKeys> {
  const file = join(folder, KEYS_FILE);
  const keys = builtKeys.get(file) ?? readFile(file, "utf8").then((text) => JSON.parse(text) as PageKeys);
  builtKeys.set(file, keys);
  return keys;
}

/** Makes the folder of a build that begins now. */
export function newBuildFolder(root: string): string {
  mkdirSync(join(root, BUILDS), { recursive: true });
  const folder = join(root, BUILDS, `${new Date().toISOString().replace(/\W/g, "-")}${process.pid}`);
  mkdirSync(folder);
  return folder;
}

/**
 * Makes a whole build the one that servers start with, in one step: whoever reads meanwhile finds the old one or the
 * new one. Builds that no server has served for an hour go then, but never the one before.
 */
export async function adoptBuild(
  root: string,
  { build, folder, assetsUrl, basePath }: Omit<BuildPlace, "madeAt">,
): Promise<void> {
  const before = currentBuild(root);
  await signOfUse(folder);
  const pointer = join(root, BUILD_POINTER);
  const next = `${pointer}.${process.pid}`;
  writeFileSync(next, `${JSON.stringify({ build, folder: basename(folder), assetsUrl, basePath })}\n`);
  renameSync(next, pointer);
  await removeUnused(root, [folder, before?.folder]);
}

/**
 * Marks a build as served, now and from time to time, so that later builds leave it alone.
 *
 * @returns a function that ends it
 */
export function keepBuild(folder: string): () => void {
  const sign = () =>
    void signOfUse(folder).catch(({ message }: Error) => {
      clearInterval(timer);
      process.emitWarning(`The build that is served cannot be marked, and later builds may remove it: ${message}`, {
        code: "ANTIPHON_BUILD_UNMARKED",
      });
    });
  const timer = setInterval(sign, SIGN_EVERY).unref();
  sign();
  return () => clearInterval(timer);
}

async function signOfUse(folder: string): Promise<void> {
  const now = new Date();
  await utimes(folder, now, now);
}

/** By a time and not by process ids: servers in other containers may share the disk. */
async function removeUnused(root: string, kept: readonly (string | undefined)[]): Promise<void> {
  const builds = join(root, BUILDS);
  for (const name of await readdir(builds)) {
    const folder = join(builds, name);
    if (kept.includes(folder)) continue;
    try {
      const { mtimeMs } = await stat(folder);
      if (Date.now() - mtimeMs > UNUSED_AFTER) await rm(folder, { recursive: true, force: true });
    } catch {
      // Another build removes it too, or it is not ours: either way this build is done.
    }
  }
}
