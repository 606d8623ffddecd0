import { expect, test } from "vitest";
import { tagStates } from "../../state/class-info.ts";
import { State } from "../../state/state.ts";
import { firstValues } from "./first-values.ts";

test("a stub holds what a fresh instance shows, and nothing of what it hides", () => {
  class NotesState extends State {
    title = "New note";
    rows: string[] = [];
    due = new Date(5);
    _secret = "hidden";
    get count() {
      return this.rows.length;
    }
  }
  tagStates("test", { NotesState });
  expect(firstValues(NotesState)).toEqual({ title: "New note", rows: [], due: { $date: 5 }, count: 0 });
});

test("of a state with a guard, or with much in it, a stub holds the kinds alone", () => {
  class GuardedState extends State {
    static override guard = () => false;
    plan = { name: "secret", steps: ["one"], limits: { rows: 5 } };
    isOpen = true;
  }
  class LargeState extends State {
    text = "x".repeat(5_000);
    size = 7;
  }
  tagStates("test", { GuardedState, LargeState });
  expect(firstValues(GuardedState)).toEqual({ plan: { name: "", steps: [], limits: { rows: 0 } }, isOpen: false });
  expect(firstValues(LargeState)).toEqual({ text: "", size: 0 });
});

test("a getter that fails outside of a tab leaves nothing to show: the part waits", () => {
  class BrokenState extends State {
    get name(): string {
      throw new Error("no request");
    }
  }
  tagStates("test", { BrokenState });
  expect(firstValues(BrokenState)).toBeUndefined();
});
