import type { Socket } from "socket.io";
import type { IdentityChange } from "../bridge/request-context.ts";
import { type Admitted, ownerOf } from "./handshake.ts";
import type { Bridge } from "./tab/tab-requests.ts";

/**
 * The pages that are being let in, and which sessions and users have changed meanwhile: hooks of the app and handlers of a
 * tab may keep a page waiting until its user has signed out.
 */
export class Newcomers {
  readonly #bridge: Bridge | undefined;
  /** By socket: the sessions and users that have changed since it came. */
  readonly #waiting = new Map<Socket, Set<string>>();

  constructor(bridge: Bridge | undefined) {
    this.#bridge = bridge;
  }

  /** Lets one in; from then on it waits, until `isStill()` has been asked or its connection has ended. */
  async admit<T>(socket: Socket, admit: () => Promise<T>): Promise<T> {
    if (!this.#bridge) return await admit();
    const { conn } = socket;
    this.#waiting.set(socket, new Set());
    let isIn = false;
    try {
      const admitted = await admit();
      isIn = conn.readyState === "open";
      return admitted;
    } finally {
      if (isIn) conn.once("close", () => this.#waiting.delete(socket));
      else this.#waiting.delete(socket);
    }
  }

  note({ sessionId, userId, cycled }: IdentityChange): void {
    // The browser is about to get the cookie of the new key: until then the tab knows the one from before.
    if (cycled) return;
    const key = sessionId === undefined ? userKey(userId) : sessionKey(sessionId);
    for (const changed of this.#waiting.values()) changed.add(key);
  }

  /** Returns whether the user is still signed in; stops tracking the socket. */
  async isStill(socket: Socket, { sessionId, owner, source }: Partial<Admitted>): Promise<boolean> {
    const changed = this.#waiting.get(socket);
    const concerned = () =>
      (sessionId !== undefined && changed?.has(sessionKey(sessionId))) || changed?.has(userKey(owner));
    // While it is looked up, the next thing may change.
    while (owner !== undefined && this.#bridge && source && concerned()) {
      changed?.clear();
      if ((await ownerOf(this.#bridge, source)) !== owner) return false;
    }
    this.#waiting.delete(socket);
    return true;
  }
}

const sessionKey = (id: string) => `session ${id}`;
const userKey = (id: string | undefined) => `user ${id}`;
