import { Emitter } from "@socket.io/component-emitter";

/** Most characters of one message from a browser, unless the app says otherwise. */
export const DEFAULT_FRAME_LIMIT = 262_144;

interface Packet {
  type: number;
  nsp: string;
  data?: unknown;
  id?: number;
}

interface DecoderEvents {
  decoded: (packet: Packet) => void;
}

const CONNECT = 0;
const EVENT = 2;
const ACK = 3;
const LAST_TYPE = 4;

/** Socket.IO event under which the receiver learns of a message that could not be read. */
export const UNREADABLE = "unreadable";

/** Why a message could not be read. */
export type Unreadable = "too large" | "too deep" | "no JSON" | "binary" | "malformed";

/** Takes a message: its name, its content, and the length of its text, or the number of a message that cannot be read. */
export type MessageReceiver = (name: string, value: unknown, number: number) => void;

/** Turns texts into packets for Socket.IO. */
export interface PacketDecoder extends Emitter<DecoderEvents, DecoderEvents> {
  /** Takes messages in place of Socket.IO, which turns to each of them in a tick of its own. */
  receiver: MessageReceiver | undefined;
  add(chunk: unknown): void;
  destroy(): void;
}

/** The `parser` option of Socket.IO. */
export interface WireParser {
  readonly Encoder: new () => { encode(packet: Packet): string[] };
  readonly Decoder: new () => PacketDecoder;
}

class Encoder {
  encode(packet: Packet): string[] {
    const { type, nsp, id, data } = packet;
    return [JSON.stringify(id === undefined ? [type, nsp, data] : [type, nsp, data, id])];
  }
}

/** The packet of a message whose content is JSON text already; `kind` is one of the few names that the server uses. */
export function messagePacket(kind: string, json: string): string {
  return `[${EVENT},"/",["${kind}",${json}]]`;
}

function decoderOf(limit: number, depth: number) {
  return class Decoder extends Emitter<DecoderEvents, DecoderEvents> implements PacketDecoder {
    receiver: MessageReceiver | undefined;

    add(chunk: unknown): void {
      const packet = read(chunk, limit, depth);
      if (this.receiver && packet.type === EVENT && packet.nsp === "/") {
        this.receiver(...(packet.data as Parameters<MessageReceiver>));
      } else {
        this.emit("decoded", packet);
      }
    }

    destroy(): void {}
  };
}

function read(chunk: unknown, limit: number, depth: number): Packet {
  if (typeof chunk !== "string") return unreadable("binary");
  if (chunk.length > limit) return unreadable("too large", idAtEnd(chunk));
  // What is nested deeper takes at least two characters a level: most messages need not be searched.
  if (chunk.length > depth * 2 && depthOf(chunk) > depth) return unreadable("too deep", idAtEnd(chunk));
  let parsed: unknown;
  try {
    parsed = JSON.parse(chunk);
  } catch {
    return unreadable("no JSON");
  }
  if (!Array.isArray(parsed) || parsed.length > 4) return unreadable("malformed");
  const [type, nsp, given, id] = parsed as unknown[];
  let data = given;
  const isType = Number.isInteger(type) && (type as number) >= 0 && (type as number) <= LAST_TYPE;
  if (!isType || typeof nsp !== "string") return unreadable("malformed");
  if (id !== undefined && !Number.isInteger(id)) return unreadable("malformed");
  if ((type as number) === EVENT && !(Array.isArray(data) && typeof data[0] === "string"))
    return unreadable("malformed");
  // Socket.IO reads properties of what a page connects with, also when that is null.
  if ((type as number) === CONNECT) return { type: CONNECT, nsp, data: data ?? {} };
  // Socket.IO calls the waiting function with whatever stands here.
  if ((type as number) === ACK && !(Array.isArray(data) && id !== undefined)) return unreadable("malformed");
  if ((type as number) === EVENT && RESERVED_EVENTS.has((data as [string])[0])) return unreadable("malformed");
  // The receiver counts what waits: the length in place of whatever a page has sent there.
  // Another list: a parsed one has no room, and would get room for twenty.
  if ((type as number) === EVENT && (data as unknown[])[0] === "frame") {
    data = ["frame", (data as unknown[])[1], chunk.length];
  }
  return id === undefined ? { type: type as number, nsp, data } : { type: type as number, nsp, data, id: id as number };
}

/** Names that Socket.IO's own objects emit: from the wire they would pass for the real thing. */
const RESERVED_EVENTS: ReadonlySet<string> = new Set([
  "connect",
  "connect_error",
  "disconnect",
  "disconnecting",
  "error",
  "newListener",
  "removeListener",
  UNREADABLE,
]);

function unreadable(reason: Unreadable, id?: number): Packet {
  return { type: EVENT, nsp: "/", data: id === undefined ? [UNREADABLE, reason] : [UNREADABLE, reason, id] };
}

/**
 * The number of a frame that is not read: pages put it last. Without it the page would wait for an answer for ever, and
 * everything after would come out of order.
 */
function idAtEnd(text: string): number | undefined {
  const id = /"id":(\d{1,15}),"seen":\d{1,15}\}\]\]$/.exec(text.slice(-80))?.[1];
  return id === undefined ? undefined : Number(id);
}

/** Deepest nesting of arrays and objects in a JSON text, without parsing it. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let quoted = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (quoted) {
      if (code === 92) index++;
      else if (code === 34) quoted = false;
    } else if (code === 34) quoted = true;
    else if (code === 91 || code === 123) deepest = Math.max(deepest, ++depth);
    else if (code === 93 || code === 125) depth--;
  }
  return deepest;
}

/**
 * Socket.IO's packets as one JSON text each. Unlike Socket.IO's own parser it does not search each value for binary parts,
 * and it turns a message that it cannot read into an event instead of closing the connection.
 */
export function wireParser(limits: { readonly frame: number; readonly depth: number }): WireParser {
  return { Encoder, Decoder: decoderOf(limits.frame, limits.depth) };
}
