import type { EventDefinition } from "antiphon/state";
import { State } from "antiphon/state";

/** The types of the README's state class, for a test that loads it at run time. */
export declare class CounterState extends State {
  static override events: { add: EventDefinition; celebrate: EventDefinition };
  static override fields: { name: object };
  count: number;
  double: number;
  name: string;
  add(by: number): void;
  celebrate(): unknown;
}
