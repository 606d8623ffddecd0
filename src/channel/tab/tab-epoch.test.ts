import { expect, it } from "vitest";
import { z } from "zod";
import { event } from "../../state/event.ts";
import { State } from "../../state/state.ts";
import { testChannel } from "../channel.fixture.ts";
import { TabEpoch } from "./tab-epoch.ts";

class BoxState extends State {
  static override events = { put: event({ args: [z.string()] }) };
  static override fields = { text: z.string() };
  text = "";
  put(text: string) {
    this.text = text;
  }
}
const ID = "app.BoxState";

it.each<[string, number, string]>([
  ["of an epoch that is over", 0, "EVENT_STATE_GONE"],
  ["of an epoch that has not begun", 2, "EVENT_STATE_GONE"],
  ["that is huge", Number.MAX_SAFE_INTEGER, "EVENT_STATE_GONE"],
  ["that is no count", -1, "CHANNEL_FRAME_INVALID"],
  ["that is no whole number", 1.5, "CHANNEL_FRAME_INVALID"],
  ["that is text", "1" as never, "CHANNEL_FRAME_INVALID"],
  ["that is null", null as never, "CHANNEL_FRAME_INVALID"],
])("a call and a write that name an epoch %s change nothing", async (_, epoch, code) => {
  await using app = await testChannel({ BoxState });
  const page = await app.page({ watch: [ID] });
  expect((await page.welcome).epoch).toEqual({ number: 1, begun: 1, passed: 1 });
  const put = page.send({ kind: "event", state: ID, event: "put", args: ["no"], epoch });
  const written = page.send({ kind: "field", state: ID, field: "text", value: "no", epoch });
  expect((await page.ack(put))?.code).toBe(code);
  expect((await page.ack(written))?.code).toBe(code);
  const right = page.send({ kind: "event", state: ID, event: "put", args: ["yes"], epoch: 1 });
  expect(await page.ack(right)).toBeUndefined();
  expect(page.frames.flatMap(({ changes }) => (changes ? [changes] : []))).toEqual([
    { [ID]: [["set", ["text"], "yes"]] },
  ]);
});

it("a page that finds its tab with another page's messages counted is told to count anew", async () => {
  await using app = await testChannel({ BoxState }, { limits: { aliveTimeout: 20 } });
  const first = await app.page({ watch: [ID] });
  await first.call(ID, "put", "first");
  const { tab } = await first.welcome;
  const second = await app.page({ tab, watch: [ID] });
  expect(await second.welcome).toMatchObject({ tab, fresh: false });
  await second.call(ID, "put", "second");
  second.cut();
  await expect.poll(() => app.channel.stats().connected).toBe(0);
  const again = await app.page({ tab, page: first.hello.page, version: first.version, watch: [ID] });
  // The states are those that it knows: only the numbers are not.
  expect(await again.welcome).toMatchObject({ tab, fresh: true, received: 0, epoch: { begun: 1 } });
});

it("one state that was taken from the page is new when it comes back; calls of the others go on", () => {
  const epoch = new TabEpoch();
  const { number } = epoch.of(undefined);
  epoch.take("a");
  expect([epoch.broken("a", number), epoch.broken("b", number)]).toEqual(["gone", undefined]);
  expect(epoch.broken("a", epoch.of(undefined).number)).toBeUndefined();
  epoch.begin();
  expect([epoch.broken("a", number + 1), epoch.broken("b", number + 1)]).toEqual(["gone", "gone"]);
});

it("an owner is the same text in every tab, another one for every user, and not the user's key", () => {
  const [one, two] = [new TabEpoch(), new TabEpoch()];
  two.begin();
  expect(one.of("1").owner).toBe(two.of("1").owner);
  expect(one.of("1").owner).not.toBe(one.of("2").owner);
  expect(one.of("1").owner).not.toBe("1");
  expect("owner" in one.of(undefined)).toBe(false);
});
