import { describe, expect, it } from "vitest";
import * as ws from "ws";
import { packetBytes } from "./packet-bytes.ts";

/** What the WebSocket itself would write. */
function written(packet: string): Buffer {
  const options = { fin: true, opcode: 1, mask: false, readOnly: false, rsv1: false };
  // Its types do not show it.
  const { Sender } = ws as unknown as { Sender: { frame(data: Buffer, options: object): Buffer[] } };
  return Buffer.concat(Sender.frame(Buffer.from(`4${packet}`), options));
}

describe("the bytes of a packet", () => {
  it.each([0, 1, 123, 124, 125, 126, 500, 4_000])("are those of the WebSocket for %i characters", (length) => {
    expect(packetBytes("x".repeat(length))).toEqual(written("x".repeat(length)));
  });

  it.each(["é", "中", "😀", "\ud800"])("count the bytes of %s, and not its characters", (character) => {
    for (const count of [1, 30, 31, 41, 42, 62, 63, 124, 125, 1_300, 2_000]) {
      const packet = character.repeat(count);
      expect(packetBytes(packet)).toEqual(written(packet));
    }
  });

  it("are left to the WebSocket for a long packet", () => {
    expect(packetBytes("x".repeat(4_001))).toBeUndefined();
  });
});
