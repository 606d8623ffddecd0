import { expect, test } from "vitest";
import { z } from "zod";
import { openNetwork } from "../../test/support/network.ts";
import { createEngine } from "../client/engine.ts";
import { event } from "../state/event.ts";
import { State } from "../state/state.ts";
import { testChannel } from "./channel.fixture.ts";

class LargeState extends State {
  static override events = {
    fill: event({ args: [z.number()] }),
    pour: event({ args: [z.number()] }),
    take: event({ args: [z.string()] }),
    add: event(),
  };
  text = "";
  taken = 0;
  count = 0;
  fill(characters: number) {
    this.text = "x".repeat(characters);
  }
  /** The same in messages of which none is announced. */
  *pour(characters: number) {
    for (let left = characters; left > 0; left -= 90_000) {
      this.text = String.fromCharCode(97 + (left % 26)).repeat(90_000);
      yield;
    }
  }
  take(text: string) {
    this.taken = text.length;
  }
  add() {
    this.count++;
  }
}

const ID = "app.LargeState";

test.each([
  ["to the page", "fill", 4_000_000],
  ["to the page, in many messages", "pour", 4_000_000],
  ["to the server", "take", "y".repeat(2_500_000)],
] as const)("what is large (%s) over a slow line is not taken for a dead connection", async (_, name, argument) => {
  // Shorter than the transfer to the page: the server's ping waits behind the messages.
  const heartbeat = name === "take" ? {} : { pingInterval: 1_000, pingTimeout: 2_000 };
  const limits = { frameSize: 5_000_000, ...heartbeat };
  await using app = await testChannel({ LargeState }, { limits });
  await using line = await openNetwork(app.url, { bytesPerMillisecond: 400 });
  let tab: string | undefined;
  const engine = createEngine({
    environment: {
      origin: line.url,
      build: "test",
      path: "/",
      tab: {
        get: () => tab,
        set: (id) => {
          tab = id;
        },
      },
      headers: () => ({ origin: line.url }),
      onWake: () => () => {},
      identity: () => "",
      onIdentity: () => () => {},
      claimCookies: async () => 204,
    },
  });
  engine.watch(ID);
  await engine.ready(ID);
  const statuses = new Set<string>();
  engine.onConnection(() => statuses.add(engine.connection().status));
  const calls = [engine.call(ID, name, [argument]), engine.call(ID, "add", [])];
  engine.reconnectNow();
  await Promise.all(calls);
  expect([line.made, [...statuses]]).toEqual([1, ["online"]]);
  expect(engine.snapshot(ID)).toMatchObject({ count: 1 });
  engine.close();
});
