import { describe, expect, it } from "vitest";
import { event } from "../../state/event.ts";
import { State } from "../../state/state.ts";
import { testChannel } from "../channel.fixture.ts";

let begun: PromiseWithResolvers<void>;
let aborted: PromiseWithResolvers<void>;
let gate: PromiseWithResolvers<void>;
let ended: string[];

class WorkState extends State {
  static override events = {
    work: event({ background: true }),
    beside: event({ concurrency: "parallel" }),
    loop: event({ background: true }),
  };
  count = 0;
  /** Puts away what it uses when its signal aborts. */
  async work() {
    this.signal.addEventListener("abort", () => aborted.resolve());
    begun.resolve();
    await aborted.promise;
    await gate.promise;
    ended.push("work");
  }
  async beside() {
    this.signal.addEventListener("abort", () => aborted.resolve());
    begun.resolve();
    await gate.promise;
    ended.push("beside");
  }
  /** Does not look at its signal. */
  async loop() {
    begun.resolve();
    await gate.promise;
  }
}

const ID = "app.WorkState";

async function open() {
  [begun, aborted, gate] = [Promise.withResolvers(), Promise.withResolvers(), Promise.withResolvers()];
  ended = [];
  const app = await testChannel({ WorkState });
  const page = await app.page({ watch: [ID] });
  return { app, page, messages: () => app.log.map(({ message }) => message) };
}

describe("A graceful stop", () => {
  it("waits for background work that ends after its signal has aborted, and logs nothing", async () => {
    const { app, page, messages } = await open();
    await page.call(ID, "work");
    await begun.promise;
    const closing = app.channel.close(20_000);
    await aborted.promise;
    // The page need not wait for it: it may connect to the next server.
    await page.gone();
    gate.resolve();
    await closing;
    expect([ended, messages()]).toEqual([["work"], []]);
    await app[Symbol.asyncDispose]();
  });

  it("answers a parallel handler before it ends the connection", async () => {
    const { app, page, messages } = await open();
    const id = page.send({ kind: "event", state: ID, event: "beside", args: [] });
    await begun.promise;
    const closing = app.channel.close(20_000);
    await aborted.promise;
    gate.resolve();
    expect(await page.ack(id)).toBeUndefined();
    await closing;
    expect([ended, messages()]).toEqual([["beside"], []]);
    await app[Symbol.asyncDispose]();
  });

  it("names the work that still runs when its time is over", async () => {
    const { app, page, messages } = await open();
    await page.call(ID, "loop");
    await begun.promise;
    await app.channel.close(50);
    expect(messages()).toEqual([
      "Stopping: WorkState.loop is still running after 0.05 s. The process does not wait longer.",
    ]);
    gate.resolve();
    await app[Symbol.asyncDispose]();
  });
});
