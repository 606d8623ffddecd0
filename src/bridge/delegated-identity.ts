import type { Identity, IdentityChange, RequestContext } from "./request-context.ts";
import type { RequestSession, RequestUser } from "./request-types.ts";

/** An identity whose work another one does, which may be replaced: an app whose models were loaded again has a new one. */
export class DelegatedIdentity implements Identity {
  readonly #listeners = new Set<(change: IdentityChange) => void>();
  #current: Identity;
  #stop: () => void;

  constructor(first: Identity) {
    this.#current = first;
    this.#stop = this.#listen(first);
  }

  /** Hands the work to another one. */
  use(next: Identity): void {
    this.#stop();
    this.#current = next;
    this.#stop = this.#listen(next);
  }

  #listen(identity: Identity): () => void {
    return identity.onChange((change) => {
      for (const listener of [...this.#listeners]) listener(change);
    });
  }

  session(context: RequestContext): RequestSession {
    return this.#current.session(context);
  }

  user(context: RequestContext): RequestUser {
    return this.#current.user(context);
  }

  language(context: RequestContext): string {
    return this.#current.language(context);
  }

  delivered(cookies: readonly string[]): Promise<void> {
    return this.#current.delivered(cookies);
  }

  prepare(context: RequestContext): void | Promise<void> {
    return this.#current.prepare(context);
  }

  forget(context: RequestContext): void {
    this.#current.forget(context);
  }

  finish(context: RequestContext, status: number): void | Promise<void> {
    return this.#current.finish(context, status);
  }

  isUnsaved(context: RequestContext): boolean {
    return this.#current.isUnsaved(context);
  }

  owner(context: RequestContext): string | undefined {
    return this.#current.owner(context);
  }

  snapshotToken(context: RequestContext): unknown {
    return this.#current.snapshotToken(context);
  }

  sessionId(context: RequestContext): string | undefined {
    return this.#current.sessionId(context);
  }

  onChange(listener: (change: IdentityChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
