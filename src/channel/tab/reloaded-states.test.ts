import { expect, it } from "vitest";
import { pageTable } from "../../protocol/page.ts";
import { type StateClass, tagStates } from "../../state/class-info.ts";
import { event } from "../../state/event.ts";
import { StateRegistry } from "../../state/registry.ts";
import { State } from "../../state/state.ts";
import { testChannel } from "../channel.fixture.ts";

const NOTES = "app.NotesState";
const COUNT = "app.CountState";

/** The classes of one version of the code: `label` is what the getter of each gives. */
function code(label: string): { NotesState: StateClass; CountState: StateClass } {
  class NotesState extends State {
    static override events = { write: event() };
    text = "";
    get shown(): string {
      if (label === "broken") throw new Error("a getter under construction");
      return `${label}: ${this.text}`;
    }
    write() {
      this.text = "kept";
    }
  }
  class CountState extends State {
    static override events = { add: event() };
    count = 0;
    get shown(): string {
      return `${label}: ${this.count}`;
    }
    add() {
      this.count++;
    }
  }
  return { NotesState, CountState };
}

it("a getter that throws in reloaded code empties its state only, until code without the error is loaded", async () => {
  await using app = await testChannel(code("first"));
  const page = await app.page({ watch: [NOTES, COUNT] });
  await page.call(NOTES, "write");
  const reload = async (label: string) => {
    const classes = code(label);
    tagStates("app", classes);
    const frames = page.frames.length;
    await app.channel.replaceApp(new StateRegistry([classes]), pageTable([{ route: "/" }]));
    await page.message(() => page.frames.length > frames);
    return page.frames.at(-1)?.changes;
  };
  expect(await reload("broken")).toEqual({
    [NOTES]: { full: { text: "", shown: null } },
    [COUNT]: { full: { count: 0, shown: "broken: 0" } },
  });
  expect(await page.problem("STATE_COMPUTED_FAILED")).toBeDefined();
  expect(await page.call(COUNT, "add")).toBeUndefined();
  expect(await reload("mended")).toEqual({
    [NOTES]: { full: { text: "kept", shown: "mended: kept" } },
    [COUNT]: { full: { count: 1, shown: "mended: 1" } },
  });
});
