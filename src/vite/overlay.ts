import type { ErrorPayload, ViteDevServer } from "vite";
import { AntiphonError, asError } from "../errors.ts";
import { LOADED_MESSAGE } from "./entries.ts";
import { plainText } from "./failure-log.ts";

/** A part of the app that may be broken while the other one is not. */
type BrokenPart = "app" | "messages";

/** Shows the error of the last reload in every open page, also in one that is opened later, until a reload succeeds. */
export class Overlay {
  readonly #vite: ViteDevServer;
  readonly #root: string;
  readonly #payloads = new Map<BrokenPart, ErrorPayload>();

  constructor(vite: ViteDevServer, root: string) {
    this.#vite = vite;
    this.#root = root;
    vite.ws.on("vite:client:connect", (_data, client) => {
      const payload = this.#payload;
      if (payload) client.send(payload);
    });
  }

  /** What is wrong with the app, as plain text. */
  get text(): string {
    const { message = "", frame = "" } = this.#payloads.get("app")?.err ?? {};
    return `${message}\n\n${frame}`.trim();
  }

  get #payload(): ErrorPayload | undefined {
    return this.#payloads.get("app") ?? this.#payloads.get("messages");
  }

  show(part: BrokenPart, error: unknown): void {
    const plain = (text: string) => plainText(text, this.#root);
    const { message, stack } = asError(error);
    const code = error instanceof AntiphonError ? `${error.code}\n` : "";
    const place = error as {
      id?: string;
      frame?: string;
      plugin?: string;
      loc?: { file?: string; line: number; column: number };
    };
    this.#payloads.set(part, {
      type: "error",
      err: {
        message: plain(`${code}${message}`),
        stack: plain((stack ?? "").replace(message, "")),
        ...(place.id === undefined ? {} : { id: place.id }),
        ...(place.frame === undefined ? {} : { frame: plain(place.frame) }),
        ...(place.plugin === undefined ? {} : { plugin: place.plugin }),
        ...(place.loc === undefined ? {} : { loc: place.loc }),
      },
    });
    this.#sendPayload();
  }

  clear(part: BrokenPart): void {
    if (!this.#payloads.delete(part)) return;
    // Not an empty update, upon which Vite reloads a page that has had no other.
    this.#vite.ws.send({ type: "custom", event: LOADED_MESSAGE });
    this.#sendPayload();
  }

  #sendPayload(): void {
    const payload = this.#payload;
    // Vite keeps a message for the next page when none is open, and would show it after the error is gone.
    if (payload && this.#vite.ws.clients.size > 0) this.#vite.ws.send(payload);
  }
}
