import { AppState, loginRequired, permissionRequired, requireUser } from "antiphon/auth";
import { objects } from "antiphon/models";
import { event, toast } from "antiphon/state";
import { z } from "zod";
import { Note } from "./models.ts";

const NewNote = z.object({
  title: z.string().trim().min(1, "Give it a title.").max(200),
  content: z.string().max(10_000),
});

/** The notes of whoever is signed in. The guard is of the whole state: nobody else ever gets a var of it. */
export class NotesState extends AppState {
  static override guard = loginRequired();
  static override events = {
    refresh: event(),
    add: event({ args: [NewNote] }),
    remove: event({ args: [z.number().int()] }),
    clear: event({ guard: permissionRequired("notes.delete_note") }),
  };

  notes: { id: number; title: string; content: string; createdAt: string }[] = [];

  async refresh() {
    this.notes = await this.mine().rows(["id", "title", "content", "createdAt"]);
  }

  async add(note: z.infer<typeof NewNote>) {
    await objects(Note).create({ ...note, user: Number(requireUser().id) });
    await this.refresh();
    return toast.success("Kept.");
  }

  async remove(id: number) {
    await this.mine().filter({ id }).delete();
    await this.refresh();
  }

  /** Takes everybody's notes away, which takes a permission. */
  async clear() {
    await objects(Note).delete();
    await this.refresh();
  }

  // One query set for every access: no id of somebody else's note finds anything.
  private mine() {
    return objects(Note).filter({ user: Number(requireUser().id) });
  }
}
