import type { QueryOutcome, SessionSource } from "./session.ts";

/** Errors of statements that the server may have carried out, although no answer came. */
const unknown = new WeakSet<object>();

/** True for the error of a lost connection after which a change may be stored. */
export function isOutcomeUnknown(error: object): boolean {
  return unknown.has(error);
}

/** Whether a statement changes nothing. */
export function isRead(sql: string): boolean {
  return /^\s*(?:select|show|explain|values|pragma|begin|start|set|savepoint|rollback|release)\b/i.test(sql);
}

/** Records that a change which was sent outside of a transaction, or with its commit, may be stored. */
export function noteSent(error: unknown, sql: string): void {
  if (typeof error !== "object" || error === null || isRead(sql)) return;
  // The driver refuses statements for a connection that it knows to be closed. A server that says that it stops has not carried the statement out. Of a commit that is not certain.
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (/not queryable|in closed state/.test(String(message))) return;
  const stopped = /^57P0/.test(String(code));
  if (!stopped || sql === "commit") unknown.add(error);
}

/** Runs one statement outside of any transaction on a connection of its own. */
export async function runAlone(
  source: SessionSource,
  sql: string,
  parameters: readonly unknown[],
): Promise<QueryOutcome> {
  const session = await source.acquire();
  let broken = false;
  try {
    return await session.query(sql, parameters);
  } catch (error) {
    broken = source.breaks(error);
    if (broken) noteSent(error, sql);
    throw error;
  } finally {
    session.release(broken);
  }
}
