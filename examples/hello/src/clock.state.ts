import { setTimeout as wait } from "node:timers/promises";
import { event, on, State } from "antiphon/state";

export class ClockState extends State {
  // A background event does not keep the tab's other events waiting. This one goes on when another page is shown.
  static override events = {
    start: event({ background: "tab", concurrency: "latest" }),
    stop: event(),
    clear: event(),
  };

  seconds = 0;
  running = false;

  async start() {
    await this.update(() => {
      this.running = true;
    });
    while (this.running) {
      // The signal aborts when the tab has gone for good: then the loop ends here.
      await wait(1000, undefined, { signal: this.signal });
      // Background work writes inside update(), which takes its turn with the tab's other events.
      await this.update(() => {
        if (this.running) this.seconds++;
      });
    }
  }

  stop() {
    this.running = false;
  }

  clear() {
    this.seconds = 0;
  }

  // A short loss of the connection stops nothing. After a long one the loop has ended, and begins again here.
  protected override onConnect() {
    return this.running ? on(ClockState, "start") : undefined;
  }
}
