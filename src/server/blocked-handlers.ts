import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { BlockedTrace } from "../state/trace.ts";
import type { Logger } from "./logger.ts";

/**
 * Names the handlers that keep the process from serving anybody else, in a warning. Returns what ends that.
 *
 * In production it only counts: a slow machine would fill the log.
 */
export function reportBlockedHandlers(logger: Logger, mode: string): { count(): number; stop(): void } {
  let count = 0;
  const onBlocked = (message: unknown) => {
    const { labels, milliseconds } = message as BlockedTrace;
    count++;
    if (mode === "production") return;
    const took = Math.round(milliseconds);
    const who = labels.length === 1 ? labels[0] : `One of ${labels.join(", ")}`;
    logger.warn(
      { labels, milliseconds: took },
      `${who} kept the process busy for ${took} ms, and every other tab waited. Await something in between, or move the work to a worker thread.`,
    );
  };
  subscribe("antiphon:blocked", onBlocked);
  return { count: () => count, stop: () => void unsubscribe("antiphon:blocked", onBlocked) };
}
