import { readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { currentBuild } from "../vite/build-folder.ts";

/** Whether the last build can be served: `missing`, `stale` with the reason, or `fresh`. */
export type BuildAge =
  | { readonly state: "missing" }
  | { readonly state: "stale"; readonly reason: string }
  | { readonly state: "fresh" };

/** What goes into a build, below the app's folder. */
const SOURCES = [
  "src",
  "public",
  "index.html",
  "package.json",
  "antiphon.config.ts",
  "antiphon.config.js",
  "antiphon.config.mjs",
];

/** The settings that go into a build. */
interface HostedAt {
  readonly assetsUrl?: string;
  readonly basePath?: string;
}

/** Compares the last build with the app's sources, by time, and with the settings `assetsUrl` and `basePath`. Changed packages are not seen. */
export function buildAge(root: string, hosted: HostedAt): BuildAge {
  const built = currentBuild(root);
  if (!built) return { state: "missing" };
  for (const source of SOURCES) {
    const newer = newerThan(join(root, source), built.madeAt);
    if (newer !== undefined) return { state: "stale", reason: `${relative(root, newer)} is newer than the last build` };
  }
  const { assetsUrl, basePath = "" } = hosted;
  if (built.assetsUrl !== assetsUrl) return { state: "stale", reason: "assetsUrl has changed since the last build" };
  if ((built.basePath ?? "") !== basePath)
    return { state: "stale", reason: "basePath has changed since the last build" };
  return { state: "fresh" };
}

function newerThan(path: string, time: number): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) return undefined;
  // A folder's own time changes when a file in it is added or removed.
  if (found.mtimeMs > time) return path;
  if (!found.isDirectory()) return undefined;
  for (const name of readdirSync(path)) {
    const newer = name === "node_modules" || name.startsWith(".") ? undefined : newerThan(join(path, name), time);
    if (newer !== undefined) return newer;
  }
  return undefined;
}
