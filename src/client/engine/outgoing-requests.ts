import type { ClientFrame } from "../../protocol/frames.ts";
import { DEFAULT_FRAME_LIMIT } from "../../protocol/wire-parser.ts";
import { asClientError } from "../client-error.ts";
import { clientErrors } from "../errors.ts";
import type { EngineParts } from "./engine-parts.ts";
import type { Request } from "./pending.ts";
import type { SocketIdentity } from "./socket-identity.ts";

/** Most requests that wait; a page that makes more while it is offline gets CLIENT_QUEUE_FULL. */
const MAX_PENDING = 150;

/** Characters of a frame beside its request. */
const FRAME_OVERHEAD = 200;

/** Sends the requests of a page, or keeps them until they can be sent. */
export class OutgoingRequests {
  /** Most characters of a message; the server says how many in its welcome. */
  frameSize = DEFAULT_FRAME_LIMIT;
  /** True while the server stops and accepts nothing more: requests wait for the next server. */
  isClosing = false;
  readonly #parts: EngineParts;
  readonly #identity: SocketIdentity;
  readonly #version: () => number | undefined;
  #isClosed = false;

  /** `version` returns the number of the last frame that was applied. */
  constructor(parts: EngineParts, identity: SocketIdentity, version: () => number | undefined) {
    this.#parts = parts;
    this.#identity = identity;
    this.#version = version;
  }

  request(request: Request): Promise<void> {
    const { environment, epoch, pending, status } = this.#parts;
    if (this.#isClosed) return Promise.reject(asClientError(clientErrors.CLIENT_CLOSED(), "app"));
    if (status.now.status === "refused" && status.now.error) return Promise.reject(status.now.error);
    if (pending.size >= MAX_PENDING) {
      return Promise.reject(asClientError(clientErrors.CLIENT_QUEUE_FULL(MAX_PENDING), "network"));
    }
    const size = JSON.stringify(request).length + FRAME_OVERHEAD;
    if (size > this.frameSize) {
      return Promise.reject(asClientError(clientErrors.CLIENT_FRAME_TOO_LARGE(size, this.frameSize), "app"));
    }
    const identity = environment.identity();
    const answered = pending.add(request, epoch.bond(request, identity));
    if (status.isOnline && !this.isClosing && !this.#identity.follow(identity)) this.sendUnsent();
    status.update();
    return answered;
  }

  /** Sends the requests that wait, unless the server stops: it would not accept them. */
  sendUnsent(): void {
    if (this.isClosing) return;
    const { connection, pending } = this.#parts;
    const seen = this.#version() ?? 0;
    for (const { id, request, bond } of pending.takeUnsent()) {
      // JSON leaves out an epoch that is undefined.
      connection().send({ ...request, id, seen, epoch: bond?.epoch?.number } as ClientFrame);
    }
  }

  /** Rejects what waits and every later request. */
  close(): void {
    this.#isClosed = true;
    this.#parts.pending.rejectAll(asClientError(clientErrors.CLIENT_CLOSED(), "app"));
  }
}
