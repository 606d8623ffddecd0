import { expect, test } from "vitest";
import { model, p } from "../models/index.ts";
import { classInfo, tagStates } from "../state/class-info.ts";
import { ModelState } from "./index.ts";

class Page extends model("EventsPage", { id: p.integer().primary(), title: p.string() }) {}

test("A data state that replaces its events is refused with the author's name, not with one of the framework's classes.", () => {
  class PagesState extends ModelState(Page, { fields: ["title"] }) {
    static override events = {} as never;
  }
  tagStates("pages.state.ts", { PagesState });
  expect(() => classInfo(PagesState as never)).toThrow(/^PagesState.events lacks .*refresh.* of its base class/);
});
