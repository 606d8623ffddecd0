import { asClientError } from "../client-error.ts";
import { clientErrors } from "../errors.ts";
import { type ClaimOutcome, CookieClaims } from "./cookie-claims.ts";
import type { EngineParts } from "./engine-parts.ts";

/** Milliseconds for which a browser may still show scripts the identity from before a claim that has ended. */
const SHOWN_WITHIN = 1_000;

/** The identity whose cookies the open socket was made with. Opens the socket again when the browser's identity changes. */
export class SocketIdentity {
  readonly claims: CookieClaims;
  readonly #parts: EngineParts;
  #current = "";
  /** Identity that a claim has brought while the browser still shows the one from before. */
  #unseen: string | undefined;
  /** Looks once more whether the browser has kept the cookies. */
  #look: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.claims = new CookieClaims(parts.environment, {
      done: (outcome) => this.#claimed(outcome),
      // What another tab or a view did to the browser's identity meanwhile.
      idle: () => void this.follow(),
    });
  }

  get current(): string {
    return this.#current;
  }

  /** Records the identity of the connection that opens now. */
  open(): void {
    this.#current = this.#parts.environment.identity();
    this.#unseen = undefined;
  }

  /** Ends the claims that run. */
  close(): void {
    this.claims.close();
    clearTimeout(this.#look);
  }

  /** Reconnects if the browser has other cookies now, and returns true. Waiting requests are then sent with these cookies. */
  follow(identity = this.#parts.environment.identity()): boolean {
    if (!this.#parts.status.isOnline || this.claims.busy) return false;
    if (identity === this.#unseen) this.#has(identity);
    if (identity === this.#current) return false;
    this.#parts.connection().restart();
    return true;
  }

  #claimed({ kind, status, identity }: ClaimOutcome): void {
    const now = this.#parts.environment.identity();
    // The cookies of an earlier claim, which the browser shows only now.
    if (now === this.#unseen) this.#has(now);
    const before = this.#current;
    if (kind === "dropped") {
      this.#parts.report(asClientError(clientErrors.CLIENT_COOKIES_DROPPED("plain HTTP"), "app"));
      return;
    }
    if (kind === "done" && now === before && now !== identity) {
      this.#notShown(identity, before);
      return;
    }
    // The server gave this tab's socket the new identity before the browser had the cookies. If the network lost the claim,
    // the browser may have them all the same.
    if (kind === "done" || (kind === "lost" && now === identity)) {
      this.#has(identity);
      return;
    }
    // If another tab has changed the session meanwhile, it is correct that cookies of the older session are refused.
    if (now === before) {
      this.#parts.report(asClientError(clientErrors.CLIENT_COOKIES_REFUSED(status), "framework"));
    }
    // After a refusal the browser has another identity than the socket: the socket is opened again with its cookies.
    if (kind === "refused") this.#parts.connection().restart();
  }
  /** The open socket has this identity. */
  #has(identity: string): void {
    this.#current = identity;
    this.#unseen = undefined;
  }

  /**
   * A claim has succeeded and the browser still shows the identity from before: it dropped the cookies, or shows them to
   * scripts a little later. The socket has the new identity in both cases. A new one would be made without the cookies.
   */
  #notShown(identity: string, before: string): void {
    this.#unseen = identity;
    this.#look ??= setTimeout(() => {
      this.#look = undefined;
      if (this.#parts.environment.identity() !== before) return;
      this.#parts.report(asClientError(clientErrors.CLIENT_COOKIES_DROPPED("blocked"), "app"));
    }, SHOWN_WITHIN);
  }
}
