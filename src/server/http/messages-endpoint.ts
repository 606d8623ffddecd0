import { YEAR_SECONDS } from "../../protocol/durations.ts";
import { serverErrors } from "../errors.ts";
import type { EndpointRequest } from "./endpoint.ts";

/**
 * Answers a page that needs the messages of a route (`route`) in a language (`language`). With the version that the app has
 * now (`version`) the answer may be kept for good.
 */
export async function answerMessages({ request, response, path, parts }: EndpointRequest): Promise<void> {
  const { translator } = parts;
  if (!translator) throw serverErrors.SERVER_NOT_FOUND(request.method ?? "GET", path);
  const asked = new URL(request.url ?? "/", "http://localhost").searchParams;
  const language = translator.languages.exact(asked.get("language")) ?? translator.languages.defaultLanguage;
  const { version, ...messages } = await translator.pageMessages(language, asked.get("route") ?? "");
  const isCurrent = asked.get("version") === version;
  const text = JSON.stringify(messages);
  response.writeHead(200, {
    "Content-Type": "application/json; charset=utf-8",
    "Content-Length": Buffer.byteLength(text),
    "Cache-Control": isCurrent ? `public, max-age=${YEAR_SECONDS}, immutable` : "no-cache",
  });
  response.end(request.method === "HEAD" ? undefined : text);
}
