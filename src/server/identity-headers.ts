import type { RequestContext } from "../bridge/request-context.ts";

/** The headers of an answer that has not left yet. */
export interface HeaderSet {
  get(name: string): number | string | readonly string[] | undefined;
  set(name: string, value: string): void;
  /** Adds a value to those that the header has. */
  append(name: "set-cookie", value: string[]): void;
}

/**
 * Saves the session of an answer and puts on the answer what follows from it: cookies, and that no shared cache may keep
 * what is one person's.
 *
 * @throws what saving throws; the headers are then as they were
 */
export function finishAnswer(context: RequestContext, status: number, headers: HeaderSet): void | Promise<void> {
  const waiting = context.identity.finish(context, status);
  if (waiting) return waiting.then(() => addHeaders(context, headers));
  addHeaders(context, headers);
}

function addHeaders({ outgoing, openedSession }: RequestContext, headers: HeaderSet): void {
  if (outgoing.size > 0) headers.append("set-cookie", [...outgoing.values()]);
  if (openedSession?.accessed !== true && headers.get("set-cookie") === undefined) return;
  const vary = headers.get("vary");
  const names = [vary ?? []].flat().join(", ");
  if (!/(?:^|,)\s*(?:cookie|\*)\s*(?:,|$)/i.test(names))
    headers.set("vary", names === "" ? "Cookie" : `${names}, Cookie`);
  if (headers.get("cache-control") === undefined) headers.set("cache-control", "private");
}
