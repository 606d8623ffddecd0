import { event, State } from "antiphon/state";

/** The smallest state that does something: one var, one event. */
export class CounterState extends State {
  static override events = { increment: event() };
  count = 0;

  increment(): void {
    this.count++;
  }
}
