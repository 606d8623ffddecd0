import type { AppState } from "antiphon/auth";
import type { EventDefinition } from "antiphon/state";

/** The types of the README's state class, for a test that loads it at run time. */
export declare class NotesState extends AppState {
  static override events: { signIn: EventDefinition; refresh: EventDefinition; add: EventDefinition };
  static override fields: { title: object };
  notes: { id: number; title: string }[];
  count: number;
  title: string;
  signIn(form: { username: string; password: string }): Promise<unknown>;
  refresh(): Promise<void>;
  add(): Promise<void>;
}
