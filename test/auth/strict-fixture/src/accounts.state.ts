import { event, State } from "antiphon/state";
import { z } from "zod";
import { ways } from "./accounts.ts";

export class AccountsState extends State {
  static override events = { write: event({ args: [z.string()] }) };

  async write(way: string) {
    await ways[way]?.();
  }
}
