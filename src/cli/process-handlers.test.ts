import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { installProcessHandlers } from "./process-handlers.ts";

function setUp(close: () => Promise<void>) {
  const exits: number[] = [];
  const exited = Promise.withResolvers<number>();
  const target = Object.assign(new EventEmitter(), {
    exit: (code: number) => {
      exits.push(code);
      exited.resolve(code);
    },
  });
  const remove = installProcessHandlers({
    close,
    log: { info: () => {} },
    target: target as unknown as NodeJS.Process,
  });
  return { target, exits, exited: exited.promise, remove };
}

describe("The handlers of the process", () => {
  it.each(["SIGINT", "SIGTERM"])("stop the server on the first %s and then exit with 0", async (signal) => {
    const gate = Promise.withResolvers<void>();
    const { target, exits, exited } = setUp(() => gate.promise);
    target.emit(signal, signal);
    expect(exits).toEqual([]);
    gate.resolve();
    expect(await exited).toBe(0);
  });

  it("exit at once on the second signal", async () => {
    const { target, exits } = setUp(() => new Promise(() => {}));
    target.emit("SIGINT", "SIGINT");
    target.emit("SIGTERM", "SIGTERM");
    expect(exits).toEqual([143]);
  });

  it("can be taken away again", () => {
    const { target, remove } = setUp(async () => {});
    remove();
    expect(target.eventNames()).toEqual([]);
  });
});
