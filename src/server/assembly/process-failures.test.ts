import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { ODD_KINDS, oddValue } from "../../errors.fixture.ts";
import { stateErrors } from "../../state/errors.ts";
import { type Run, runs } from "../../state/handlers/run.ts";
import { handleProcessFailures } from "./process-failures.ts";

const HANDLER = { label: "NotesState.save" } as Run;

function setUp(close: () => Promise<void> = async () => {}) {
  const exits: number[] = [];
  const logged: string[] = [];
  const exited = Promise.withResolvers<number>();
  const target = Object.assign(new EventEmitter(), {
    exit: (code: number) => {
      exits.push(code);
      exited.resolve(code);
    },
  });
  const record = (level: string) => (details: object) => {
    const { code, handler = "no handler" } = details as { code: string; handler?: string };
    logged.push(`${level} ${code} ${handler}`);
  };
  const remove = handleProcessFailures({
    close,
    log: { error: record("error"), fatal: record("fatal") },
    target: target as unknown as NodeJS.Process,
  });
  return { target, exits, logged, exited: exited.promise, remove };
}

describe("An error that no code has caught", () => {
  it("is logged and ends nothing when it is a rejection, whose handler is named if there is one", () => {
    const { target, exits, logged } = setUp();
    target.emit("unhandledRejection", new Error("x"));
    runs.run(HANDLER, () => target.emit("unhandledRejection", new Error("x")));
    expect([exits, logged]).toEqual([
      [],
      ["error SERVER_UNHANDLED_REJECTION no handler", "error SERVER_UNHANDLED_REJECTION NotesState.save"],
    ]);
  });

  it("is logged with its handler and ends nothing when a handler started what threw it", () => {
    const { target, exits, logged } = setUp();
    runs.run(HANDLER, () => target.emit("uncaughtException", new Error("x")));
    expect([exits, logged]).toEqual([[], ["error SERVER_CALLBACK_FAILED NotesState.save"]]);
  });

  it("ends nothing when it is a refused write to a state, whoever called the listener", () => {
    const { target, exits, logged } = setUp();
    target.emit("uncaughtException", stateErrors.STATE_WRITE_OUTSIDE_EVENT("NotesState.title"));
    expect([exits, logged]).toEqual([[], ["error SERVER_CALLBACK_FAILED no handler"]]);
  });

  it("stops the server and ends the process with 1 when it belongs to no handler, also when stopping fails", async () => {
    const { target, logged, exited } = setUp(() => Promise.reject(new Error("y")));
    target.emit("uncaughtException", new Error("x"));
    expect(await exited).toBe(1);
    expect(logged).toEqual(["fatal SERVER_UNCAUGHT_EXCEPTION no handler"]);
  });

  it("ends the process at once when the server is being stopped for another one", () => {
    const { target, exits } = setUp(() => new Promise(() => {}));
    target.emit("uncaughtException", new Error("x"));
    expect(exits).toEqual([]);
    target.emit("uncaughtException", new Error("y"));
    expect(exits).toEqual([1]);
  });

  it("may be whatever a program throws", () => {
    const { target, logged } = setUp();
    for (const kind of ODD_KINDS) {
      runs.run(HANDLER, () => target.emit("unhandledRejection", oddValue(kind)));
      runs.run(HANDLER, () => target.emit("uncaughtException", oddValue(kind)));
    }
    expect(logged.length).toBe(2 * ODD_KINDS.length);
  });

  it("is Node's affair again once the server has stopped", () => {
    const { target, remove } = setUp();
    remove();
    expect(target.eventNames()).toEqual([]);
  });
});
