/**
 * Returns the class name in the id of a state, which begins with the state's file.
 *
 * @example
 * stateNameOf("notes.NotesState"); // "NotesState"
 */
export function stateNameOf(id: string): string {
  return id.slice(id.lastIndexOf(".") + 1);
}
