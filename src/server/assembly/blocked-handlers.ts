import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { BlockedTrace } from "../../state/trace.ts";
import type { Logger } from "../logger.ts";

/** Milliseconds in which production writes about the same handlers once: a slow machine would fill the log. */
const QUIET = 60_000;

/** Handlers that are kept in mind for it. */
const KEPT = 100;

/** Names the handlers and views that keep the process from serving anybody else, in a warning. Returns what ends that. */
export function reportBlockedHandlers(logger: Logger, mode: string): { count(): number; stop(): void } {
  let count = 0;
  /** By the names of handlers: when they were last written about, and how often they have blocked since. */
  const written = new Map<string, { readonly at: number; since: number }>();
  /** Paths that have blocked before, in development: the first time their modules were loaded. */
  const warm = new Set<string>();
  const onBlocked = (message: unknown) => {
    const { labels, milliseconds } = message as BlockedTrace;
    count++;
    const who = labels.length === 1 ? `${labels[0]}` : `One of ${labels.join(", ")}`;
    if (mode === "development" && labels.every((label) => label.includes("/")) && !warm.has(who)) {
      warm.add(who);
      return;
    }
    const before = written.get(who);
    if (mode === "production") {
      const now = performance.now();
      if (before && now - before.at < QUIET) {
        before.since++;
        return;
      }
      if (written.size >= KEPT) written.clear();
      written.set(who, { at: now, since: 0 });
    }
    const took = Math.round(milliseconds);
    logger.warn(
      { labels, milliseconds: took, ...(before?.since ? { unwritten: before.since } : {}) },
      `${who} kept the process busy for ${took} ms, and every other tab waited. Await something in between, or move the work to a worker thread.`,
    );
  };
  subscribe("antiphon:blocked", onBlocked);
  return { count: () => count, stop: () => void unsubscribe("antiphon:blocked", onBlocked) };
}
