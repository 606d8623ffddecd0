/** Characters up to which a packet is turned into bytes here: a longer one would be held twice. */
const SHORT = 4_000;

/** First byte of a WebSocket message in one frame of text, and the engine's sign for a message. */
const WHOLE_TEXT = 0x81;
const MESSAGE = 0x34;

/** Bytes of a frame's content above which its length takes two more bytes. */
const SHORTEST = 125;

/**
 * The bytes that carry a packet over a WebSocket, in one piece. The network writes them in one call, where the WebSocket
 * itself would give it the head and the text one after the other. Undefined for a long packet.
 *
 * Source: RFC 6455, section 5.2, for a message that is not masked.
 */
export function packetBytes(packet: string): Buffer | undefined {
  if (packet.length > SHORT) return undefined;
  const length = Buffer.byteLength(packet) + 1;
  const head = length > SHORTEST ? 4 : 2;
  const bytes = Buffer.allocUnsafe(head + length);
  bytes[0] = WHOLE_TEXT;
  if (head === 2) bytes[1] = length;
  else {
    bytes[1] = SHORTEST + 1;
    bytes.writeUInt16BE(length, 2);
  }
  bytes[head] = MESSAGE;
  bytes.write(packet, head + 1);
  return bytes;
}
