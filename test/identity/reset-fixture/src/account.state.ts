import { event, State } from "antiphon/state";
import { z } from "zod";
import { actions, type Form } from "./actions.ts";

export class AccountState extends State {
  static override events = { act: event({ args: [z.string(), z.record(z.string(), z.unknown())] }) };
  answer = "";

  async act(name: string, form: Form) {
    this.answer = "";
    this.answer = (await actions[name]?.(form)) ?? "";
  }
}
