/** The part of a WebSocket that answers its own pings. */
export interface PongSocket {
  pong(data: Buffer, mask: boolean, callback: (error?: Error | null) => void): void;
}

/**
 * Answers the pings of a WebSocket. The next pong is sent when the network has taken the previous one, and answers the
 * latest ping, as the protocol allows: a peer that sends pings and reads nothing makes the server hold one pong.
 */
export class Pongs {
  readonly #socket: PongSocket;
  #isSending = false;
  #latest: Buffer | undefined;

  constructor(socket: PongSocket) {
    this.#socket = socket;
  }

  answer(data: Buffer): void {
    // Copied: it is a part of everything that the network brought with it.
    const copy = Buffer.from(data);
    if (this.#isSending) this.#latest = copy;
    else this.#send(copy);
  }

  #send(data: Buffer): void {
    this.#isSending = true;
    this.#socket.pong(data, false, (error) => {
      this.#isSending = false;
      const next = this.#latest;
      this.#latest = undefined;
      if (next && !error) this.#send(next);
    });
  }
}
