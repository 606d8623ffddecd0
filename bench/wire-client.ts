import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { type Hello, PROTOCOL_VERSION } from "../src/protocol/frames.ts";

/** Which server is spoken to: Socket.IO's own format with acks, or Antiphon's frames. */
export type Dialect = "echo" | "antiphon";

/** Where to connect and as what. */
export interface WireOptions {
  readonly dialect: Dialect;
  readonly port: number;
  /** What the browser sends as its cookies; none when absent. */
  readonly cookie?: string;
  /** State that the page reads and calls. */
  readonly state: string;
  readonly event: string;
  /** Stands in the answer to the call that is number `#` of its connection. */
  readonly answer: string;
  /** Each message of the server, as text of the Engine.IO packet. */
  readonly onMessage: (client: WireClient, text: string) => void;
}

const MASK = [0x5a, 0xc3, 0x17, 0x9e] as const;
const outgoing = Buffer.allocUnsafe(65_536);
const incoming = Buffer.allocUnsafe(1_048_576);

/**
 * A page that costs next to nothing: WebSocket by hand over a TCP socket, so that the load generator keeps up with the
 * server. It speaks both dialects, so that both servers are driven by the same code.
 */
export class WireClient {
  /** Milliseconds that all clients have spent on what the servers sent, and on answering it. */
  static worked = 0;
  readonly #options: WireOptions;
  readonly #socket: Socket;
  #rest: Buffer | undefined;
  #upgraded = false;
  #open: (() => void) | undefined;
  #fail: ((error: Error) => void) | undefined;
  #nextId = 1;
  /** Version of the last frame that came. */
  #version = 0;
  #pending = 0;

  private constructor(options: WireOptions) {
    this.#options = options;
    this.#socket = connect({
      port: options.port,
      host: "127.0.0.1",
      noDelay: true,
      onread: {
        buffer: incoming,
        callback: (size, buffer) => {
          const begin = performance.now();
          this.#read(Buffer.from(buffer.buffer, buffer.byteOffset, size));
          WireClient.worked += performance.now() - begin;
          return true;
        },
      },
    });
    this.#socket.on("error", (error) => this.#fail?.(error));
    this.#socket.on("close", () => this.#fail?.(new Error("The server closed the connection")));
    this.#socket.write(
      [
        "GET /_event/?EIO=4&transport=websocket HTTP/1.1",
        `Host: 127.0.0.1:${options.port}`,
        `Origin: http://127.0.0.1:${options.port}`,
        ...(options.cookie ? [`Cookie: ${options.cookie}`] : []),
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
        "\r\n",
      ].join("\r\n"),
    );
  }

  /** Connects, and waits until the server would take an event. */
  static async open(options: WireOptions): Promise<WireClient> {
    const client = new WireClient(options);
    await new Promise<void>((resolve, reject) => {
      client.#open = resolve;
      client.#fail = reject;
    });
    client.#open = undefined;
    client.#fail = undefined;
    return client;
  }

  /** Puts one event into the next write. Its size is the same in both dialects, but for Socket.IO's envelope. */
  call(): void {
    const { dialect, state, event } = this.#options;
    const id = this.#nextId++;
    const frame = `{"kind":"event","id":${id},"seen":${this.#version},"state":"${state}","event":"${event}","args":[]}`;
    this.#put(dialect === "echo" ? `42${id}["frame",${frame}]` : `4[2,"/",["frame",${frame}]]`);
  }

  /** Calls made so far. */
  get calls(): number {
    return this.#nextId - 1;
  }

  /** Throws unless an answer says that it is the last one: then none was lost or left out. */
  verify(text: string): void {
    const wanted = this.#options.answer.replace("#", String(this.calls));
    if (!text.includes(wanted)) throw new Error(`The last answer should hold ${wanted}, but is ${text}`);
  }

  /** Writes what was put. */
  flush(): void {
    if (this.#pending === 0) return;
    this.#socket.write(Buffer.from(outgoing.subarray(0, this.#pending)));
    this.#pending = 0;
  }

  close(): void {
    this.#socket.destroy();
  }

  #put(text: string): void {
    let at = this.#pending;
    const size = text.length;
    if (at + size + 8 > outgoing.length) throw new Error("More was put than one write holds");
    outgoing[at++] = 0x81;
    if (size < 126) {
      outgoing[at++] = 0x80 | size;
    } else {
      outgoing[at++] = 0x80 | 126;
      outgoing[at++] = size >> 8;
      outgoing[at++] = size & 255;
    }
    for (const byte of MASK) outgoing[at++] = byte;
    for (let index = 0; index < size; index++) {
      outgoing[at + index] = text.charCodeAt(index) ^ (MASK[index & 3] as number);
    }
    this.#pending = at + size;
  }

  #send(text: string): void {
    this.#put(text);
    this.flush();
  }

  #read(chunk: Buffer): void {
    const data = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    let at = this.#upgraded ? 0 : this.#readHead(data);
    while (at < data.length) {
      const next = this.#readFrame(data, at);
      if (next === undefined) break;
      at = next;
    }
    // The chunk's memory is used again for the next one.
    this.#rest = at < data.length ? Buffer.from(data.subarray(at)) : undefined;
    this.flush();
  }

  #readHead(data: Buffer): number {
    const end = data.indexOf("\r\n\r\n");
    if (end < 0) return 0;
    const head = data.toString("latin1", 0, end);
    if (!head.startsWith("HTTP/1.1 101")) {
      this.#fail?.(new Error(`The server refused the socket: ${head}`));
      return data.length;
    }
    this.#upgraded = true;
    return end + 4;
  }

  /** Reads the frame at `at`; returns where the next one begins, or undefined when it has not come whole. */
  #readFrame(data: Buffer, at: number): number | undefined {
    if (data.length < at + 2) return undefined;
    let size = (data[at + 1] as number) & 127;
    let begin = at + 2;
    if (size === 126) {
      if (data.length < at + 4) return undefined;
      size = data.readUInt16BE(at + 2);
      begin = at + 4;
    } else if (size === 127) {
      if (data.length < at + 10) return undefined;
      size = Number(data.readBigUInt64BE(at + 2));
      begin = at + 10;
    }
    if (data.length < begin + size) return undefined;
    this.#message(data.toString("latin1", begin, begin + size));
    return begin + size;
  }

  #message(text: string): void {
    switch (text.charCodeAt(0)) {
      case 48: // open
        this.#send(this.#options.dialect === "echo" ? "40" : `4[0,"/",${JSON.stringify(this.#hello())}]`);
        return;
      case 50: // ping
        this.#send("3");
        return;
      case 52:
        break;
      default:
        throw new Error(`The server sent ${text.slice(0, 100)}`);
    }
    if (!this.#open) {
      this.#version++;
      this.#options.onMessage(this, text);
    } else if (text.startsWith(this.#options.dialect === "echo" ? "40" : '4[2,"/",["welcome"')) {
      this.#version = Number(/"version":(\d+)/.exec(text)?.[1] ?? 0);
      this.#open();
    }
  }

  #hello(): Hello {
    const page = randomBytes(16).toString("base64url");
    return { protocol: PROTOCOL_VERSION, build: "bench", page, path: "/", watch: [this.#options.state] };
  }
}
