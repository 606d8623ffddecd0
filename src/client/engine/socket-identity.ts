import { asClientError } from "../client-error.ts";
import { clientErrors } from "../errors.ts";
import { type ClaimOutcome, CookieClaims } from "./cookie-claims.ts";
import type { EngineParts } from "./engine-parts.ts";

/** The identity whose cookies the open socket was made with. Opens the socket again when the browser's identity changes. */
export class SocketIdentity {
  readonly claims: CookieClaims;
  readonly #parts: EngineParts;
  #current = "";

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
  }

  /** Reconnects if the browser has other cookies now, and returns true. Waiting requests are then sent with these cookies. */
  follow(identity = this.#parts.environment.identity()): boolean {
    if (!this.#parts.status.isOnline || this.claims.busy) return false;
    if (identity === this.#current) return false;
    this.#parts.connection().restart();
    return true;
  }

  #claimed({ kind, status, identity }: ClaimOutcome): void {
    const before = this.#current;
    const now = this.#parts.environment.identity();
    if (kind === "dropped") {
      this.#parts.report(asClientError(clientErrors.CLIENT_COOKIES_DROPPED(), "app"));
      return;
    }
    // The server gave this tab's socket the new identity before the browser had the cookies. If the network lost the claim,
    // the browser may have them all the same.
    if (kind === "done" || (kind === "lost" && now === identity)) {
      this.#current = identity;
      return;
    }
    // If another tab has changed the session meanwhile, it is correct that cookies of the older session are refused.
    if (now === before) {
      this.#parts.report(asClientError(clientErrors.CLIENT_COOKIES_REFUSED(status), "framework"));
    }
    // After a refusal the browser has another identity than the socket: the socket is opened again with its cookies.
    if (kind === "refused") this.#parts.connection().restart();
  }
}
