import type { IncomingMessage } from "node:http";

/** What a range is taken of. */
export interface RangeSubject {
  /** In bytes. */
  readonly size: number;
  readonly etag: string;
  readonly lastModified: string;
}

/** Bytes of a file; both ends belong to it. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The part of a file that a request asks for by `Range`; undefined when it is to get all of it: no range, several, one
 * in another unit or of another version of the file (`If-Range`).
 *
 * @example
 * byteRange(request, { size: 100, etag, lastModified }); // "bytes=-5": { start: 95, end: 99 }
 */
export function byteRange(
  { method, headers }: Pick<IncomingMessage, "method" | "headers">,
  { size, etag, lastModified }: RangeSubject,
): ByteRange | "unsatisfiable" | undefined {
  const condition = headers["if-range"];
  if (method !== "GET" || (condition !== undefined && condition !== etag && condition !== lastModified))
    return undefined;
  const [, from = "", to = ""] = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(headers.range ?? "") ?? [];
  if (from === "" && to === "") return undefined;
  const start = from === "" ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === "" || to === "" ? size - 1 : Math.min(Number(to), size - 1);
  return start > end ? "unsatisfiable" : { start, end };
}
