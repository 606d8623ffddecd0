import { createServer, type Server, type Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";

/** A mail that a test's server was given. */
export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly data: string;
  readonly encrypted: boolean;
  /** Decoded: user and password with a zero before each. */
  readonly login: string | undefined;
}

/** As much of a mail server as the tests need. */
export class TestSmtpServer {
  readonly received: ReceivedMail[] = [];
  /** Every line that came, of all connections. */
  readonly lines: string[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #tls: { readonly key: string; readonly cert: string } | undefined;
  readonly #refuse: string | undefined;

  constructor(options: { readonly tls?: { key: string; cert: string }; readonly refuse?: string } = {}) {
    this.#tls = options.tls;
    this.#refuse = options.refuse;
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.write("220 test\r\n");
      this.#serve(socket, false);
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return (this.#server.address() as { port: number }).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket, encrypted: boolean): void {
    let mail = { from: "", to: [] as string[], data: [] as string[] };
    let login: string | undefined;
    let reading = false;
    let buffer = "";
    const say = (...lines: string[]) => socket.write(lines.map((line) => `${line}\r\n`).join(""));
    const take = (line: string) => {
      this.lines.push(line);
      if (reading) {
        if (line !== ".") return void mail.data.push(line);
        reading = false;
        this.received.push({ from: mail.from, to: mail.to, data: mail.data.join("\n"), encrypted, login });
        mail = { from: "", to: [], data: [] };
        return void say("250 taken");
      }
      const [verb = ""] = line.toUpperCase().split(" ");
      if (verb === "EHLO") {
        return void say(
          "250-test",
          ...(this.#tls && !encrypted ? ["250-STARTTLS"] : []),
          "250-AUTH PLAIN",
          "250 8BITMIME",
        );
      }
      if (verb === "STARTTLS") {
        if (!this.#tls) return void say("502 unknown");
        say("220 go");
        socket.removeListener("data", onData);
        const secured = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext(this.#tls) });
        secured.on("error", () => {});
        return void this.#serve(secured, true);
      }
      if (verb === "AUTH") {
        login = Buffer.from(line.split(" ")[2] ?? "", "base64").toString();
        return void say("235 welcome");
      }
      if (verb === "MAIL") mail.from = line;
      if (verb === "RCPT") {
        if (this.#refuse) return void say(`550 ${this.#refuse}`);
        mail.to.push(line.replace(/^RCPT TO:<(.*)>.*$/i, "$1"));
      }
      if (verb === "DATA") {
        reading = true;
        return void say("354 go on");
      }
      if (verb === "QUIT") return void socket.end("221 bye\r\n");
      say("250 good");
    };
    const onData = (chunk: Buffer) => {
      buffer += chunk.toString();
      for (let at = buffer.indexOf("\r\n"); at >= 0; at = buffer.indexOf("\r\n")) {
        const line = buffer.slice(0, at);
        buffer = buffer.slice(at + 2);
        take(line);
      }
    };
    socket.on("data", onData);
  }
}
