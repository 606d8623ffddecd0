import { AntiphonError, asError } from "../../errors.ts";
import { runs } from "../../state/handlers/run.ts";
import { serverErrors } from "../errors.ts";

/** Options for errors that no code has caught. */
export interface FailureOptions {
  /** Stops the server; its promise settles when it is done. */
  close(): Promise<void>;
  readonly log: {
    error(details: object, message: string): void;
    fatal(details: object, message: string): void;
  };
  /** `process`, unless a test puts another in its place. */
  readonly target?: Pick<NodeJS.Process, "on" | "off" | "exit">;
}

/**
 * Keeps one handler from ending the process: an unhandled rejection is logged, and so is an error
 * in a timer or callback that a handler has started, with the handler's name. Any other error that no code has caught
 * stops the server and ends the process with exit code 1.
 *
 * @returns a function that takes the listeners away again
 */
export function handleProcessFailures({ close, log, target = process }: FailureOptions): () => void {
  let stopping = false;
  const onRejection = (reason: unknown) => {
    const handler = runs.getStore()?.label;
    const { code, message } = serverErrors.SERVER_UNHANDLED_REJECTION(handler);
    log.error({ err: asError(reason), code, ...(handler && { handler }) }, message);
  };
  const onException = (thrown: unknown) => {
    const err = asError(thrown);
    // Node runs this listener in the context of the code that threw.
    const handler = runs.getStore()?.label;
    if (handler !== undefined || isMisuseOfState(err)) {
      const { code, message } = serverErrors.SERVER_CALLBACK_FAILED(handler);
      log.error({ err, code, ...(handler && { handler }) }, message);
      return;
    }
    const { code, message } = serverErrors.SERVER_UNCAUGHT_EXCEPTION();
    log.fatal({ err, code }, message);
    // A second one while the first is dealt with: what is left of the process cannot even be stopped properly.
    if (stopping) return target.exit(1);
    stopping = true;
    const exit = () => target.exit(1);
    close().then(exit, exit);
  };
  target.on("unhandledRejection", onRejection).on("uncaughtException", onException);
  return () => void target.off("unhandledRejection", onRejection).off("uncaughtException", onException);
}

/** Such as a write to a var in a listener: it was refused before anything happened, whoever has called the listener. */
function isMisuseOfState(error: Error): boolean {
  return error instanceof AntiphonError && /^(STATE|EVENT)_/.test(error.code);
}
