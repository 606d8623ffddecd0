import { setTimeout as wait } from "node:timers/promises";
import { event, State, toast } from "antiphon/state";
import { z } from "zod";

export class HelloState extends State {
  static override events = {
    increment: event(),
    add: event({ args: [z.number().int()] }),
    fail: event(),
    greet: event(),
    write: event({ concurrency: "latest" }),
  };
  static override fields = { name: z.string().max(40) };

  count = 0;
  name = "";
  greeting = "";
  story = "";

  get double() {
    return this.count * 2;
  }

  increment() {
    this.count++;
  }

  add(by: number) {
    this.count += by;
  }

  fail() {
    this.count = -1;
    throw new Error("This event always fails, and the counter stays as it was.");
  }

  greet() {
    this.greeting = `Hello, ${this.name || "stranger"}!`;
    return toast.success(this.greeting);
  }

  async *write() {
    this.story = "";
    for (const word of "Once upon a time a state lived on a server, and a page read it.".split(" ")) {
      this.story += `${word} `;
      yield;
      await wait(120, undefined, { signal: this.signal });
    }
  }
}
