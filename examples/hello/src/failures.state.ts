import { event, State } from "antiphon/state";

export class FailuresState extends State {
  static override events = {
    succeed: event(),
    fail: event(),
    block: event(),
    // Only what a guard answers with true lets a call through.
    forbidden: event({ guard: () => false }),
  };

  successes = 0;

  succeed() {
    this.successes++;
  }

  // A handler is atomic: when it throws, nothing has changed.
  fail() {
    this.successes = -1;
    throw new Error("This event always fails.");
  }

  // Keeps the whole process from doing anything else; in development the log names it.
  block() {
    const end = performance.now() + 120;
    while (performance.now() < end);
    this.successes++;
  }

  forbidden() {
    this.successes = -1;
  }
}
