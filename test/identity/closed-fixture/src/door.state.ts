import { AppState } from "antiphon/auth";
import { event } from "antiphon/state";
import { z } from "zod";

export class DoorState extends AppState {
  static override events = { enter: event({ args: [z.string(), z.string()] }) };

  isIn = false;

  async enter(username: string, password: string) {
    this.isIn = await this.login(username, password);
  }
}
