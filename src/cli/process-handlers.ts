/** What the handlers of the process act on. */
export interface ProcessHandlerOptions {
  /** Stops the server; its promise settles when everything is put away. */
  close(): Promise<void>;
  /** Writes to the log. */
  readonly log: { info(message: string): void };
  /** `process`, unless a test puts another in its place. */
  readonly target?: Pick<NodeJS.Process, "on" | "off" | "exit">;
}

/** Exit codes by which a shell tells that a signal ended a program. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Makes a process that runs a server end well: the first SIGINT or SIGTERM stops the server and then exits with 0,
 * the second exits at once. What happens with errors that no code has caught is the server's own affair.
 *
 * @returns a function that takes the handlers away again
 */
export function installProcessHandlers({ close, log, target = process }: ProcessHandlerOptions): () => void {
  let stopping = false;
  const onSignal = (signal: keyof typeof SIGNALS) => {
    if (stopping) return target.exit(SIGNALS[signal]);
    stopping = true;
    log.info("Shutting down. Press Ctrl+C again to force.");
    close().then(
      () => target.exit(0),
      () => target.exit(1),
    );
  };
  const names = Object.keys(SIGNALS) as (keyof typeof SIGNALS)[];
  for (const name of names) target.on(name, onSignal as NodeJS.SignalsListener);
  return () => {
    for (const name of names) target.off(name, onSignal as NodeJS.SignalsListener);
  };
}
