import type { Server, ServerResponse } from "node:http";
import { Server as NetworkServer, type Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { asError } from "../../errors.ts";
import { within } from "../../within.ts";
import type { Logger } from "../logger.ts";

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
  const deadline = performance.now() + timeoutMs;
  const late: string[] = [];
  for (const step of steps) {
    const work = runStep(step, logger).then(() => true);
    if (!(await within(work, deadline - performance.now()))) {
      late.push(step.name);
      logger.warn(`Stopping: ${step.name} did not end within ${timeoutMs / 1000} s and is left behind.`);
    }
  }
  return late;
}

/** Most connections that are still accepted before the server stops listening. */
const MOST_ACCEPTED = 1_000;

/** The steps in which an HTTP server stops. */
export interface HttpShutdown {
  /** From now on answers say that their connection closes; clients send their next request on another one. */
  announce(): void;
  /**
   * Takes no new connection. A connection on which no request runs gets so many milliseconds for one more, which is
   * answered: its client may have sent it before it could know. Then it is closed.
   */
  refuse(graceMs?: number): Promise<void>;
  /** Waits for the answers that are still being written. */
  drain(): Promise<void>;
  /** Ends everything that is left at once. */
  cut(): void;
}

/** Prepares an HTTP server for stopping. Call it before the server has connections. */
export function httpShutdown(server: Server): HttpShutdown {
  // Counted here, because Node's closeIdleConnections() spares connections that have not sent a request yet
  // (browsers open such in advance), and knows nothing of those that became WebSockets.
  const running = new Map<Socket, number>();
  /** Answers that are not finished. */
  const answers = new Set<ServerResponse>();
  let closed: Promise<void> | undefined;
  let [isAnnounced, isOver] = [false, false];
  const sayClose = (response: ServerResponse) => {
    if (!response.headersSent) response.setHeader("Connection", "close");
  };
  let accepted = 0;
  server.on("connection", (socket) => {
    accepted++;
    running.set(socket, 0);
    socket.once("close", () => running.delete(socket));
  });
  server.prependListener("upgrade", (request) => running.set(request.socket, Number.POSITIVE_INFINITY));
  server.prependListener("request", (request, response) => {
    const { socket } = request;
    running.set(socket, (running.get(socket) ?? 0) + 1);
    if (isAnnounced) {
      // Only the last one of a connection may say so: the others would cost the requests behind them their answers.
      for (const other of answers)
        if (other.req.socket === socket && !other.headersSent) other.removeHeader("Connection");
      sayClose(response);
    }
    answers.add(response);
    response.once("close", () => {
      answers.delete(response);
      const left = (running.get(socket) ?? 1) - 1;
      if (!socket.destroyed) running.set(socket, left);
      if (isOver && left === 0) socket.destroySoon();
    });
  });
  /** The system resets connections that wait to be accepted when a server stops listening; Node accepts one a turn. */
  const allAccepted = async () => {
    for (let [turn, before] = [0, -1]; turn < MOST_ACCEPTED && before !== accepted; turn++) {
      before = accepted;
      // Twice: the first time the event loop has perhaps not looked yet.
      await setImmediate();
      await setImmediate();
    }
  };
  return {
    announce() {
      isAnnounced = true;
      for (const response of answers) sayClose(response);
    },
    async refuse(graceMs = 0) {
      if (graceMs > 0) await allAccepted();
      if (closed) return;
      // Not the HTTP server's own, which drops the connections that are idle.
      const stop = (resolve: () => void) => void NetworkServer.prototype.close.call(server, () => resolve());
      closed = server.listening ? new Promise(stop) : Promise.resolve();
      const idle = () => [...running].flatMap(([socket, requests]) => (requests === 0 ? [socket] : []));
      if (graceMs > 0) await within(Promise.all(idle().map(closing)), graceMs);
      isOver = true;
      for (const socket of idle()) socket.destroy();
    },
    async drain() {
      await closed;
      // The server counts a connection no more before that tells its own listeners, who belong to what runs: what a view
      // does when its WebSocket closes, for one.
      await Promise.all([...running.keys()].map(closing));
    },
    cut() {
      for (const socket of running.keys()) socket.destroy();
    },
  };
}

function closing(socket: Socket): Promise<void> {
  return new Promise((resolve) => void socket.once("close", () => resolve()));
}

async function runStep(step: ShutdownStep, logger: Logger): Promise<void> {
  try {
    await step.run();
  } catch (error) {
    logger.error({ err: asError(error) }, `Stopping: ${step.name} failed.`);
  }
}
