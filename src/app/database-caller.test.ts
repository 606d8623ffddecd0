import { describe, expect, it } from "vitest";
import { type Run, runs } from "../state/handlers/run.ts";
import { databaseCaller } from "./database-caller.ts";

/** A handler whose signal the test aborts. */
function handler(signal: AbortSignal, superseded?: Error): Run {
  const update = async <T>(work: () => T | Promise<T>) => await work();
  return {
    tree: {},
    label: "NotesState.save",
    signal,
    mayWrite: true,
    ended: false,
    superseded,
    update,
    get turn() {
      return this;
    },
  };
}

const left = Object.assign(new Error("the page was left"), { code: "PAGE_LEFT" });
const closing = Object.assign(new Error("the server stops"), { code: "CHANNEL_CLOSING" });

/** Reasons for which the database's work of a handler is ended, if the handler's signal aborts before or after it begins. */
function reasons(when: "before" | "after", reason: Error, superseded?: Error): Error[] {
  const told: Error[] = [];
  const controller = new AbortController();
  if (when === "before") controller.abort(reason);
  runs.run(handler(controller.signal, superseded), () => databaseCaller()?.onGone?.((each) => told.push(each)));
  controller.abort(reason);
  return told;
}

describe("The database's work of a handler", () => {
  it.each(["before", "after"] as const)("ends when its page is left, also if that was %s it began", (when) => {
    expect(reasons(when, left)).toEqual([left]);
    expect(reasons(when, closing)).toEqual([]);
    expect(reasons(when, left, new Error("a later call"))).toEqual([]);
  });
});
