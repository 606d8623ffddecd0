import { event, State, toast } from "antiphon/state";
import { z } from "zod";

/** Lives on the server, once per browser tab. The page shows its vars and calls its events. */
export class HelloState extends State {
  // What the browser may call. A method that is not listed cannot be called.
  static override events = {
    open: event(),
    increment: event(),
    add: event({ args: [z.number().int().min(-100).max(100)] }),
    clear: event(),
    greet: event(),
  };

  count = 0;
  opened = 0;

  // A getter is a computed var: sent when what it reads has changed.
  get double() {
    return this.count * 2;
  }

  open() {
    this.opened++;
  }

  increment() {
    this.count++;
  }

  add(by: number) {
    this.count += by;
  }

  clear() {
    this.count = 0;
  }

  greet() {
    return toast.success(`Hello! You have counted to ${this.count}.`);
  }
}
