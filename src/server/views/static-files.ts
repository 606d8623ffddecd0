import { existsSync, readdirSync, statSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { lookup } from "mrmime";
import { byteRange } from "./byte-range.ts";

/** The files of a folder, as they were listed once. */
export interface StaticFiles {
  /** Answers a GET or HEAD request for a file; resolves to false, with nothing sent, when no file has the path. */
  serve(request: IncomingMessage, response: ServerResponse): Promise<boolean>;
}

/** Options of {@link staticFiles}. */
export interface StaticFilesOptions {
  /** The `Cache-Control` of a file, by its URL path. */
  cacheControl(path: string): string;
}

/** Content codings, the smallest first, by the endings of files that lie compressed beside their originals. */
const CODINGS = [
  { coding: "br", ending: ".br" },
  { coding: "gzip", ending: ".gz" },
] as const;

/** Bytes that are read before the headers leave: until then a failure can still be answered. */
const FIRST_BYTES = 65_536;

interface Listed {
  readonly file: string;
  readonly codings: readonly (typeof CODINGS)[number][];
}

/**
 * Serves the files of a folder: compressed copies, validators and ranges. Only what the listing of the start holds is
 * served, so no path of a request ever reaches the disk. A file is opened before anything is answered.
 *
 * @example
 * const files = staticFiles("/srv/notes/public", { cacheControl: () => "no-cache" });
 * if (!(await files.serve(request, response))) response.writeHead(404).end();
 */
export function staticFiles(folder: string, { cacheControl }: StaticFilesOptions): StaticFiles {
  const listed = listFiles(folder);
  return {
    async serve(request, response) {
      const path = decodedPath(request.url ?? "/");
      const found = listed.get(path);
      if (!found) return false;
      const chosen = found.codings.find(({ coding }) => takesCoding(request.headers["accept-encoding"], coding));
      const handle = await openFile(`${found.file}${chosen?.ending ?? ""}`);
      if (!handle) return false;
      try {
        const headers = {
          ...(await validators(handle)),
          "Content-Type": contentType(path),
          "Cache-Control": cacheControl(path),
          "Accept-Ranges": "bytes",
          ...(found.codings.length > 0 ? { Vary: "Accept-Encoding" } : {}),
          ...(chosen ? { "Content-Encoding": chosen.coding } : {}),
        };
        await sendFile(request, response, { handle, headers });
      } finally {
        await handle.close();
      }
      return true;
    },
  };
}

function listFiles(folder: string): Map<string, Listed> {
  const names = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: "utf8" }) : [];
  const files = new Set(
    names
      .map((name) => name.replaceAll(sep, "/"))
      .filter((name) => !/(?:^|\/)\.(?!well-known\/)/.test(name) && statSync(join(folder, name)).isFile()),
  );
  const copies = new Set([...files].flatMap((name) => CODINGS.map(({ ending }) => `${name}${ending}`)));
  const listed = new Map<string, Listed>();
  for (const name of files) {
    if (copies.has(name)) continue;
    const codings = CODINGS.filter(({ ending }) => files.has(`${name}${ending}`));
    listed.set(`/${name.normalize()}`, { file: join(folder, name), codings });
  }
  return listed;
}

/** Undefined when the file is gone: whoever removes the files of a running server gets a 404. */
async function openFile(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}

interface Validators {
  readonly ETag: string;
  readonly "Last-Modified": string;
  readonly "Content-Length": number;
}

async function validators(handle: FileHandle): Promise<Validators> {
  const { size, mtimeMs, mtime } = await handle.stat();
  return {
    ETag: `"${Math.round(mtimeMs).toString(36)}-${size.toString(36)}"`,
    "Last-Modified": mtime.toUTCString(),
    "Content-Length": size,
  };
}

interface OpenFile {
  readonly handle: FileHandle;
  readonly headers: Validators & { readonly [name: string]: string | number };
}

async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  { handle, headers }: OpenFile,
): Promise<void> {
  const { "Content-Length": size, ...rest } = headers;
  if (isKnown(request, headers)) return void response.writeHead(304, rest).end();
  const range = byteRange(request, { size, etag: headers.ETag, lastModified: headers["Last-Modified"] });
  if (range === "unsatisfiable") {
    return void response.writeHead(416, { "Content-Range": `bytes */${size}`, "Content-Length": 0 }).end();
  }
  const { start, end } = range ?? { start: 0, end: size - 1 };
  const length = end - start + 1;
  const status = range ? 206 : 200;
  const whole = {
    ...headers,
    "Content-Length": length,
    ...(range ? { "Content-Range": `bytes ${start}-${end}/${size}` } : {}),
  };
  if (request.method === "HEAD") return void response.writeHead(status, whole).end();
  const first = await readExactly(handle, start, Math.min(length, FIRST_BYTES));
  response.writeHead(status, whole);
  if (first.length === length) return void response.end(first);
  response.write(first);
  await sendRest(response, handle, { start: start + first.length, end });
}

async function readExactly(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  const { bytesRead } = length === 0 ? { bytesRead: 0 } : await handle.read(buffer, 0, length, position);
  if (bytesRead < length) throw new Error("A file became shorter while it was read.");
  return buffer;
}

async function sendRest(
  response: ServerResponse,
  handle: FileHandle,
  range: { readonly start: number; readonly end: number },
): Promise<void> {
  const stream = handle.createReadStream(range);
  try {
    await pipeline(stream, response, { end: false });
  } catch (error) {
    // Who has gone away wants no answer.
    if (response.destroyed) return;
    throw error;
  }
  // Only a broken connection tells the reader that the promised length does not come.
  if (stream.bytesRead <= range.end - range.start) response.destroy();
  else response.end();
}

/** Whether the browser has the file already. */
function isKnown(request: IncomingMessage, headers: Validators): boolean {
  const { "if-none-match": tags, "if-modified-since": since } = request.headers;
  if (tags !== undefined) {
    return tags.split(",").some((tag) => tag.trim() === "*" || tag.trim().replace(/^W\//, "") === headers.ETag);
  }
  return since !== undefined && Date.parse(headers["Last-Modified"]) <= Date.parse(since);
}

function takesCoding(header: string | string[] | undefined, coding: string): boolean {
  return String(header ?? "")
    .split(",")
    .some((part) => {
      const [name = "", ...parameters] = part.split(";").map((text) => text.trim().toLowerCase());
      return name === coding && !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter));
    });
}

function contentType(path: string): string {
  const type = lookup(path) ?? "application/octet-stream";
  return type.startsWith("text/") ? `${type}; charset=utf-8` : type;
}

function decodedPath(url: string): string {
  const path = url.split("?", 1)[0] ?? "/";
  try {
    return decodeURIComponent(path).normalize();
  } catch {
    return path;
  }
}
