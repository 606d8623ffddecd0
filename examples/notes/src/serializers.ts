import { ModelSerializer } from "antiphon/serializers";
import { Note } from "./models.ts";

/** A note as the second page shows it, with the number of its words. */
export const NoteSerializer = ModelSerializer(Note, {
  fields: ["title", "content", "createdAt"],
  computed: { words: (row) => row.content.split(/\s+/).filter(Boolean).length },
});
