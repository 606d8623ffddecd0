import type { AppRequest, RequestUser } from "../../bridge/request-types.ts";
import { asError } from "../../errors.ts";

/** Is told when something happens. */
export type Receiver<T> = (event: T) => unknown;

/**
 * Something that may happen, and who wants to know.
 *
 * Receivers are called one after another, in the order in which they were connected; async ones are waited for. One that
 * fails is reported as a warning of the process, and the others still run.
 *
 * @example
 * userLoggedIn.connect(({ user }) => console.log(`${user.id} is here`));
 */
export class Signal<T> {
  readonly name: string;
  readonly #receivers = new Map<unknown, Receiver<T>>();

  constructor(name: string) {
    this.name = name;
  }

  /** Adds a receiver; one with the same id is replaced, as when a module is loaded again. The answer takes it away. */
  connect(receiver: Receiver<T>, options: { readonly id?: string } = {}): () => void {
    const key = options.id ?? receiver;
    this.#receivers.set(key, receiver);
    return () => {
      if (this.#receivers.get(key) === receiver) this.#receivers.delete(key);
    };
  }

  /** Takes a receiver away, by itself or by its id; false when there was none. */
  disconnect(receiver: Receiver<T> | string): boolean {
    return this.#receivers.delete(receiver);
  }

  /** Tells all receivers. */
  async send(event: T): Promise<void> {
    for (const receiver of [...this.#receivers.values()]) {
      try {
        await receiver(event);
      } catch (error) {
        report(this.name, error);
      }
    }
  }
}

/** Somebody signed in. */
export const userLoggedIn = new Signal<{ readonly request: AppRequest; readonly user: RequestUser }>("userLoggedIn");

/** Somebody is about to be signed out; null when nobody was signed in. */
export const userLoggedOut = new Signal<{ readonly request: AppRequest; readonly user: RequestUser | null }>(
  "userLoggedOut",
);

/** Credentials were of no use. Those that are secret are masked. */
export const userLoginFailed = new Signal<{
  readonly credentials: { readonly [name: string]: unknown };
  readonly request: AppRequest | undefined;
}>("userLoginFailed");

/** Somebody was given another password by `setPassword()`; not when the stored form of the same one was renewed. */
export const passwordChanged = new Signal<{ readonly userId: number | string; readonly password: string | null }>(
  "passwordChanged",
);

/** What somebody typed may stand in the message: it stays one line of the log. */
function report(name: string, error: unknown): void {
  const { message, stack = "" } = asError(error);
  const places = stack.split("\n").filter((line) => /^ {4}at \S/.test(line));
  process.emitWarning(`A receiver of ${name} failed: ${JSON.stringify(message)}`, {
    code: "ANTIPHON_SIGNAL_RECEIVER",
    detail: places.join("\n"),
  });
}

const SECRET = /api|token|key|secret|password|signature/i;
const MASK = "********************";

/** Credentials as others may see them. */
export function maskCredentials(credentials: { readonly [name: string]: unknown }): {
  readonly [name: string]: unknown;
} {
  return Object.fromEntries(
    Object.entries(credentials).map(([name, value]) => [name, SECRET.test(name) ? MASK : value]),
  );
}
