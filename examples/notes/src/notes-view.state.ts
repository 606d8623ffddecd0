import { type CrudContext, ModelCRUDView, UserScoped } from "antiphon/crud";
import { t } from "antiphon/i18n";
import { fieldErrors, toast } from "antiphon/state";
import { NoteSerializer } from "./serializers.ts";

/** The same notes over a serializer. Its members are named after the model: `notesError`, `setNotesSearch`, `saveNote`. */
export class NotesViewState extends UserScoped(
  ModelCRUDView(NoteSerializer, {
    searchFields: ["title", "content"],
    orderingFields: ["title", "createdAt"],
    ordering: ["title"],
    paginateBy: 5,
    validators: [
      ({ title, content }) =>
        title !== "" && title === content ? { content: t("The text must differ from the title.") } : undefined,
    ],
  }),
  "user",
) {
  protected cleanTitle(title: string) {
    if (title.trim().length === 1) throw fieldErrors({ title: t("Use at least two characters.") });
    return title.trim();
  }

  protected override onSaveSuccess({ isNew }: CrudContext) {
    return toast.success(isNew ? t("Created.") : t("Saved."));
  }
}
