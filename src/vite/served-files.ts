import { existsSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import type { ViteDevServer } from "vite";
import { isStateModule, toSlashes } from "./app-files.ts";
import { CLIENT_ENTRY } from "./entries.ts";
import { serverOnlyFile } from "./server-only.ts";

/** What the decision needs of a request. */
export interface ServedRequest {
  readonly url: string;
  /** The `sec-fetch-dest` header. */
  readonly destination?: string | undefined;
  /** The `sec-fetch-site` header. */
  readonly site?: string | undefined;
}

const ASSET =
  /\.(?:css|less|s[ac]ss|styl|svg|png|jpe?g|jfif|gif|webp|avif|ico|bmp|woff2?|ttf|otf|eot|mp4|webm|ogg|mp3|wav|flac|aac|m4a|mov|opus|vtt|pdf|wasm|webmanifest)$/i;
/** Queries that ask for the stub itself: Vite's import marker and time stamps. */
const STUB_QUERIES = new Set(["import", "t", "v"]);

/**
 * Whether Vite may answer a request in development.
 *
 * Vite by itself serves every file below the app's root. Here only what the page leads to is served: the modules that
 * the entry imports (directly or not), pictures and styles, files of `public`, and Vite's own. Everything else, first
 * of all every server source, is as if it did not exist.
 */
export function mayServe(server: ViteDevServer, request: ServedRequest): boolean {
  const [path = "", query = ""] = request.url.split(/\?(.*)/s, 2);
  // Escapes that two readers could take differently.
  if (/%(?:2f|5c|00|25|2e)/i.test(path)) return false;
  const decoded = decode(path);
  if (decoded === undefined || posix.normalize(decoded) !== decoded) return false;
  if (decoded === "/@react-refresh" || decoded.startsWith("/@vite/")) return true;
  // It starts a program, so any other site that the developer visits must not ask for it.
  if (decoded === "/__open-in-editor") return request.site === "same-origin";
  const graph = server.environments.client.moduleGraph;
  if (decoded.startsWith("/@id/")) {
    const id = decoded.slice("/@id/".length).replace("__x00__", "\0");
    return id === CLIENT_ENTRY || id === `\0${CLIENT_ENTRY}` || graph.getModuleById(id) !== undefined;
  }
  const { root, publicDir, cacheDir } = server.config;
  if (publicDir && isFile(join(publicDir, decoded))) return true;
  const file = decoded.startsWith("/@fs/") ? decoded.slice("/@fs".length) : join(root, decoded);
  // A file that is merely watched for a module has an entry without an id.
  const isImported = (candidate: string) =>
    [...(graph.getModulesByFile(candidate) ?? [])].some((module) => module.id !== null);
  return mayServeFile({ root, cacheDir, isImported }, toSlashes(file), query, request.destination);
}

interface ServedFolders {
  readonly root: string;
  readonly cacheDir: string;
  isImported(file: string): boolean;
}

function mayServeFile(folders: ServedFolders, file: string, query: string, destination: string | undefined): boolean {
  const { root, cacheDir } = folders;
  if (file.startsWith(`${toSlashes(cacheDir)}/deps`)) return true;
  const source = file.endsWith(".map") ? file.slice(0, -".map".length) : file;
  if (serverOnlyFile(root, source)) return false;
  if (isStateModule(source)) {
    const asStub = [...new URLSearchParams(query).keys()].every((name) => STUB_QUERIES.has(name));
    // Vite hands a document the file as it stands on disk.
    return (
      asStub && file === source && destination !== "document" && destination !== "iframe" && folders.isImported(file)
    );
  }
  if (folders.isImported(source)) return true;
  if (ASSET.test(file) && (file.startsWith(`${root}/src/`) || file.includes("/node_modules/"))) return true;
  // A worker's URL stands in its importer's text only; Vite has not met the file yet.
  return /(?:^|&)worker_file\b/.test(query) && destination === "worker" && file.startsWith(`${root}/src/`);
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}
