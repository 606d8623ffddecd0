import { expect, it } from "vitest";
import { event } from "../../state/event.ts";
import { State } from "../../state/state.ts";
import { testChannel } from "../channel.fixture.ts";

let isAllowed = true;
let isBroken = false;

class SecretState extends State {
  static override guard = () => {
    if (isBroken) throw new Error("the database is away");
    return isAllowed;
  };
  static override events = { fill: event() };
  secret = "";
  fill() {
    this.secret = "seen";
  }
}

class OpenState extends State {
  static override events = { change: event(), add: event() };
  count = 0;
  change() {
    this.state(SecretState).secret = "not for this page";
  }
  add() {
    this.count++;
  }
}

const [SECRET, OPEN] = ["app.SecretState", "app.OpenState"];

it.each([
  ["connects again without its states", {}],
  ["connects again damaged", { version: 1, damaged: true }],
])("a page that %s and may no longer read a state gets it empty, and none of its changes", async (_, hello) => {
  isAllowed = true;
  await using app = await testChannel({ SecretState, OpenState });
  const page = await app.page({ watch: [SECRET, OPEN] });
  expect(await page.call(SECRET, "fill")).toBeUndefined();
  isAllowed = false;
  const { tab } = await page.welcome;
  const again = await app.page({ ...hello, tab, page: page.hello.page, watch: [SECRET, OPEN] });
  const { resume } = await again.welcome;
  expect(resume).toMatchObject({ snapshot: { changes: { [SECRET]: { full: { secret: "" } } } } });
  again.id = page.id;
  await again.call(OPEN, "change");
  expect(await again.call(OPEN, "add")).toBeUndefined();
  expect(JSON.stringify(again.messages)).not.toContain("not for this page");
  expect(JSON.stringify(again.messages)).not.toContain('"seen"');
});

it("a page that comes back while the guard of a state cannot answer gets it empty, and later with its values", async () => {
  isAllowed = true;
  await using app = await testChannel({ SecretState, OpenState });
  const page = await app.page({ watch: [SECRET, OPEN] });
  expect(await page.call(SECRET, "fill")).toBeUndefined();
  const { tab } = await page.welcome;
  isBroken = true;
  const again = await app.page({ tab, page: page.hello.page, watch: [SECRET, OPEN] });
  const { resume } = await again.welcome;
  expect(resume).toMatchObject({ snapshot: { changes: { [SECRET]: { full: { secret: "" } } } } });
  again.id = page.id;
  expect(await again.call(OPEN, "add")).toBeUndefined();
  expect(JSON.stringify(again.messages)).not.toContain('"seen"');
  isBroken = false;
  expect(await again.call(OPEN, "add")).toBeUndefined();
  await again.message(() => JSON.stringify(again.messages).includes('"seen"'));
  expect(app.log.filter(({ details }) => details.err?.message.includes("away"))).toHaveLength(1);
});
