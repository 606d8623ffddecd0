import { cliErrors } from "./errors.ts";

/** What the handlers of the process act on. */
export interface ProcessHandlerOptions {
  /** Stops the server; its promise settles when everything is put away. */
  close(): Promise<void>;
  /** Writes to the log. */
  readonly log: {
    info(message: string): void;
    error(details: object, message: string): void;
    fatal(details: object, message: string): void;
  };
  /** `process`, unless a test puts another in its place. */
  readonly target?: Pick<NodeJS.Process, "on" | "off" | "exit">;
}

/** Exit codes by which a shell tells that a signal ended a program. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Makes a process that runs a server end well: the first SIGINT or SIGTERM stops the server and then exits with 0,
 * the second exits at once. A rejection that nobody handled is logged; an uncaught error stops the server with exit code 1.
 *
 * @returns a function that takes the handlers away again
 */
export function installProcessHandlers({ close, log, target = process }: ProcessHandlerOptions): () => void {
  let stopping = false;
  const onSignal = (signal: keyof typeof SIGNALS) => {
    if (stopping) return target.exit(SIGNALS[signal]);
    stopping = true;
    log.info("Stopping. Once more to stop at once.");
    close().then(
      () => target.exit(0),
      () => target.exit(1),
    );
  };
  const onRejection = (reason: unknown) => {
    const { code, message } = cliErrors.CLI_UNHANDLED_REJECTION();
    log.error({ err: reason, code }, message);
  };
  const onException = (error: unknown) => {
    const { code, message } = cliErrors.CLI_UNCAUGHT_EXCEPTION();
    log.fatal({ err: error, code }, message);
    // A second one while the first is dealt with: what is left of the process cannot even be stopped properly.
    if (stopping) return target.exit(1);
    stopping = true;
    close().then(
      () => target.exit(1),
      () => target.exit(1),
    );
  };
  const listeners = [
    ["SIGINT", onSignal],
    ["SIGTERM", onSignal],
    ["unhandledRejection", onRejection],
    ["uncaughtException", onException],
  ] as const;
  for (const [name, listener] of listeners) target.on(name as "SIGINT", listener as NodeJS.SignalsListener);
  return () => {
    for (const [name, listener] of listeners) target.off(name as "SIGINT", listener as NodeJS.SignalsListener);
  };
}
