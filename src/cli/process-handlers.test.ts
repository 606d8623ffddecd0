import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { installProcessHandlers } from "./process-handlers.ts";

function setUp(close: () => Promise<void>) {
  const exits: number[] = [];
  const logged: string[] = [];
  const exited = Promise.withResolvers<number>();
  const target = Object.assign(new EventEmitter(), {
    exit: (code: number) => {
      exits.push(code);
      exited.resolve(code);
    },
  });
  const record = (level: string) => (details: object) =>
    void logged.push(`${level} ${"code" in details ? details.code : ""}`);
  const remove = installProcessHandlers({
    close,
    log: { info: () => void logged.push("info"), error: record("error"), fatal: record("fatal") },
    target: target as unknown as NodeJS.Process,
  });
  return { target, exits, logged, exited: exited.promise, remove };
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

  it("log a rejection that nobody handled and go on", () => {
    const { target, exits, logged } = setUp(async () => {});
    target.emit("unhandledRejection", new Error("x"));
    expect([exits, logged]).toEqual([[], ["error CLI_UNHANDLED_REJECTION"]]);
  });

  it("stop the server after an uncaught error and exit with 1, also when stopping fails", async () => {
    const { target, logged, exited } = setUp(() => Promise.reject(new Error("y")));
    target.emit("uncaughtException", new Error("x"));
    expect(await exited).toBe(1);
    expect(logged).toEqual(["fatal CLI_UNCAUGHT_EXCEPTION"]);
  });

  it("can be taken away again", () => {
    const { target, remove } = setUp(async () => {});
    remove();
    expect(target.eventNames()).toEqual([]);
  });
});
