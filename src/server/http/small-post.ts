import type { IncomingMessage, ServerResponse } from "node:http";
import { serverErrors } from "../errors.ts";

/** Refuses other methods than these; HEAD goes with GET. @throws SERVER_METHOD_NOT_ALLOWED */
export function allowMethods(
  request: IncomingMessage,
  response: ServerResponse,
  methods: readonly ("GET" | "POST")[],
): void {
  const { method = "GET" } = request;
  const allowed = methods.flatMap((each) => (each === "GET" ? ["GET", "HEAD"] : [each]));
  if (allowed.includes(method)) return;
  response.setHeader("Allow", allowed.join(", "));
  throw serverErrors.SERVER_METHOD_NOT_ALLOWED(method, allowed.join(" or "));
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
