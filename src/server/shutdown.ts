import type { Server } from "node:http";
import type { Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { asError } from "../errors.ts";
import type { Logger } from "./logger.ts";

/** One thing that is put away when the server stops. */
export interface ShutdownStep {
  /** What it is, for the log. */
  readonly name: string;
  run(): void | Promise<void>;
}

/**
 * Runs the steps one after the other. A step that fails is logged and the next one runs; when the time is over,
 * the rest is still started but no longer waited for.
 *
 * @param timeoutMs the most that all steps together may take, in milliseconds
 * @returns the names of the steps that did not end in time
 */
export async function shutDown(
  steps: readonly ShutdownStep[],
  { timeoutMs, logger }: { readonly timeoutMs: number; readonly logger: Logger },
): Promise<readonly string[]> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const late: string[] = [];
  for (const step of steps) {
    const work = runStep(step, logger).then(() => true);
    if (!(await Promise.race([work, whenAborted(deadline)]))) {
      late.push(step.name);
      logger.warn(`Stopping: ${step.name} did not end within ${timeoutMs / 1000} s and is left behind.`);
    }
  }
  return late;
}

/**
 * Makes an HTTP server stop in two steps: `refuse` takes no new connection and drops those on which no request runs,
 * `drain` waits for the answers that are still being written. `cut` ends everything that is left at once.
 *
 * Call it before the server has connections.
 */
export function httpShutdown(server: Server): { refuse(): void; drain(): Promise<void>; cut(): void } {
  // Counted here, because Node's closeIdleConnections() spares connections that have not sent a request yet
  // (browsers open such in advance), and knows nothing of those that became WebSockets.
  const running = new Map<Socket, number>();
  let closed: Promise<void> | undefined;
  server.on("connection", (socket) => {
    running.set(socket, 0);
    socket.once("close", () => running.delete(socket));
  });
  server.prependListener("upgrade", (request) => running.set(request.socket, Number.POSITIVE_INFINITY));
  server.prependListener("request", (request, response) => {
    const { socket } = request;
    running.set(socket, (running.get(socket) ?? 0) + 1);
    response.once("close", () => {
      const left = (running.get(socket) ?? 1) - 1;
      if (!socket.destroyed) running.set(socket, left);
      if (closed && left === 0) socket.destroySoon();
    });
  });
  return {
    refuse() {
      if (closed) return;
      closed = server.listening ? new Promise((resolve) => void server.close(() => resolve())) : Promise.resolve();
      for (const [socket, requests] of running) if (requests === 0) socket.destroy();
    },
    async drain() {
      await closed;
      // The server counts a connection no more before that tells its own listeners, who belong to what runs: what a view
      // does when its WebSocket closes, for one.
      await Promise.all([...running.keys()].map((socket) => new Promise((done) => void socket.once("close", done))));
    },
    cut() {
      for (const socket of running.keys()) socket.destroy();
    },
  };
}

async function runStep(step: ShutdownStep, logger: Logger): Promise<void> {
  try {
    await step.run();
  } catch (error) {
    logger.error({ err: asError(error) }, `Stopping: ${step.name} failed.`);
  }
}

function whenAborted(signal: AbortSignal): Promise<false> {
  if (signal.aborted) return setImmediate(false);
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(false), { once: true }));
}
