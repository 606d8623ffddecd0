import type { IncomingMessage, ServerResponse } from "node:http";
import { serverErrors } from "../errors.ts";

/** Refuses every method but POST. @throws SERVER_METHOD_NOT_ALLOWED */
export function onlyPosts(request: IncomingMessage, response: ServerResponse): void {
  if (request.method === "POST") return;
  response.setHeader("Allow", "POST");
  throw serverErrors.SERVER_METHOD_NOT_ALLOWED(request.method ?? "", "POST");
}

/** Returns the text of a body; undefined if it has more bytes than `most`. The rest of a longer body is not read. */
export async function readSmallBody(request: IncomingMessage, most: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > most) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
